package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/metadata/metadatainformer"
	"k8s.io/client-go/tools/cache"
)

// Seen counts what the handlers of an informer were told, by name.
type seen struct {
	mu                              sync.Mutex
	added, updated, deleted, resync map[string]int
}

func newSeen() *seen {
	return &seen{added: map[string]int{}, updated: map[string]int{}, deleted: map[string]int{}, resync: map[string]int{}}
}

func (s *seen) count(of map[string]int, name string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return of[name]
}

func (s *seen) handler() cache.ResourceEventHandler {
	note := func(in map[string]int, object any) {
		if gone, ok := object.(cache.DeletedFinalStateUnknown); ok {
			object = gone.Obj
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		in[object.(metav1.Object).GetName()]++
	}
	return cache.ResourceEventHandlerFuncs{
		AddFunc: func(object any) { note(s.added, object) },
		UpdateFunc: func(before, after any) {
			if before.(metav1.Object).GetResourceVersion() == after.(metav1.Object).GetResourceVersion() {
				note(s.resync, after)
			} else {
				note(s.updated, after)
			}
		},
		DeleteFunc: func(object any) { note(s.deleted, object) },
	}
}

// Started is a shared informer of config maps that has synced.
type started struct {
	*seen
	value func(name string) string
}

func (p *peer) startInformer(ctx context.Context, resync time.Duration) (*started, error) {
	factory := informers.NewSharedInformerFactoryWithOptions(p.client, resync, informers.WithNamespace(p.namespace))
	maps := factory.Core().V1().ConfigMaps()
	told := newSeen()
	registration, err := maps.Informer().AddEventHandler(told.handler())
	if err != nil {
		return nil, err
	}
	factory.Start(ctx.Done())
	if !cache.WaitForCacheSync(ctx.Done(), maps.Informer().HasSynced, registration.HasSynced) {
		return nil, fmt.Errorf("the informer did not sync")
	}
	lister := maps.Lister().ConfigMaps(p.namespace)
	return &started{seen: told, value: func(name string) string {
		m, err := lister.Get(name)
		if err != nil {
			return ""
		}
		return m.Data["value"]
	}}, nil
}

func isConfigMapRead(r *request) bool {
	return r.method == http.MethodGet && strings.HasSuffix(r.path, "/configmaps")
}

func isInitial(r *request) bool {
	return isConfigMapRead(r) && (strings.Contains(r.query, "sendInitialEvents=true") || !strings.Contains(r.query, "watch=true"))
}

func isContinued(r *request) bool {
	return isConfigMapRead(r) && strings.Contains(r.query, "watch=true") && !strings.Contains(r.query, "sendInitialEvents")
}

// Adds, changes, deletions and resyncs reach the handlers of a shared informer and its lister.
func informer(ctx context.Context, p *peer) error {
	if _, err := p.configMap(ctx, "before", "1"); err != nil {
		return err
	}
	i, err := p.startInformer(ctx, time.Second)
	if err != nil {
		return err
	}
	if i.count(i.added, "before") != 1 {
		return fmt.Errorf("it synced without what was there")
	}
	if _, err := p.configMap(ctx, "later", "1"); err != nil {
		return err
	}
	if err := until(ctx, "the add", func() bool { return i.count(i.added, "later") == 1 }); err != nil {
		return err
	}
	if err := p.setConfigMap(ctx, "later", "2"); err != nil {
		return err
	}
	if err := until(ctx, "the update", func() bool { return i.count(i.updated, "later") == 1 && i.value("later") == "2" }); err != nil {
		return err
	}
	if err := until(ctx, "a resync", func() bool { return i.count(i.resync, "before") > 0 }); err != nil {
		return err
	}
	if err := p.client.CoreV1().ConfigMaps(p.namespace).Delete(ctx, "before", metav1.DeleteOptions{}); err != nil {
		return err
	}
	return until(ctx, "the deletion", func() bool { return i.count(i.deleted, "before") == 1 && i.value("before") == "" })
}

// By default an informer streams what is there; it lists only where a server cannot.
func watchList(ctx context.Context, p *peer) error {
	for n := range 30 {
		if _, err := p.configMap(ctx, fmt.Sprintf("streamed-%d", n), "1"); err != nil {
			return err
		}
	}
	i, err := p.startInformer(ctx, 0)
	if err != nil {
		return err
	}
	for n := range 30 {
		if name := fmt.Sprintf("streamed-%d", n); i.count(i.added, name) != 1 {
			return fmt.Errorf("it synced before %s came", name)
		}
	}
	if lists := p.traffic.matching(func(r *request) bool { return isInitial(r) && !strings.Contains(r.query, "watch=true") }); len(lists) != 0 {
		return fmt.Errorf("it listed, %s, where it was to stream", lists[0].query)
	}
	if streams := p.traffic.matching(isInitial); len(streams) != 1 {
		return fmt.Errorf("it streamed what is there %d times", len(streams))
	}
	return nil
}

// An informer whose connection ends goes on from the version it knows, and misses nothing.
func droppedWatch(ctx context.Context, p *peer) error {
	if _, err := p.configMap(ctx, "dropped", "1"); err != nil {
		return err
	}
	i, err := p.startInformer(ctx, 0)
	if err != nil {
		return err
	}
	for n := range 4 {
		if n > 0 { // a reflector starts again after a watch that told nothing and was over within a second
			if err := p.cutConnections(ctx); err != nil {
				return err
			}
		}
		value := fmt.Sprint(n + 2)
		if err := p.setConfigMap(ctx, "dropped", value); err != nil {
			return err
		}
		if err := until(ctx, "the change to "+value, func() bool { return i.value("dropped") == value }); err != nil {
			return err
		}
	}
	if n := len(p.traffic.matching(isInitial)); n != 1 {
		return fmt.Errorf("it asked for everything %d times", n)
	}
	if n := len(p.traffic.matching(isContinued)); n < 3 {
		return fmt.Errorf("it went on %d times", n)
	}
	return nil
}

// Metadata of any kind can be followed without its type.
func metadataInformer(ctx context.Context, p *peer) error {
	client, err := metadata.NewForConfig(p.config)
	if err != nil {
		return err
	}
	kind := schema.GroupVersionResource{Group: "", Version: "v1", Resource: "configmaps"}
	factory := metadatainformer.NewFilteredSharedInformerFactory(client, 0, p.namespace, nil)
	followed := factory.ForResource(kind)
	told := newSeen()
	if _, err := followed.Informer().AddEventHandler(told.handler()); err != nil {
		return err
	}
	factory.Start(ctx.Done())
	if !cache.WaitForCacheSync(ctx.Done(), followed.Informer().HasSynced) {
		return fmt.Errorf("it did not sync")
	}
	if _, err := p.configMap(ctx, "outline", "1"); err != nil {
		return err
	}
	if err := until(ctx, "the add", func() bool { return told.count(told.added, "outline") == 1 }); err != nil {
		return err
	}
	all, err := followed.Lister().List(labels.Everything())
	if err != nil {
		return err
	}
	for _, object := range all {
		partial, ok := object.(*metav1.PartialObjectMetadata)
		if !ok || partial.UID == "" {
			return fmt.Errorf("not metadata: %v", object)
		}
	}
	return client.Resource(kind).Namespace(p.namespace).Delete(ctx, "outline", metav1.DeleteOptions{})
}
