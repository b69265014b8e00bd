package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sort"
	"sync"
	"sync/atomic"
	"time"
)

// counter counts open connections of a server.
type counter struct{ n atomic.Int64 }

func (c *counter) change(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		c.n.Add(1)
	case http.StateClosed, http.StateHijacked:
		c.n.Add(-1)
	}
}

func (c *counter) value() int64 { return c.n.Load() }

type loadResult struct {
	Requests  int     `json:"requests"`
	Errors    int     `json:"errors"`
	PerSecond float64 `json:"perSecond"`
	P50Ms     float64 `json:"p50Ms"`
	P99Ms     float64 `json:"p99Ms"`
	MiBPerS   float64 `json:"mibPerSecond"`
	LastError string  `json:"lastError,omitempty"`
}

// load get|slow|hold <url> <clients> <seconds> [bytes per second]: plays clients and prints one line of JSON.
// get: requests one after the other on kept connections. slow: readers of so many bytes a second.
// hold: opens streams, waits for the first bytes of each, says so, and keeps them open.
func load(mode, url string, clients int, seconds float64, bytesPerSecond int) {
	transport := &http.Transport{
		MaxIdleConns: 0, MaxIdleConnsPerHost: clients, MaxConnsPerHost: 0,
		TLSClientConfig:    &tls.Config{InsecureSkipVerify: true}, // the hub under test is a process of the same benchmark
		DisableCompression: true,
	}
	client := &http.Client{Transport: transport}
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(seconds*float64(time.Second)))
	defer cancel()
	var mu sync.Mutex
	var latencies []float64
	result := loadResult{}
	var received atomic.Int64
	var held atomic.Int64
	var wait sync.WaitGroup
	start := time.Now()
	for i := 0; i < clients; i++ {
		wait.Add(1)
		go func() {
			defer wait.Done()
			var own []float64
			buffer := make([]byte, 64*1024)
			failures := 0
			last := ""
			for ctx.Err() == nil {
				began := time.Now()
				err := once(ctx, client, url, mode, buffer, bytesPerSecond, &received, &held)
				if err == nil {
					own = append(own, float64(time.Since(began).Microseconds())/1000)
				} else if ctx.Err() == nil {
					failures++
					last = err.Error()
					time.Sleep(10 * time.Millisecond)
				}
			}
			mu.Lock()
			latencies = append(latencies, own...)
			result.Errors += failures
			if last != "" {
				result.LastError = last
			}
			mu.Unlock()
		}()
	}
	if mode == "hold" {
		for held.Load() < int64(clients) && ctx.Err() == nil {
			time.Sleep(10 * time.Millisecond)
		}
		fmt.Println(`{"held":` + fmt.Sprint(held.Load()) + `}`)
	}
	wait.Wait()
	elapsed := time.Since(start).Seconds()
	sort.Float64s(latencies)
	result.Requests = len(latencies)
	result.PerSecond = float64(len(latencies)) / elapsed
	if len(latencies) > 0 {
		result.P50Ms = latencies[len(latencies)/2]
		result.P99Ms = latencies[len(latencies)*99/100]
	}
	result.MiBPerS = float64(received.Load()) / elapsed / 1024 / 1024
	json.NewEncoder(os.Stdout).Encode(result)
}

func once(ctx context.Context, client *http.Client, url, mode string, buffer []byte, bytesPerSecond int, received, held *atomic.Int64) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	must(err)
	request.Header.Set("Accept", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(response.Body, 300))
		return fmt.Errorf("status %d: %s", response.StatusCode, text)
	}
	first := true
	for {
		n, err := response.Body.Read(buffer)
		received.Add(int64(n))
		if n > 0 && first && mode == "hold" {
			held.Add(1)
			first = false
		}
		if mode == "slow" && n > 0 {
			select {
			case <-ctx.Done():
			case <-time.After(time.Duration(float64(n) / float64(bytesPerSecond) * float64(time.Second))):
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
