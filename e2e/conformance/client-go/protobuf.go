package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
)

const protobufType = "application/vnd.kubernetes.protobuf"

func pointer[T any](value T) *T { return &value }

// A template with one of everything whose form differs between protobuf and JSON.
func podTemplate() corev1.PodTemplateSpec {
	return corev1.PodTemplateSpec{
		ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"app": "wire"}},
		Spec: corev1.PodSpec{
			RestartPolicy: corev1.RestartPolicyNever,
			Containers: []corev1.Container{{
				Name:  "main",
				Image: "example.invalid/wire",
				Ports: []corev1.ContainerPort{{Name: "http", ContainerPort: 80, Protocol: corev1.ProtocolTCP}},
				Env: []corev1.EnvVar{{Name: "EMPTY"}, {Name: "NODE", ValueFrom: &corev1.EnvVarSource{
					FieldRef: &corev1.ObjectFieldSelector{APIVersion: "v1", FieldPath: "spec.nodeName"},
				}}},
				Resources: corev1.ResourceRequirements{Requests: corev1.ResourceList{
					corev1.ResourceCPU: resource.MustParse("250m"), corev1.ResourceMemory: resource.MustParse("64Mi"),
				}},
				ReadinessProbe: &corev1.Probe{ProbeHandler: corev1.ProbeHandler{
					HTTPGet: &corev1.HTTPGetAction{Path: "/ready", Port: intstr.FromString("http")},
				}},
				SecurityContext: &corev1.SecurityContext{RunAsNonRoot: pointer(false), RunAsUser: pointer(int64(2_000_000_000))},
			}},
			Tolerations: []corev1.Toleration{{Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoExecute, TolerationSeconds: pointer(int64(0))}},
		},
	}
}

// What generated clients send, protobuf, means what JSON would: numbers, quantities, bytes, times and unions.
func protobuf(ctx context.Context, p *peer) error {
	meta := metav1.ObjectMeta{Name: "wire", Labels: map[string]string{"app": "wire"}, Annotations: map[string]string{"example.com/text": "äöü\n\x00"}}
	core, batch, at := p.client.CoreV1(), p.client.BatchV1(), metav1.NewMicroTime(time.Unix(1_700_000_000, 123_456_000))
	create := metav1.CreateOptions{}
	sent := []struct {
		want   runtime.Object
		create func() (runtime.Object, error)
	}{}
	add := func(want runtime.Object, create func() (runtime.Object, error)) {
		sent = append(sent, struct {
			want   runtime.Object
			create func() (runtime.Object, error)
		}{want, create})
	}
	secret := &corev1.Secret{ObjectMeta: meta, Data: map[string][]byte{"raw": {0, 255, 10}, "empty": {}}, Immutable: pointer(true)}
	add(secret, func() (runtime.Object, error) { return core.Secrets(p.namespace).Create(ctx, secret, create) })
	binary := &corev1.ConfigMap{ObjectMeta: meta, BinaryData: map[string][]byte{"raw": {200, 1}}}
	add(binary, func() (runtime.Object, error) { return core.ConfigMaps(p.namespace).Create(ctx, binary, create) })
	service := &corev1.Service{ObjectMeta: meta, Spec: corev1.ServiceSpec{
		Selector: map[string]string{"app": "wire"},
		Ports:    []corev1.ServicePort{{Name: "a", Port: 80, TargetPort: intstr.FromInt32(8080)}, {Name: "b", Port: 81, TargetPort: intstr.FromString("http")}},
	}}
	add(service, func() (runtime.Object, error) { return core.Services(p.namespace).Create(ctx, service, create) })
	job := &batchv1.Job{ObjectMeta: meta, Spec: batchv1.JobSpec{Suspend: pointer(true), BackoffLimit: pointer(int32(0)), Template: podTemplate()}}
	add(job, func() (runtime.Object, error) { return batch.Jobs(p.namespace).Create(ctx, job, create) })
	cron := &batchv1.CronJob{ObjectMeta: meta, Spec: batchv1.CronJobSpec{
		Schedule: "*/5 * * * *", Suspend: pointer(true), JobTemplate: batchv1.JobTemplateSpec{Spec: batchv1.JobSpec{Template: podTemplate()}},
	}}
	add(cron, func() (runtime.Object, error) { return batch.CronJobs(p.namespace).Create(ctx, cron, create) })
	lease := &coordinationv1.Lease{ObjectMeta: meta, Spec: coordinationv1.LeaseSpec{HolderIdentity: pointer("me"), RenewTime: &at, LeaseTransitions: pointer(int32(0))}}
	add(lease, func() (runtime.Object, error) {
		return p.client.CoordinationV1().Leases(p.namespace).Create(ctx, lease, create)
	})
	budget := &policyv1.PodDisruptionBudget{ObjectMeta: meta, Spec: policyv1.PodDisruptionBudgetSpec{
		MinAvailable: pointer(intstr.FromString("50%")), Selector: &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{
			{Key: "app", Operator: metav1.LabelSelectorOpIn, Values: []string{"wire"}},
		}},
	}}
	add(budget, func() (runtime.Object, error) {
		return p.client.PolicyV1().PodDisruptionBudgets(p.namespace).Create(ctx, budget, create)
	})
	ingress := &networkingv1.Ingress{ObjectMeta: meta, Spec: networkingv1.IngressSpec{Rules: []networkingv1.IngressRule{{
		Host: "wire.example.com", IngressRuleValue: networkingv1.IngressRuleValue{HTTP: &networkingv1.HTTPIngressRuleValue{Paths: []networkingv1.HTTPIngressPath{{
			Path: "/", PathType: pointer(networkingv1.PathTypePrefix),
			Backend: networkingv1.IngressBackend{Service: &networkingv1.IngressServiceBackend{Name: "wire", Port: networkingv1.ServiceBackendPort{Number: 80}}},
		}}}},
	}}}}
	add(ingress, func() (runtime.Object, error) {
		return p.client.NetworkingV1().Ingresses(p.namespace).Create(ctx, ingress, create)
	})
	scaler := &autoscalingv2.HorizontalPodAutoscaler{ObjectMeta: meta, Spec: autoscalingv2.HorizontalPodAutoscalerSpec{
		ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: "wire"}, MaxReplicas: 3,
		Metrics: []autoscalingv2.MetricSpec{{Type: autoscalingv2.ResourceMetricSourceType, Resource: &autoscalingv2.ResourceMetricSource{
			Name: corev1.ResourceCPU, Target: autoscalingv2.MetricTarget{Type: autoscalingv2.AverageValueMetricType, AverageValue: pointer(resource.MustParse("1500m"))},
		}}},
	}}
	add(scaler, func() (runtime.Object, error) {
		return p.client.AutoscalingV2().HorizontalPodAutoscalers(p.namespace).Create(ctx, scaler, create)
	})
	role := &rbacv1.Role{ObjectMeta: meta, Rules: []rbacv1.PolicyRule{{APIGroups: []string{"", "apps"}, Resources: []string{"*"}, Verbs: []string{"get"}}}}
	add(role, func() (runtime.Object, error) { return p.client.RbacV1().Roles(p.namespace).Create(ctx, role, create) })

	for _, one := range sent {
		// What the client is given back may share memory with what it sent.
		want := one.want.DeepCopyObject()
		got, err := one.create()
		if err != nil {
			return fmt.Errorf("%T: %w", want, err)
		}
		if !contains(untyped(got), untyped(want)) {
			return fmt.Errorf("%T was sent as %s and came back as %s", want, text(want), text(got))
		}
	}
	writes := p.traffic.matching(func(r *request) bool { return r.method == "POST" })
	for _, r := range writes {
		if !strings.HasPrefix(r.contentType, protobufType) {
			return fmt.Errorf("%s was sent as %s", r.path, r.contentType)
		}
	}
	if len(writes) != len(sent) {
		return fmt.Errorf("%d of %d were sent", len(writes), len(sent))
	}
	return nil
}

func text(object runtime.Object) string {
	body, err := json.Marshal(object)
	if err != nil {
		return err.Error()
	}
	return string(body)
}

func untyped(object runtime.Object) any {
	var value any
	if err := json.Unmarshal([]byte(text(object)), &value); err != nil {
		return err
	}
	return value
}

// Contains tells whether all of want is in got, which may have more: what the server added.
func contains(got, want any) bool {
	switch want := want.(type) {
	case map[string]any:
		in, _ := got.(map[string]any)
		for key, value := range want {
			if found, ok := in[key]; !ok || !contains(found, value) {
				// The server sets a status itself.
				if key != "status" {
					return false
				}
			}
		}
		return true
	case []any:
		in, _ := got.([]any)
		if len(in) != len(want) {
			return false
		}
		for n := range want {
			if !contains(in[n], want[n]) {
				return false
			}
		}
		return true
	default:
		return got == want
	}
}
