package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/tools/cache"
)

// An informer that is told its version is too old starts again. The kind is a new one, because a server may remember
// everything that ever happened to those it started with.
func expiredWatch(ctx context.Context, p *peer) error {
	client, gauges, err := p.defineGauges(ctx)
	if err != nil {
		return err
	}
	defer p.undefineGauges(ctx)
	made := &unstructured.Unstructured{Object: fields{
		"apiVersion": gauges.Group + "/v1", "kind": "Gauge", "metadata": fields{"name": "one"}, "spec": fields{"size": int64(1)},
	}}
	if _, err := client.Resource(gauges).Namespace(p.namespace).Create(ctx, made, metav1.CreateOptions{}); err != nil {
		return err
	}
	factory := dynamicinformer.NewFilteredDynamicSharedInformerFactory(client, 0, p.namespace, nil)
	followed := factory.ForResource(gauges)
	followed.Informer()
	factory.Start(ctx.Done())
	if !cache.WaitForCacheSync(ctx.Done(), followed.Informer().HasSynced) {
		return fmt.Errorf("it did not sync")
	}
	isOfGauges := func(r *request) bool { return strings.HasSuffix(r.path, "/gauges") && r.method == http.MethodGet }
	changed := false
	p.traffic.setChange(func(r *http.Request) {
		query := r.URL.Query()
		if changed || query.Get("watch") != "true" || query.Has("sendInitialEvents") {
			return
		}
		changed = true
		query.Set("resourceVersion", "1")
		r.URL.RawQuery = query.Encode()
	})
	for size := int64(2); size < 4; size++ {
		if size == 3 { // only a watch that told something is followed by one from where it ended
			if err := p.cutConnections(ctx); err != nil {
				return err
			}
		}
		patch := fmt.Appendf(nil, `{"spec":{"size":%d}}`, size)
		if _, err := client.Resource(gauges).Namespace(p.namespace).Patch(ctx, "one", types.MergePatchType, patch, metav1.PatchOptions{}); err != nil {
			return err
		}
		err := until(ctx, fmt.Sprintf("size %d", size), func() bool {
			object, err := followed.Lister().ByNamespace(p.namespace).Get("one")
			if err != nil {
				return false
			}
			got, _, _ := unstructured.NestedInt64(object.(*unstructured.Unstructured).Object, "spec", "size")
			return got == size
		})
		if err != nil {
			return err
		}
	}
	old := p.traffic.matching(func(r *request) bool { return isOfGauges(r) && strings.Contains(r.query, "resourceVersion=1&") })
	if len(old) != 1 || !(old[0].code == http.StatusGone || strings.Contains(old[0].answered(), `"Expired"`)) {
		return fmt.Errorf("the server did not find version 1 too old: %d requests", len(old))
	}
	initial := func(r *request) bool { return isOfGauges(r) && strings.Contains(r.query, "sendInitialEvents=true") }
	if n := len(p.traffic.matching(initial)); n != 2 {
		return fmt.Errorf("it asked for everything %d times", n)
	}
	return nil
}
