package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	typedcore "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/record"
)

func whoami(ctx context.Context, client kubernetes.Interface) (authenticationv1.UserInfo, error) {
	review, err := client.AuthenticationV1().SelfSubjectReviews().Create(ctx, &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
	if err != nil {
		return authenticationv1.UserInfo{}, err
	}
	return review.Status.UserInfo, nil
}

// Who one is and what one may, as oneself and in the name of others.
func access(ctx context.Context, p *peer) error {
	config := rest.CopyConfig(p.config)
	config.Impersonate = rest.ImpersonationConfig{UserName: "jane", Groups: []string{"readers"}, Extra: map[string][]string{"example.com/Scope": {"a", "b"}}}
	jane, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	user, err := whoami(ctx, jane)
	if err != nil {
		return err
	}
	if user.Username != "jane" || strings.Join(user.Groups, ",") != "readers,system:authenticated" || len(user.Extra["example.com/scope"]) != 2 {
		return fmt.Errorf("not jane: %v", user)
	}
	_, err = jane.CoreV1().Secrets(p.namespace).List(ctx, metav1.ListOptions{})
	if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), `User "jane" cannot list resource "secrets"`) {
		return fmt.Errorf("jane lists secrets: %v", err)
	}
	may := func(client kubernetes.Interface) (bool, error) {
		review := &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{
			ResourceAttributes: &authorizationv1.ResourceAttributes{Namespace: p.namespace, Verb: "list", Resource: "secrets"},
		}}
		answer, err := client.AuthorizationV1().SelfSubjectAccessReviews().Create(ctx, review, metav1.CreateOptions{})
		if err != nil {
			return false, err
		}
		return answer.Status.Allowed, nil
	}
	for who, client := range map[bool]kubernetes.Interface{true: p.client, false: jane} {
		if got, err := may(client); err != nil || got != who {
			return fmt.Errorf("access is %t: %v", got, err)
		}
	}
	return nil
}

// A service account's token is that account, until its end, for its audience.
func token(ctx context.Context, p *peer) error {
	accounts := p.client.CoreV1().ServiceAccounts(p.namespace)
	if _, err := accounts.Create(ctx, &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "robot"}}, metav1.CreateOptions{}); err != nil {
		return err
	}
	ask := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: pointer(int64(600))}}
	given, err := accounts.CreateToken(ctx, "robot", ask, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	if left := time.Until(given.Status.ExpirationTimestamp.Time); left < 8*time.Minute || left > 11*time.Minute {
		return fmt.Errorf("the token lasts %s", left)
	}
	config := rest.AnonymousClientConfig(p.config)
	config.BearerToken = given.Status.Token
	robot, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	user, err := whoami(ctx, robot)
	if err != nil {
		return err
	}
	if want := "system:serviceaccount:" + p.namespace + ":robot"; user.Username != want {
		return fmt.Errorf("it is %s, not %s", user.Username, want)
	}
	if err := accounts.Delete(ctx, "robot", metav1.DeleteOptions{}); err != nil {
		return err
	}
	return until(ctx, "the token to end with its account", func() bool {
		_, err := whoami(ctx, robot)
		return apierrors.IsUnauthorized(err)
	})
}

// The recorder of events writes one, and counts it up when it comes again.
func events(ctx context.Context, p *peer) error {
	about, err := p.configMap(ctx, "eventful", "1")
	if err != nil {
		return err
	}
	about.Kind, about.APIVersion = "ConfigMap", "v1"
	broadcaster := record.NewBroadcaster(record.WithContext(ctx))
	defer broadcaster.Shutdown()
	broadcaster.StartRecordingToSink(&typedcore.EventSinkImpl{Interface: p.client.CoreV1().Events(p.namespace)})
	recorder := broadcaster.NewRecorder(scheme.Scheme, corev1.EventSource{Component: "client-go-peer"})
	for range 3 {
		recorder.Eventf(about, corev1.EventTypeWarning, "Tried", "it did %s", "not work")
	}
	return until(ctx, "the event", func() bool {
		list, err := p.client.CoreV1().Events(p.namespace).SearchWithContext(ctx, scheme.Scheme, about)
		return err == nil && len(list.Items) == 1 && list.Items[0].Count == 3 && list.Items[0].Message == "it did not work"
	})
}

// A pod goes when it is evicted, and one that is not there cannot be.
func eviction(ctx context.Context, p *peer) error {
	pods := p.client.CoreV1().Pods(p.namespace)
	evict := func(name string) error {
		return pods.EvictV1(ctx, &policyv1.Eviction{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: p.namespace}})
	}
	if err := evict("nobody"); !apierrors.IsNotFound(err) {
		return fmt.Errorf("nobody was evicted: %v", err)
	}
	template := podTemplate()
	made := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "evicted"}, Spec: template.Spec}
	made.Spec.RestartPolicy = corev1.RestartPolicyAlways
	made.Spec.TerminationGracePeriodSeconds = pointer(int64(0))
	if _, err := pods.Create(ctx, made, metav1.CreateOptions{}); err != nil {
		return err
	}
	if err := evict("evicted"); err != nil {
		return err
	}
	return until(ctx, "the pod to go", func() bool {
		_, err := pods.Get(ctx, "evicted", metav1.GetOptions{})
		return apierrors.IsNotFound(err)
	})
}
