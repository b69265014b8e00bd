package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/gorilla/websocket"
	"github.com/rancher/remotedialer"
)

// agent <ws url> <token>: dials a hub and serves its streams; with PEER_RECONNECT again and again.
func agent(url, token string) {
	h := http.Header{}
	h.Set("Authorization", "Bearer "+token)
	var dialer *websocket.Dialer
	if os.Getenv("PEER_INSECURE") != "" { // the hub is a process of the same test
		dialer = &websocket.Dialer{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	}
	allow := func(proto, address string) bool { return true }
	for {
		err := remotedialer.ConnectToProxy(context.Background(), url, h, allow, dialer, nil)
		fmt.Println("ended", err)
		if os.Getenv("PEER_RECONNECT") == "" {
			return
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// front listens on loopback: the first line of a connection is "<id> <host:port>", then its bytes go through the
// tunnel, both ways. A stream that ends otherwise than in order ends with "ERR <text>".
func front(srv *remotedialer.Server) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go through(srv, c)
		}
	}()
	return l.Addr().String()
}

func through(srv *remotedialer.Server, c net.Conn) {
	defer c.Close()
	reader := bufio.NewReader(c)
	line, err := reader.ReadString('\n')
	if err != nil {
		return
	}
	id, address, _ := strings.Cut(strings.TrimSpace(line), " ")
	conn, err := srv.Dialer(id)(context.Background(), "tcp", address)
	if err != nil {
		fmt.Fprintf(c, "ERR %v", err)
		return
	}
	defer conn.Close()
	go func() {
		io.Copy(conn, reader)
		conn.Close()
	}()
	if _, err = io.Copy(struct{ io.Writer }{c}, conn); err != nil { // not by ReadFrom, which adds words to errors
		fmt.Fprintf(c, "ERR %v", err)
	}
}

// peering makes the hub one of several, when it is told who it is: it accepts peers at /connect, and dials those it
// gets at /peers/add?url=&id=&token= until /peers/remove?id=.
func peering(srv *remotedialer.Server, mux *http.ServeMux) {
	srv.PeerID, srv.PeerToken = os.Getenv("PEER_ID"), os.Getenv("PEER_TOKEN")
	mux.Handle("/connect", srv)
	mux.HandleFunc("/peers/add", func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		srv.AddPeer(q.Get("url"), q.Get("id"), q.Get("token"))
	})
	mux.HandleFunc("/peers/remove", func(w http.ResponseWriter, r *http.Request) {
		srv.RemovePeer(r.URL.Query().Get("id"))
	})
}
