package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/rancher/remotedialer"
)

// peer hub <listen> [<CA of children> [<own certificate>]]   hub: websocket at /apis/.../sockets/<id>; GET /dial/<id>/<host:port>/<mode> opens a stream
// peer agent <ws url> <token>   agent
func main() {
	switch os.Args[1] {
	case "child":
		child(os.Args[2], os.Args[3])
	case "kube":
		clients, _ := strconv.Atoi(os.Args[6])
		seconds, _ := strconv.ParseFloat(os.Args[7], 64)
		kube(os.Args[2], os.Args[3], os.Args[4], os.Args[5], clients, seconds)
	case "load":
		clients, _ := strconv.Atoi(os.Args[4])
		seconds, _ := strconv.ParseFloat(os.Args[5], 64)
		bytesPerSecond := 0
		if len(os.Args) > 6 {
			bytesPerSecond, _ = strconv.Atoi(os.Args[6])
		}
		load(os.Args[2], os.Args[3], clients, seconds, bytesPerSecond)
	case "agent":
		h := http.Header{}
		h.Set("Authorization", "Bearer "+os.Args[3])
		var dialer *websocket.Dialer
		if os.Getenv("PEER_INSECURE") != "" { // the hub is a process of the same test
			dialer = &websocket.Dialer{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
		}
		err := remotedialer.ClientConnect(context.Background(), os.Args[2], h, dialer, func(proto, address string) bool { return true }, nil)
		fmt.Println("ended", err)
	case "hub":
		prefix := "/apis/proxies.clusternet.io/v1alpha1/sockets/"
		srv := remotedialer.New(func(req *http.Request) (string, bool, error) {
			return strings.TrimPrefix(req.URL.Path, prefix), strings.HasPrefix(req.URL.Path, prefix), nil
		}, remotedialer.DefaultErrorWriter)
		mux := http.NewServeMux()
		mux.Handle(prefix, srv)
		// A replica of a Go hub: PEER_ID and PEER_TOKEN are what its Lease says; /peer/<id>/<token>/<host:port> adds another.
		srv.PeerID, srv.PeerToken = os.Getenv("PEER_ID"), os.Getenv("PEER_TOKEN")
		mux.Handle("/connect", srv)
		mux.HandleFunc("/peer/", func(w http.ResponseWriter, r *http.Request) {
			parts := strings.SplitN(strings.TrimPrefix(r.URL.Path, "/peer/"), "/", 3)
			srv.AddPeer("wss://"+parts[2]+"/connect", parts[0], parts[1])
		})
		mux.HandleFunc("/has/", func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, srv.HasSession(strings.TrimPrefix(r.URL.Path, "/has/")))
		})
		// /pooled/<id>/<host:port>/<path>: an HTTP proxy with kept connections through the tunnel, one transport a cluster
		if len(os.Args) > 3 {
			mux.Handle("/pooled/", pooled(srv, os.Args[3]))
		}
		// proxy: raw copy of request body to the stream and of the stream to the response
		mux.HandleFunc("/raw/", func(w http.ResponseWriter, r *http.Request) {
			parts := strings.SplitN(strings.TrimPrefix(r.URL.Path, "/raw/"), "/", 2)
			conn, err := srv.Dialer(parts[0])(r.Context(), "tcp", parts[1])
			if err != nil {
				http.Error(w, err.Error(), 502)
				return
			}
			defer conn.Close()
			go func() { io.Copy(conn, r.Body) }()
			buf := make([]byte, 32*1024)
			slow, _ := time.ParseDuration(r.URL.Query().Get("slow"))
			for {
				n, err := conn.Read(buf)
				if n > 0 {
					w.Write(buf[:n])
					w.(http.Flusher).Flush()
				}
				if slow > 0 {
					time.Sleep(slow)
				}
				if err != nil {
					if err != io.EOF {
						fmt.Fprintf(w, "\nERR %v", err)
					}
					return
				}
			}
		})
		l, err := net.Listen("tcp", os.Args[2])
		if err != nil {
			panic(err)
		}
		fmt.Println(l.Addr().String())
		if len(os.Args) > 4 {
			server := &http.Server{Handler: mux, TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate(os.Args[4])}, NextProtos: []string{"http/1.1"}}}
			must(server.ServeTLS(l, "", ""))
			return
		}
		http.Serve(l, mux)
	}
}

func pooled(srv *remotedialer.Server, caFile string) http.Handler {
	pem, err := os.ReadFile(caFile)
	must(err)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	transports := sync.Map{}
	return &httputil.ReverseProxy{
		FlushInterval: -1,
		Director: func(r *http.Request) {
			parts := strings.SplitN(strings.TrimPrefix(r.URL.Path, "/pooled/"), "/", 3)
			r.URL.Scheme, r.URL.Host, r.URL.Path = "https", parts[1], "/"+parts[2]
			r.Header.Set("X-Cluster", parts[0])
		},
		Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			id := r.Header.Get("X-Cluster")
			r.Header.Del("X-Cluster")
			found, ok := transports.Load(id)
			if !ok {
				found, _ = transports.LoadOrStore(id, &http.Transport{
					DialContext:         srv.Dialer(id),
					TLSClientConfig:     &tls.Config{RootCAs: roots},
					MaxIdleConnsPerHost: 256,
				})
			}
			return found.(*http.Transport).RoundTrip(r)
		}),
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
