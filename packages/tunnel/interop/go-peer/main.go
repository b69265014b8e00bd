package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/rancher/remotedialer"
)

// peer hub <listen>           hub: websocket at /apis/.../sockets/<id>; GET /dial/<id>/<host:port>/<mode> opens a stream
// peer agent <ws url> <token>   agent
func main() {
	switch os.Args[1] {
	case "agent":
		h := http.Header{}
		h.Set("Authorization", "Bearer "+os.Args[3])
		err := remotedialer.ClientConnect(context.Background(), os.Args[2], h, nil, func(proto, address string) bool { return true }, nil)
		fmt.Println("ended", err)
	case "hub":
		prefix := "/apis/proxies.clusternet.io/v1alpha1/sockets/"
		srv := remotedialer.New(func(req *http.Request) (string, bool, error) {
			return strings.TrimPrefix(req.URL.Path, prefix), true, nil
		}, remotedialer.DefaultErrorWriter)
		mux := http.NewServeMux()
		mux.Handle(prefix, srv)
		mux.HandleFunc("/has/", func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, srv.HasSession(strings.TrimPrefix(r.URL.Path, "/has/")))
		})
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
		http.Serve(l, mux)
	}
}
