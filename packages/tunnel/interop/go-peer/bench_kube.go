package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// kube creates|gets|list|watch|seed <server> <certificate> <key> <clients> <seconds>: load on a Kubernetes API, as its
// administrator, over HTTP/1.1 connections that are kept. One line of JSON. seed makes as many objects as it has clients.
func kube(mode, server, certFile, keyFile string, clients int, seconds float64) {
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	must(err)
	transport := &http.Transport{
		MaxIdleConnsPerHost: clients + 200,
		// The server under test is a process of the same benchmark. An own NextProtos keeps HTTP/2 away.
		TLSClientConfig:    &tls.Config{InsecureSkipVerify: true, Certificates: []tls.Certificate{pair}, NextProtos: []string{"http/1.1"}},
		DisableCompression: true,
	}
	client := &http.Client{Transport: transport}
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(seconds*float64(time.Second)))
	defer cancel()
	maps := server + "/api/v1/namespaces/default/configmaps"
	switch mode {
	case "creates":
		var next atomic.Int64
		report(clients, ctx, func(ctx context.Context) error {
			name := fmt.Sprintf("c-%d-%d", os.Getpid(), next.Add(1))
			return do(ctx, client, http.MethodPost, maps, configMap(name, "0"))
		})
	case "gets":
		must(do(ctx, client, http.MethodPost, maps, configMap("read", "0")))
		report(clients, ctx, func(ctx context.Context) error { return do(ctx, client, http.MethodGet, maps+"/read", "") })
	case "seed":
		var next atomic.Int64
		report(32, ctx, func(ctx context.Context) error {
			n := next.Add(1)
			if n > int64(clients) {
				cancel()
				return nil
			}
			return do(context.Background(), client, http.MethodPost, maps, configMap(fmt.Sprintf("seed-%d", n), "0"))
		})
	case "list":
		report(clients, ctx, func(ctx context.Context) error { return do(ctx, client, http.MethodGet, maps, "") })
	case "watch":
		watchLatency(ctx, client, maps, clients, 1000)
	}
}

func configMap(name, value string) string {
	return `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"` + name + `"},"data":{"value":"` + value + `","fill":"` + strings.Repeat("x", 700) + `"}}`
}

func do(ctx context.Context, client *http.Client, method, url, body string) error {
	request, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader([]byte(body)))
	must(err)
	request.Header.Set("Content-Type", "application/json")
	if method == http.MethodPatch {
		request.Header.Set("Content-Type", "application/merge-patch+json")
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode >= 300 {
		text, _ := io.ReadAll(io.LimitReader(response.Body, 300))
		return fmt.Errorf("status %d: %s", response.StatusCode, text)
	}
	_, err = io.Copy(io.Discard, response.Body)
	return err
}

// report runs work in so many clients until ctx is over and prints what they saw.
func report(clients int, ctx context.Context, work func(context.Context) error) {
	var mu sync.Mutex
	var all []float64
	result := loadResult{}
	var wait sync.WaitGroup
	start := time.Now()
	for i := 0; i < clients; i++ {
		wait.Add(1)
		go func() {
			defer wait.Done()
			var own []float64
			for ctx.Err() == nil {
				began := time.Now()
				err := work(ctx)
				if err == nil {
					own = append(own, ms(time.Since(began)))
				} else if ctx.Err() == nil {
					mu.Lock()
					result.Errors++
					result.LastError = err.Error()
					mu.Unlock()
				}
			}
			mu.Lock()
			all = append(all, own...)
			mu.Unlock()
		}()
	}
	wait.Wait()
	finish(&result, all, time.Since(start))
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func finish(result *loadResult, latencies []float64, elapsed time.Duration) {
	sort.Float64s(latencies)
	result.Requests = len(latencies)
	result.PerSecond = float64(len(latencies)) / elapsed.Seconds()
	if len(latencies) > 0 {
		result.P50Ms = latencies[len(latencies)/2]
		result.P99Ms = latencies[len(latencies)*99/100]
	}
	json.NewEncoder(os.Stdout).Encode(result)
}

// watchLatency: so many watchers of one ConfigMap, which is changed so many times a second divided by the watchers, so
// that `events` events a second are delivered in all.
func watchLatency(ctx context.Context, client *http.Client, maps string, watchers, events int) {
	must(do(ctx, client, http.MethodPost, maps, configMap("watched", "0")))
	var mu sync.Mutex
	var all []float64
	var ready, wait sync.WaitGroup
	for i := 0; i < watchers; i++ {
		ready.Add(1)
		wait.Add(1)
		go func() {
			defer wait.Done()
			request, err := http.NewRequestWithContext(ctx, http.MethodGet, maps+"?watch=true&fieldSelector=metadata.name%3Dwatched", nil)
			must(err)
			response, err := client.Do(request)
			must(err)
			defer response.Body.Close()
			reader := bufio.NewReaderSize(response.Body, 64*1024)
			var own []float64
			isFirst := true
			for {
				line, err := reader.ReadBytes('\n')
				if err != nil {
					break
				}
				at := time.Now().UnixMicro()
				var event struct {
					Object struct {
						Data struct {
							Value string `json:"value"`
						} `json:"data"`
					} `json:"object"`
				}
				must(json.Unmarshal(line, &event))
				if isFirst {
					isFirst = false
					ready.Done()
					continue
				}
				var sent int64
				fmt.Sscan(event.Object.Data.Value, &sent)
				own = append(own, float64(at-sent)/1000)
			}
			mu.Lock()
			all = append(all, own...)
			mu.Unlock()
		}()
	}
	ready.Wait()
	start := time.Now()
	ticker := time.NewTicker(time.Second * time.Duration(watchers) / time.Duration(events))
	defer ticker.Stop()
	result := loadResult{}
	for ctx.Err() == nil {
		<-ticker.C
		body := fmt.Sprintf(`{"data":{"value":"%d"}}`, time.Now().UnixMicro())
		if err := do(ctx, client, http.MethodPatch, maps+"/watched", body); err != nil && ctx.Err() == nil {
			result.Errors++
			result.LastError = err.Error()
		}
	}
	wait.Wait()
	finish(&result, all, time.Since(start))
}
