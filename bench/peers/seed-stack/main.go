// Command seed-stack is the relay that the product is measured against: gorilla/websocket, hashicorp/yamux and
// net/http, a session map behind a lock, no authentication. It is written as well as that stack allows.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
)

func main() {
	reverseProxy := flag.Bool("reverse-proxy", false, "forward through httputil.ReverseProxy instead of by hand")
	flag.Parse()
	if err := run(*reverseProxy); err != nil {
		fmt.Fprintln(os.Stderr, "seed-stack:", err)
		os.Exit(1)
	}
}

func run(reverseProxy bool) error {
	tunnels, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	internal, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	sessions := newSessions()
	forward := http.Handler(&byHand{sessions})
	if reverseProxy {
		forward = newProxied(sessions)
	}
	mux := http.NewServeMux()
	mux.Handle("/internal/forward/http", forward)
	failed := make(chan error, 2)
	go func() { failed <- http.Serve(tunnels, sessions) }()
	go func() { failed <- http.Serve(internal, mux) }()
	ready := map[string]string{
		"msg": "ready", "tunnel": "ws://" + tunnels.Addr().String(), "internal": "http://" + internal.Addr().String(),
	}
	if err := json.NewEncoder(os.Stdout).Encode(ready); err != nil {
		return err
	}
	collectAtSignal()
	stop, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer cancel()
	select {
	case err := <-failed:
		return err
	case <-stop.Done():
		return nil
	}
}

// collectAtSignal frees unused memory at SIGUSR2, for measurements of memory.
func collectAtSignal() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR2)
	go func() {
		for range signals {
			debug.FreeOSMemory()
		}
	}()
}
