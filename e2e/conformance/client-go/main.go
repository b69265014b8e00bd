// Command client-go-peer drives a Kubernetes API server with client-go and says what worked.
//
//	client-go-peer -list
//	client-go-peer -kubeconfig FILE -namespace NAME [SCENARIO...]
//
// It prints one line of JSON for each scenario: {"scenario":"…","ok":true,"ms":12} or with "error". It ends with 0
// when all of them worked.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"time"
)

// A scenario may take this long; the slowest, leader election, waits for leases of three seconds.
const limit = 25 * time.Second

type scenario struct {
	name string
	run  func(ctx context.Context, p *peer) error
}

type result struct {
	Scenario string `json:"scenario"`
	Ok       bool   `json:"ok"`
	Ms       int64  `json:"ms"`
	Error    string `json:"error,omitempty"`
}

func main() {
	kubeconfig := flag.String("kubeconfig", "", "file that says where the API server is")
	namespace := flag.String("namespace", "default", "an empty namespace for the objects")
	pod := flag.String("pod", "", "a running pod of that namespace, for the scenarios of streams")
	list := flag.Bool("list", false, "print the names of the scenarios")
	flag.Parse()
	if *list {
		for _, s := range scenarios {
			fmt.Println(s.name)
		}
		return
	}
	code := 0
	for _, name := range flag.Args() {
		r := runOne(name, *kubeconfig, *namespace, *pod)
		if !r.Ok {
			code = 1
		}
		line, err := json.Marshal(r)
		if err != nil {
			panic(err) // it is text, numbers and a truth value
		}
		fmt.Println(string(line))
	}
	os.Exit(code)
}

func runOne(name, kubeconfig, namespace, pod string) result {
	start := time.Now()
	err := fmt.Errorf("there is no scenario of that name")
	for _, s := range scenarios {
		if s.name == name {
			ctx, cancel := context.WithTimeout(context.Background(), limit)
			var p *peer
			if p, err = newPeer(kubeconfig, namespace, pod); err == nil {
				err = s.run(ctx, p)
			}
			cancel()
		}
	}
	r := result{Scenario: name, Ok: err == nil, Ms: time.Since(start).Milliseconds()}
	if err != nil {
		r.Error = err.Error()
	}
	return r
}

var scenarios = []scenario{
	{"informer", informer},
	{"watch-list", watchList},
	{"dropped-watch", droppedWatch},
	{"expired-watch", expiredWatch},
	{"metadata-informer", metadataInformer},
	{"retry-watcher", retryWatcher},
	{"paging", paging},
	{"leader-election", leaderElection},
	{"apply", apply},
	{"strategic-patch", strategicPatch},
	{"conflict", conflict},
	{"status", status},
	{"scale", scale},
	{"deletion", deletion},
	{"custom-resource", customResource},
	{"discovery", discover},
	{"protobuf", protobuf},
	{"events", events},
	{"access", access},
	{"token", token},
	{"logs", logs},
	{"exec-websocket", execWebSocket},
	{"exec-spdy", execSpdy},
	{"terminal-websocket", terminalWebSocket},
	{"terminal-spdy", terminalSpdy},
	{"port-forward-websocket", portForwardWebSocket},
	{"port-forward-spdy", portForwardSpdy},
	{"eviction", eviction},
}
