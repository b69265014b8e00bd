package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// A peer is a client with the defaults of client-go, and a look at what it sends.
type peer struct {
	config    *rest.Config
	client    kubernetes.Interface
	namespace string
	pod       string
	traffic   *traffic
}

func newPeer(kubeconfig, namespace, pod string) (*peer, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, err
	}
	config.QPS, config.Burst = 500, 500 // the default of 5 requests a second is not the subject
	seen := &traffic{}
	config.Dial = seen.dial
	config.Wrap(func(next http.RoundTripper) http.RoundTripper { return seen.through(next) })
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	return &peer{config: config, client: client, namespace: namespace, pod: pod, traffic: seen}, nil
}

// A request as it went out, and as much of its answer as was read.
type request struct {
	method, path, query, contentType string
	mu                               sync.Mutex
	code                             int
	answer                           bytes.Buffer
}

func (r *request) answered() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.answer.String()
}

// Traffic remembers requests, and can cut connections and change what goes out.
type traffic struct {
	mu       sync.Mutex
	requests []*request
	conns    []net.Conn
	change   func(*http.Request)
}

func (t *traffic) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err == nil {
		t.mu.Lock()
		t.conns = append(t.conns, conn)
		t.mu.Unlock()
	}
	return conn, err
}

// Cut ends every connection that there is, whatever runs over it.
func (t *traffic) cut() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, conn := range t.conns {
		conn.Close()
	}
	t.conns = nil
}

// Matching gives the requests for which pick holds, oldest first.
func (t *traffic) matching(pick func(*request) bool) []*request {
	t.mu.Lock()
	defer t.mu.Unlock()
	var found []*request
	for _, r := range t.requests {
		if pick(r) {
			found = append(found, r)
		}
	}
	return found
}

// SetChange lets change have every request before it goes out.
func (t *traffic) setChange(change func(*http.Request)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.change = change
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func (t *traffic) through(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(out *http.Request) (*http.Response, error) {
		t.mu.Lock()
		if t.change != nil {
			out = out.Clone(out.Context())
			t.change(out)
		}
		kept := &request{method: out.Method, path: out.URL.Path, query: out.URL.RawQuery, contentType: out.Header.Get("Content-Type")}
		t.requests = append(t.requests, kept)
		t.mu.Unlock()
		response, err := next.RoundTrip(out)
		if err != nil || response.StatusCode == http.StatusSwitchingProtocols {
			return response, err
		}
		kept.mu.Lock()
		kept.code = response.StatusCode
		kept.mu.Unlock()
		response.Body = &tee{ReadCloser: response.Body, request: kept}
		return response, nil
	})
}

type tee struct {
	io.ReadCloser
	request *request
}

func (t *tee) Read(into []byte) (int, error) {
	n, err := t.ReadCloser.Read(into)
	t.request.mu.Lock()
	t.request.answer.Write(into[:n])
	t.request.mu.Unlock()
	return n, err
}

// Until waits for holds to be true.
func until(ctx context.Context, what string, holds func() bool) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-ctx.Done():
			return fmt.Errorf("waited in vain for %s", what)
		case <-tick.C:
		}
	}
	return nil
}

func (p *peer) configMap(ctx context.Context, name, value string) (*corev1.ConfigMap, error) {
	m := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name}, Data: map[string]string{"value": value}}
	return p.client.CoreV1().ConfigMaps(p.namespace).Create(ctx, m, metav1.CreateOptions{})
}

// Ends every connection, and waits until the next request has one of its own: one that is cut may still be handed out.
func (p *peer) cutConnections(ctx context.Context) error {
	p.traffic.cut()
	return until(ctx, "a connection anew", func() bool {
		_, err := p.client.Discovery().ServerVersion()
		return err == nil
	})
}

func (p *peer) setConfigMap(ctx context.Context, name, value string) error {
	m := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name}, Data: map[string]string{"value": value}}
	_, err := p.client.CoreV1().ConfigMaps(p.namespace).Update(ctx, m, metav1.UpdateOptions{})
	return err
}
