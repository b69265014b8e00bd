package main

import (
	"context"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	appsapply "k8s.io/client-go/applyconfigurations/apps/v1"
	coreapply "k8s.io/client-go/applyconfigurations/core/v1"
	metaapply "k8s.io/client-go/applyconfigurations/meta/v1"
	"k8s.io/client-go/util/retry"
)

func deploymentApply(name, namespace string, replicas *int32) *appsapply.DeploymentApplyConfiguration {
	labels := map[string]string{"app": name}
	spec := appsapply.DeploymentSpec().
		WithSelector(metaapply.LabelSelector().WithMatchLabels(labels)).
		WithTemplate(coreapply.PodTemplateSpec().
			WithLabels(labels).
			WithSpec(coreapply.PodSpec().WithContainers(
				coreapply.Container().WithName("main").WithImage("example.invalid/one"),
			)))
	if replicas != nil {
		spec = spec.WithReplicas(*replicas)
	}
	return appsapply.Deployment(name, namespace).WithSpec(spec)
}

// Two managers apply one deployment: they conflict, one forces, and what nobody applies any more goes.
func apply(ctx context.Context, p *peer) error {
	deployments := p.client.AppsV1().Deployments(p.namespace)
	none, two := int32(0), int32(2)
	if _, err := deployments.Apply(ctx, deploymentApply("applied", p.namespace, &none), metav1.ApplyOptions{FieldManager: "one"}); err != nil {
		return err
	}
	_, err := deployments.Apply(ctx, deploymentApply("applied", p.namespace, &two), metav1.ApplyOptions{FieldManager: "two"})
	if !apierrors.IsConflict(err) || !apierrors.HasStatusCause(err, metav1.CauseTypeFieldManagerConflict) {
		return fmt.Errorf("not a conflict of managers: %w", err)
	}
	if cause, _ := apierrors.StatusCause(err, metav1.CauseTypeFieldManagerConflict); cause.Field != ".spec.replicas" {
		return fmt.Errorf("the conflict is about %s", cause.Field)
	}
	forced := metav1.ApplyOptions{FieldManager: "two", Force: true}
	live, err := deployments.Apply(ctx, deploymentApply("applied", p.namespace, &two), forced)
	if err != nil || *live.Spec.Replicas != 2 {
		return fmt.Errorf("force did not set 2 replicas: %v", err)
	}
	own, err := appsapply.ExtractDeployment(live, "one")
	if err != nil {
		return err
	}
	if own.Spec.Replicas != nil || *own.Spec.Template.Spec.Containers[0].Image != "example.invalid/one" {
		return fmt.Errorf("manager one still owns the replicas, or lost its image")
	}
	own.Spec.Template.Spec.Containers[0].WithEnv(coreapply.EnvVar().WithName("A").WithValue("1"))
	if live, err = deployments.Apply(ctx, own, metav1.ApplyOptions{FieldManager: "one"}); err != nil {
		return err
	}
	if len(live.Spec.Template.Spec.Containers[0].Env) != 1 {
		return fmt.Errorf("the variable is not there")
	}
	plain := deploymentApply("applied", p.namespace, nil)
	if live, err = deployments.Apply(ctx, plain, metav1.ApplyOptions{FieldManager: "one"}); err != nil {
		return err
	}
	if len(live.Spec.Template.Spec.Containers[0].Env) != 0 || *live.Spec.Replicas != 2 {
		return fmt.Errorf("the variable is still there, or the replicas of the other manager are not")
	}
	return nil
}

// Lists merge by their keys, and $patch takes an item out.
func strategicPatch(ctx context.Context, p *peer) error {
	deployments := p.client.AppsV1().Deployments(p.namespace)
	none := int32(0)
	if _, err := deployments.Apply(ctx, deploymentApply("patched", p.namespace, &none), metav1.ApplyOptions{FieldManager: "one"}); err != nil {
		return err
	}
	patch := func(containers string) (*appsv1.Deployment, error) {
		body := `{"spec":{"template":{"spec":{"containers":[` + containers + `]}}}}`
		return deployments.Patch(ctx, "patched", types.StrategicMergePatchType, []byte(body), metav1.PatchOptions{})
	}
	live, err := patch(`{"name":"side","image":"example.invalid/side"},{"name":"main","env":[{"name":"A","value":"1"}]}`)
	if err != nil {
		return err
	}
	if all := live.Spec.Template.Spec.Containers; len(all) != 2 || all[1].Image != "example.invalid/one" && all[0].Image != "example.invalid/one" {
		return fmt.Errorf("the containers did not merge: %v", all)
	}
	if live, err = patch(`{"name":"side","$patch":"delete"}`); err != nil {
		return err
	}
	if all := live.Spec.Template.Spec.Containers; len(all) != 1 || len(all[0].Env) != 1 {
		return fmt.Errorf("the container did not go: %v", all)
	}
	return nil
}

// Writes of an old version conflict, and trying again helps; deletions heed preconditions.
func conflict(ctx context.Context, p *peer) error {
	maps := p.client.CoreV1().ConfigMaps(p.namespace)
	old, err := p.configMap(ctx, "contested", "1")
	if err != nil {
		return err
	}
	if err := p.setConfigMap(ctx, "contested", "2"); err != nil {
		return err
	}
	old.Data["value"] = "3"
	if _, err := maps.Update(ctx, old, metav1.UpdateOptions{}); !apierrors.IsConflict(err) {
		return fmt.Errorf("an old version was taken: %v", err)
	}
	tries := 0
	err = retry.RetryOnConflict(retry.DefaultRetry, func() error {
		tries++
		live, err := maps.Get(ctx, "contested", metav1.GetOptions{})
		if err != nil {
			return err
		}
		if tries == 1 {
			if err := p.setConfigMap(ctx, "contested", "between"); err != nil {
				return err
			}
		}
		live.Data["value"] = "3"
		_, err = maps.Update(ctx, live, metav1.UpdateOptions{})
		return err
	})
	if err != nil || tries != 2 {
		return fmt.Errorf("%d tries: %v", tries, err)
	}
	other := types.UID("11111111-2222-3333-4444-555555555555")
	err = maps.Delete(ctx, "contested", metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &other}})
	if !apierrors.IsConflict(err) {
		return fmt.Errorf("another object was deleted: %v", err)
	}
	return maps.Delete(ctx, "contested", *metav1.NewPreconditionDeleteOptions(string(old.UID)))
}

// Updates leave the status alone, updates of the status leave the rest alone, and only the former count.
func status(ctx context.Context, p *peer) error {
	ingresses := p.client.NetworkingV1().Ingresses(p.namespace)
	behind := networkingv1.IngressBackend{Service: &networkingv1.IngressServiceBackend{Name: "a", Port: networkingv1.ServiceBackendPort{Number: 80}}}
	made := &networkingv1.Ingress{ObjectMeta: metav1.ObjectMeta{Name: "both"}, Spec: networkingv1.IngressSpec{DefaultBackend: &behind}}
	made.Status.LoadBalancer.Ingress = []networkingv1.IngressLoadBalancerIngress{{IP: "192.0.2.1"}}
	live, err := ingresses.Create(ctx, made, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	if len(live.Status.LoadBalancer.Ingress) != 0 || live.Generation != 1 {
		return fmt.Errorf("it was made with a status, at generation %d", live.Generation)
	}
	both := []byte(`{"spec":{"ingressClassName":"x"},"status":{"loadBalancer":{"ingress":[{"ip":"192.0.2.1"}]}}}`)
	if live, err = ingresses.Patch(ctx, "both", types.MergePatchType, both, metav1.PatchOptions{}); err != nil {
		return err
	}
	if live.Spec.IngressClassName == nil || len(live.Status.LoadBalancer.Ingress) != 0 || live.Generation != 2 {
		return fmt.Errorf("a patch of the object made %v at generation %d", live.Status, live.Generation)
	}
	live.Spec.IngressClassName = nil
	live.Status = made.Status
	if live, err = ingresses.UpdateStatus(ctx, live, metav1.UpdateOptions{}); err != nil {
		return err
	}
	if live.Spec.IngressClassName == nil || len(live.Status.LoadBalancer.Ingress) != 1 || live.Generation != 2 {
		return fmt.Errorf("an update of the status made %v at generation %d", live.Spec, live.Generation)
	}
	return nil
}

// The scale of a workload can be read and written without the rest of it.
func scale(ctx context.Context, p *peer) error {
	deployments := p.client.AppsV1().Deployments(p.namespace)
	none := int32(0)
	if _, err := deployments.Apply(ctx, deploymentApply("scaled", p.namespace, &none), metav1.ApplyOptions{FieldManager: "one"}); err != nil {
		return err
	}
	var changed *autoscalingv1.Scale
	err := retry.RetryOnConflict(retry.DefaultRetry, func() error { // a controller writes to it at the same time
		current, err := deployments.GetScale(ctx, "scaled", metav1.GetOptions{})
		if err != nil {
			return err
		}
		current.Spec.Replicas = 1
		changed, err = deployments.UpdateScale(ctx, "scaled", current, metav1.UpdateOptions{})
		return err
	})
	if err != nil {
		return err
	}
	live, err := deployments.Get(ctx, "scaled", metav1.GetOptions{})
	if err != nil {
		return err
	}
	if *live.Spec.Replicas != 1 || live.Generation != 2 || changed.Status.Selector != "app=scaled" {
		return fmt.Errorf("replicas %d, generation %d, selector %q", *live.Spec.Replicas, live.Generation, changed.Status.Selector)
	}
	return nil
}

// Finalizers hold a deletion up, collections go by selector.
func deletion(ctx context.Context, p *peer) error {
	maps := p.client.CoreV1().ConfigMaps(p.namespace)
	held := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "held", Finalizers: []string{"example.com/hold"}, Labels: map[string]string{"go": "yes"}}}
	free := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{GenerateName: "free-", Labels: map[string]string{"go": "yes"}}}
	if _, err := maps.Create(ctx, held, metav1.CreateOptions{}); err != nil {
		return err
	}
	if _, err := maps.Create(ctx, free, metav1.CreateOptions{}); err != nil {
		return err
	}
	which := metav1.ListOptions{LabelSelector: "go in (yes,maybe)"}
	if err := maps.DeleteCollection(ctx, metav1.DeleteOptions{}, which); err != nil {
		return err
	}
	left, err := maps.List(ctx, which)
	if err != nil {
		return err
	}
	if len(left.Items) != 1 || left.Items[0].DeletionTimestamp == nil {
		return fmt.Errorf("%d are left", len(left.Items))
	}
	live := left.Items[0].DeepCopy()
	live.Finalizers = nil
	if _, err := maps.Update(ctx, live, metav1.UpdateOptions{}); err != nil {
		return err
	}
	if _, err = maps.Get(ctx, "held", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		return fmt.Errorf("it is still there: %v", err)
	}
	return nil
}
