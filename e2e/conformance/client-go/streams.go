package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/httpstream"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/portforward"
	"k8s.io/client-go/tools/remotecommand"
	"k8s.io/client-go/transport/spdy"
	"k8s.io/client-go/util/exec"
)

func (p *peer) streamURL(subresource string, options *corev1.PodExecOptions) *url.URL {
	request := p.client.CoreV1().RESTClient().Post().Resource("pods").Namespace(p.namespace).Name(p.pod).SubResource(subresource)
	if options != nil {
		request = request.VersionedParams(options, scheme.ParameterCodec)
	}
	return request.URL()
}

// Logs are followed line by line, and come with their times.
func logs(ctx context.Context, p *peer) error {
	options := &corev1.PodLogOptions{Follow: true, Timestamps: true, TailLines: pointer(int64(1))}
	stream, err := p.client.CoreV1().Pods(p.namespace).GetLogs(p.pod, options).Stream(ctx)
	if err != nil {
		return err
	}
	defer stream.Close()
	lines := bufio.NewScanner(stream)
	for range 2 {
		if !lines.Scan() {
			return fmt.Errorf("the log ended: %v", lines.Err())
		}
		if at, _, ok := strings.Cut(lines.Text(), " "); !ok || !strings.HasSuffix(at, "Z") {
			return fmt.Errorf("a line without its time: %s", lines.Text())
		}
	}
	return nil
}

type executor func(p *peer, options *corev1.PodExecOptions) (remotecommand.Executor, error)

func overWebSocket(p *peer, options *corev1.PodExecOptions) (remotecommand.Executor, error) {
	return remotecommand.NewWebSocketExecutor(p.config, http.MethodGet, p.streamURL("exec", options).String())
}

func overSpdy(p *peer, options *corev1.PodExecOptions) (remotecommand.Executor, error) {
	return remotecommand.NewSPDYExecutor(p.config, http.MethodPost, p.streamURL("exec", options))
}

func execWebSocket(ctx context.Context, p *peer) error { return execWith(ctx, p, overWebSocket) }

func execSpdy(ctx context.Context, p *peer) error { return execWith(ctx, p, overSpdy) }

// A command gets its input, gives its outputs apart, and its exit code.
func execWith(ctx context.Context, p *peer, open executor) error {
	e, err := open(p, &corev1.PodExecOptions{
		Command: []string{"sh", "-c", "cat; echo problem >&2; exit 7"}, Stdin: true, Stdout: true, Stderr: true,
	})
	if err != nil {
		return err
	}
	input := strings.Repeat("a line of thirty-two characters\n", 40_000)
	var stdout, stderr bytes.Buffer
	err = e.StreamWithContext(ctx, remotecommand.StreamOptions{Stdin: strings.NewReader(input), Stdout: &stdout, Stderr: &stderr})
	var exit exec.CodeExitError
	if !errors.As(err, &exit) || exit.Code != 7 {
		return fmt.Errorf("it did not end with 7: %v", err)
	}
	if stdout.String() != input || stderr.String() != "problem\n" {
		return fmt.Errorf("%d of %d bytes, and %q", stdout.Len(), len(input), stderr.String())
	}
	return nil
}

type sizes []remotecommand.TerminalSize

func (s *sizes) Next() *remotecommand.TerminalSize {
	if len(*s) == 0 {
		return nil
	}
	size := (*s)[0]
	*s = (*s)[1:]
	return &size
}

func terminalWebSocket(ctx context.Context, p *peer) error {
	return terminalWith(ctx, p, overWebSocket)
}

func terminalSpdy(ctx context.Context, p *peer) error { return terminalWith(ctx, p, overSpdy) }

// With a terminal there is one output, and the size of the terminal is taken note of.
func terminalWith(ctx context.Context, p *peer, open executor) error {
	e, err := open(p, &corev1.PodExecOptions{Command: []string{"sh"}, Stdin: true, Stdout: true, TTY: true})
	if err != nil {
		return err
	}
	var stdout bytes.Buffer
	err = e.StreamWithContext(ctx, remotecommand.StreamOptions{
		Stdin: strings.NewReader("echo out; echo err >&2\nsleep 0.5; stty size || echo none\nexit 3\n"), Stdout: &stdout, Tty: true,
		TerminalSizeQueue: &sizes{{Width: 80, Height: 24}, {Width: 120, Height: 40}},
	})
	var exit exec.CodeExitError
	if !errors.As(err, &exit) || exit.Code != 3 {
		return fmt.Errorf("it did not end with 3: %v", err)
	}
	if !strings.Contains(stdout.String(), "out") || !strings.Contains(stdout.String(), "err") {
		return fmt.Errorf("not all output: %q", stdout.String())
	}
	// A simulated kubelet opens terminals only on machines that have the means.
	if !strings.Contains(stdout.String(), "40 120") && !strings.Contains(stdout.String(), "none") {
		return fmt.Errorf("not the size of the terminal: %q", stdout.String())
	}
	return nil
}

func portForwardWebSocket(ctx context.Context, p *peer) error {
	dialer, err := portforward.NewSPDYOverWebsocketDialer(p.streamURL("portforward", nil), p.config)
	if err != nil {
		return err
	}
	return forward(ctx, dialer)
}

func portForwardSpdy(ctx context.Context, p *peer) error {
	transport, upgrader, err := spdy.RoundTripperFor(p.config)
	if err != nil {
		return err
	}
	client := &http.Client{Transport: transport}
	return forward(ctx, spdy.NewDialer(upgrader, client, http.MethodPost, p.streamURL("portforward", nil)))
}

// A port of a pod answers here, several connections at once; one that is closed says so and no more.
func forward(ctx context.Context, dialer httpstream.Dialer) error {
	stop, ready := make(chan struct{}), make(chan struct{})
	complaints := make(chan error, 16)
	utilruntime.ErrorHandlers = []utilruntime.ErrorHandler{func(_ context.Context, err error, _ string, _ ...any) {
		select {
		case complaints <- err:
		default:
		}
	}}
	forwarder, err := portforward.NewOnAddresses(dialer, []string{"127.0.0.1"}, []string{":80", ":81"}, stop, ready, io.Discard, io.Discard)
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- forwarder.ForwardPorts() }()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case err := <-ended:
		return fmt.Errorf("it ended early: %v", err)
	case <-ready:
	}
	ports, err := forwarder.GetPorts()
	if err != nil {
		return err
	}
	answers := make(chan error, 8)
	for n := range cap(answers) {
		go func() { answers <- ask(ctx, ports[0].Local, fmt.Sprintf("/request-%d", n)) }()
	}
	for range cap(answers) {
		if err := <-answers; err != nil {
			return err
		}
	}
	if err := ask(ctx, ports[1].Local, "/"); err == nil {
		return fmt.Errorf("a closed port answered")
	}
	close(stop)
	if err := <-ended; err != nil && !errors.Is(err, portforward.ErrLostConnectionToPod) {
		return err // client-go itself gives the connection up after a port that is closed
	}
	for {
		select {
		case <-ctx.Done():
			return fmt.Errorf("no word of the closed port")
		case complaint := <-complaints:
			if strings.Contains(complaint.Error(), "connection refused") {
				return nil
			}
		}
	}
}

func ask(ctx context.Context, port uint16, path string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://127.0.0.1:%d%s", port, path), nil)
	if err != nil {
		return err
	}
	transport := &http.Transport{DisableKeepAlives: true}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if !strings.Contains(string(body), "GET "+path) {
		return fmt.Errorf("not the answer: %s", body)
	}
	return nil
}
