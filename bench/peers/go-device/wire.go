package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/gorilla/websocket"
	"github.com/hashicorp/yamux"

	"./wsconn"
)

// The bare peer: yamux without HTTP. The side that opens a stream says in its first line what the other side does
// (behave.go); lines on stdin make this side open streams (command.go).

// peer is the latest session of the bare peer.
type peer struct {
	options options
	mu      sync.Mutex
	session *yamux.Session
}

func runWire(ctx context.Context, o options, commands <-chan string) error {
	p := &peer{options: o}
	go func() {
		for line := range commands {
			// Commands run at the same time: one that hangs must not keep "close" from being read.
			go p.command(strings.Fields(line))
		}
	}()
	switch o.wire {
	case "dial":
		return p.dial(ctx)
	case "listen":
		return p.listen(ctx, p.acceptWebSockets)
	case "listen-tcp":
		return p.listen(ctx, p.acceptRaw)
	}
	return fmt.Errorf("no such wire mode: %q", o.wire)
}

func (p *peer) dial(ctx context.Context) error {
	ws, _, err := websocket.DefaultDialer.DialContext(ctx, p.options.url, nil)
	if err != nil {
		return err
	}
	p.run(ctx, wsconn.New(ws, p.options.oneByte))
	return nil
}

func (p *peer) listen(ctx context.Context, accept func(context.Context, net.Listener) error) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go func() {
		<-ctx.Done()
		listener.Close()
	}()
	emit(event{Event: "listening", Addr: listener.Addr().String()})
	if err := accept(ctx, listener); ctx.Err() == nil {
		return err
	}
	return nil
}

func (p *peer) acceptWebSockets(ctx context.Context, listener net.Listener) error {
	upgrader := websocket.Upgrader{}
	return http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, err := upgrader.Upgrade(w, r, nil)
		if err == nil {
			p.run(ctx, wsconn.New(ws, p.options.oneByte))
		}
	}))
}

func (p *peer) acceptRaw(ctx context.Context, listener net.Listener) error {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return err
		}
		go p.run(ctx, conn)
	}
}

// run serves one connection to its end.
func (p *peer) run(ctx context.Context, conn rawConn) {
	open := yamux.Client
	if p.options.role == "server" {
		open = yamux.Server
	}
	session, err := open(conn, p.options.yamuxConfig())
	if err != nil {
		emit(event{Event: "fatal", Error: err.Error()})
		return
	}
	p.mu.Lock()
	p.session = session
	p.mu.Unlock()
	go func() {
		select {
		case <-ctx.Done():
		case <-session.CloseChan():
		}
		session.Close()
	}()
	emit(event{Event: "connected"})
	err = p.acceptStreams(session)
	emit(event{Event: "closed", Error: text(err)})
}

type rawConn interface {
	Read([]byte) (int, error)
	Write([]byte) (int, error)
	Close() error
}

func (p *peer) acceptStreams(session *yamux.Session) error {
	if p.options.noAccept {
		<-session.CloseChan()
		return nil
	}
	for {
		stream, err := session.AcceptStream()
		if err != nil {
			return err
		}
		go behave(session, stream)
	}
}

func (p *peer) current() *yamux.Session {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.session
}

// argument returns the number at index i of a command, or the fallback.
func argument(fields []string, i int, fallback int64) int64 {
	if i >= len(fields) {
		return fallback
	}
	n, err := strconv.ParseInt(fields[i], 10, 64)
	if err != nil {
		return fallback
	}
	return n
}
