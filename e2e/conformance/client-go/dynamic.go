package main

import (
	"context"
	"fmt"
	"strings"

	openapiv2 "github.com/google/gnostic-models/openapiv2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/restmapper"
)

type fields = map[string]any

func definition(group string) *unstructured.Unstructured {
	integer := fields{"type": "integer", "minimum": int64(0)}
	return &unstructured.Unstructured{Object: fields{
		"apiVersion": "apiextensions.k8s.io/v1",
		"kind":       "CustomResourceDefinition",
		"metadata":   fields{"name": "gauges." + group},
		"spec": fields{
			"group": group,
			"scope": "Namespaced",
			"names": fields{"plural": "gauges", "singular": "gauge", "kind": "Gauge", "shortNames": []any{"gg"}},
			"versions": []any{fields{
				"name": "v1", "served": true, "storage": true,
				"subresources": fields{
					"status": fields{},
					"scale":  fields{"specReplicasPath": ".spec.size", "statusReplicasPath": ".status.size"},
				},
				"schema": fields{"openAPIV3Schema": fields{
					"type": "object",
					"properties": fields{
						"spec": fields{"type": "object", "properties": fields{
							"size": integer, "mode": fields{"type": "string", "default": "slow"},
						}},
						"status": fields{"type": "object", "properties": fields{"size": integer}},
					},
				}},
			}},
		},
	}}
}

var definitions = schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}

// DefineGauges makes a kind of its own for a scenario, and waits until discovery tells of it.
func (p *peer) defineGauges(ctx context.Context) (dynamic.Interface, schema.GroupVersionResource, error) {
	client, err := dynamic.NewForConfig(p.config)
	if err != nil {
		return nil, schema.GroupVersionResource{}, err
	}
	group := p.namespace + ".example.com"
	if _, err := client.Resource(definitions).Create(ctx, definition(group), metav1.CreateOptions{}); err != nil {
		return nil, schema.GroupVersionResource{}, err
	}
	mapper := restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(p.client.Discovery()))
	var found schema.GroupVersionResource
	err = until(ctx, "the kind", func() bool {
		mapping, err := mapper.RESTMapping(schema.GroupKind{Group: group, Kind: "Gauge"})
		if err != nil {
			mapper.Reset()
			return false
		}
		found = mapping.Resource
		_, err = client.Resource(found).Namespace(p.namespace).List(ctx, metav1.ListOptions{})
		return err == nil
	})
	return client, found, err
}

func (p *peer) undefineGauges(ctx context.Context) {
	client, err := dynamic.NewForConfig(p.config)
	if err == nil {
		// Scenarios have groups of their own: one that stays is in nobody's way.
		_ = client.Resource(definitions).Delete(context.WithoutCancel(ctx), "gauges."+p.namespace+".example.com", metav1.DeleteOptions{})
	}
}

// A kind that was not there when this was built: found by discovery, written and followed without a type.
func customResource(ctx context.Context, p *peer) error {
	client, kind, err := p.defineGauges(ctx)
	if err != nil {
		return err
	}
	defer p.undefineGauges(ctx)
	gauges := client.Resource(kind).Namespace(p.namespace)
	made := &unstructured.Unstructured{Object: fields{
		"apiVersion": kind.Group + "/v1", "kind": "Gauge", "metadata": fields{"name": "one"},
		"spec": fields{"size": int64(1), "unknown": true}, "status": fields{"size": int64(9)},
	}}
	live, err := gauges.Create(ctx, made, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	mode, _, _ := unstructured.NestedString(live.Object, "spec", "mode")
	_, hasUnknown, _ := unstructured.NestedBool(live.Object, "spec", "unknown")
	if _, hasStatus := live.Object["status"]; mode != "slow" || hasUnknown || hasStatus {
		return fmt.Errorf("defaults, pruning or the status are wrong: %v", live.Object)
	}
	if err := changeGauge(ctx, gauges, live); err != nil {
		return err
	}
	return followGauges(ctx, gauges)
}

func changeGauge(ctx context.Context, gauges dynamic.ResourceInterface, live *unstructured.Unstructured) error {
	if err := unstructured.SetNestedField(live.Object, int64(1), "status", "size"); err != nil {
		return err
	}
	live, err := gauges.UpdateStatus(ctx, live, metav1.UpdateOptions{})
	if err != nil {
		return err
	}
	size, _, _ := unstructured.NestedInt64(live.Object, "status", "size")
	if size != 1 || live.GetGeneration() != 1 {
		return fmt.Errorf("status %d at generation %d", size, live.GetGeneration())
	}
	if _, err := gauges.Patch(ctx, "one", types.MergePatchType, []byte(`{"spec":{"replicas":3,"size":-1}}`), metav1.PatchOptions{}); err == nil {
		return fmt.Errorf("a size below zero was taken")
	}
	scaled, err := gauges.Patch(ctx, "one", types.MergePatchType, []byte(`{"spec":{"replicas":3}}`), metav1.PatchOptions{}, "scale")
	if err != nil {
		return err
	}
	if replicas, _, _ := unstructured.NestedInt64(scaled.Object, "spec", "replicas"); replicas != 3 {
		return fmt.Errorf("a scale of %d", replicas)
	}
	applied := &unstructured.Unstructured{Object: fields{
		"apiVersion": live.GetAPIVersion(), "kind": "Gauge", "metadata": fields{"name": "one"}, "spec": fields{"mode": "fast"},
	}}
	live, err = gauges.Apply(ctx, "one", applied, metav1.ApplyOptions{FieldManager: "gauge", Force: true})
	if err != nil {
		return err
	}
	mode, _, _ := unstructured.NestedString(live.Object, "spec", "mode")
	size, _, _ = unstructured.NestedInt64(live.Object, "spec", "size")
	if mode != "fast" || size != 3 {
		return fmt.Errorf("mode %s, size %d", mode, size)
	}
	return nil
}

func followGauges(ctx context.Context, gauges dynamic.ResourceInterface) error {
	list, err := gauges.List(ctx, metav1.ListOptions{})
	if err != nil || len(list.Items) != 1 {
		return fmt.Errorf("a list without it: %v", err)
	}
	watcher, err := gauges.Watch(ctx, metav1.ListOptions{ResourceVersion: list.GetResourceVersion()})
	if err != nil {
		return err
	}
	defer watcher.Stop()
	if err := gauges.Delete(ctx, "one", metav1.DeleteOptions{}); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return fmt.Errorf("nobody told of the deletion")
	case event := <-watcher.ResultChan():
		if event.Type != "DELETED" || event.Object.(*unstructured.Unstructured).GetName() != "one" {
			return fmt.Errorf("%s of %v", event.Type, event.Object)
		}
	}
	return nil
}

// What a server has, in one request for each of /api and /apis; schemas and versions.
func discover(ctx context.Context, p *peer) error {
	client := p.client.Discovery()
	_, lists, err := client.ServerGroupsAndResources()
	if err != nil {
		return err
	}
	if n := len(p.traffic.matching(func(*request) bool { return true })); n != 2 {
		return fmt.Errorf("it took %d requests: discovery is not aggregated", n)
	}
	found := map[string]metav1.APIResource{}
	for _, list := range lists {
		for _, resource := range list.APIResources {
			found[list.GroupVersion+"/"+resource.Name] = resource
		}
	}
	for _, name := range []string{"v1/pods", "v1/pods/log", "v1/pods/eviction", "apps/v1/deployments/scale", "policy/v1/poddisruptionbudgets"} {
		if _, ok := found[name]; !ok {
			return fmt.Errorf("there is no %s", name)
		}
	}
	if d := found["apps/v1/deployments"]; d.Kind != "Deployment" || !d.Namespaced || d.SingularName != "deployment" || len(d.Verbs) != 8 {
		return fmt.Errorf("not deployments: %v", d)
	}
	preferred, err := client.ServerPreferredResources()
	if err != nil {
		return err
	}
	for _, list := range preferred {
		for _, resource := range list.APIResources {
			if resource.Kind == "HorizontalPodAutoscaler" && list.GroupVersion != "autoscaling/v2" {
				return fmt.Errorf("%s is preferred for autoscalers", list.GroupVersion)
			}
		}
	}
	paths, err := client.OpenAPIV3().Paths()
	if err != nil {
		return err
	}
	apps, ok := paths["apis/apps/v1"]
	if !ok {
		return fmt.Errorf("no schema of apps/v1")
	}
	if schema, err := apps.Schema("application/json"); err != nil || len(schema) < 10_000 {
		return fmt.Errorf("a schema of %d bytes: %v", len(schema), err)
	}
	// Clients that are older than the schemas of version 3 ask for all of them at once.
	document, err := client.OpenAPISchema()
	if err != nil {
		return err
	}
	if !hasDeployment(document) {
		return fmt.Errorf("no Deployment among %d definitions", len(document.GetDefinitions().GetAdditionalProperties()))
	}
	version, err := client.ServerVersion()
	if err != nil || version.Major != "1" || version.Minor < "34" {
		return fmt.Errorf("version %v: %v", version, err)
	}
	return nil
}

func hasDeployment(document *openapiv2.Document) bool {
	for _, definition := range document.GetDefinitions().GetAdditionalProperties() {
		if definition.GetName() != "io.k8s.api.apps.v1.Deployment" {
			continue
		}
		schema := definition.GetValue()
		found := 0
		for _, property := range schema.GetProperties().GetAdditionalProperties() {
			if property.GetName() == "spec" && property.GetValue().GetXRef() == "#/definitions/io.k8s.api.apps.v1.DeploymentSpec" {
				found++
			}
		}
		for _, extension := range schema.GetVendorExtension() {
			if extension.GetName() == "x-kubernetes-group-version-kind" && strings.Contains(extension.GetValue().GetYaml(), "Deployment") {
				found++
			}
		}
		return found == 2
	}
	return false
}
