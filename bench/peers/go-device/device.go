package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	"github.com/hashicorp/yamux"

	"./wsconn"
)

// closeReplaced tells a device that a newer connection has taken its place: do not dial again at once.
const closeReplaced = 4000

// fleet holds the devices of one process.
type fleet struct {
	options   options
	handler   http.Handler
	dialling  chan struct{}
	connected int64
	traffic   traffic
	size      int
}

// device is one tunnel and its index in the fleet.
type device struct {
	fleet *fleet
	index int
	token string

	mu   sync.Mutex
	conn *wsconn.Conn
}

// runFleet runs all devices until ctx ends. The command "drop" breaks every connection without a goodbye, "traffic" tells
// how many bytes passed on all of them so far.
func runFleet(ctx context.Context, o options, commands <-chan string) error {
	if o.style != "hand" && o.style != "serve" {
		return fmt.Errorf("no such style: %q", o.style)
	}
	tokens, err := o.credentials()
	if err != nil {
		return err
	}
	f := &fleet{options: o, dialling: make(chan struct{}, o.parallel), size: len(tokens)}
	f.handler = handlers()
	var running sync.WaitGroup
	devices := make([]*device, len(tokens))
	for i, token := range tokens {
		devices[i] = &device{fleet: f, index: i, token: token}
		running.Add(1)
		go func(d *device) {
			defer running.Done()
			d.run(ctx)
		}(devices[i])
	}
	go func() {
		for command := range commands {
			switch command {
			case "drop":
				for _, d := range devices {
					d.drop()
				}
			case "traffic":
				emit(f.traffic.event())
			}
		}
	}()
	running.Wait()
	return nil
}

// run dials, serves, and dials again with exponential backoff and full jitter.
func (d *device) run(ctx context.Context) {
	o := d.fleet.options
	ceiling := o.retryMin
	for ctx.Err() == nil {
		code, wasUp := d.connect(ctx)
		if !o.reconnect {
			return
		}
		if wasUp {
			ceiling = o.retryMin
		}
		if code == closeReplaced {
			ceiling = o.retryMax
		}
		delay := time.Duration(rand.Int63n(int64(ceiling) + 1))
		if ceiling *= 2; ceiling > o.retryMax {
			ceiling = o.retryMax
		}
		select {
		case <-time.After(delay):
		case <-ctx.Done():
		}
	}
}

// connect serves one connection to its end. It returns the close code, 0 for none, and whether it ever was up.
func (d *device) connect(ctx context.Context) (code int, wasUp bool) {
	ws, err := d.dial(ctx)
	if err != nil {
		return 0, false
	}
	conn := wsconn.New(ws, d.fleet.options.oneByte)
	session, err := yamux.Client(conn, d.fleet.options.yamuxConfig())
	if err != nil {
		emit(event{Event: "fatal", Error: err.Error()})
		return 0, false
	}
	d.hold(conn)
	defer d.hold(nil)
	go func() {
		select {
		case <-ctx.Done():
		case <-session.CloseChan():
		}
		session.Close()
	}()
	d.fleet.up(d.index)
	serve(ctx, d, session, conn)
	session.Close()
	atomic.AddInt64(&d.fleet.connected, -1)
	return d.reportEnd(conn.Err()), true
}

func (d *device) dial(ctx context.Context) (*websocket.Conn, error) {
	d.fleet.dialling <- struct{}{}
	defer func() { <-d.fleet.dialling }()
	address := d.fleet.options.url
	header := http.Header{}
	if d.fleet.options.query {
		address += "?token=" + url.QueryEscape(d.token)
	} else {
		header.Set("Authorization", "Bearer "+d.token)
	}
	dialer := *websocket.DefaultDialer
	dialer.EnableCompression = d.fleet.options.compress
	dialer.NetDialContext = d.fleet.traffic.dial
	ws, response, err := dialer.DialContext(ctx, address, header)
	if err == nil {
		return ws, nil
	}
	refused := event{Event: "refused", Device: number(d.index), Error: err.Error()}
	if response != nil {
		refused.Status = response.StatusCode
		refused.RetryAfter = response.Header.Get("Retry-After")
		body, _ := io.ReadAll(io.LimitReader(response.Body, 1024))
		refused.Reason = string(body)
	}
	emit(refused)
	return nil, err
}

func (f *fleet) up(index int) {
	count := int(atomic.AddInt64(&f.connected, 1))
	emit(event{Event: "connected", Device: number(index), Count: number(count)})
	if count == f.size {
		emit(event{Event: "all-connected", Count: number(count)})
	}
}

func (d *device) reportEnd(err error) int {
	end := event{Event: "disconnected", Device: number(d.index), Error: text(err)}
	var closed *websocket.CloseError
	if errors.As(err, &closed) {
		end.Code = closed.Code
		end.Reason = closed.Text
	}
	emit(end)
	return end.Code
}

func (d *device) hold(conn *wsconn.Conn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.conn = conn
}

func (d *device) drop() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.conn != nil {
		_ = d.conn.Drop()
	}
}
