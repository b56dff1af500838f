package main

import (
	"context"
	"net"
	"sync/atomic"
)

// traffic counts the bytes of TCP connections, including the WebSocket's framing and handshake.
type traffic struct {
	received int64
	sent     int64
}

// dial opens a connection whose bytes are counted.
func (t *traffic) dial(ctx context.Context, network, address string) (net.Conn, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return counted{conn, t}, nil
}

func (t *traffic) event() event {
	return event{Event: "traffic", Received: atomic.LoadInt64(&t.received), Sent: atomic.LoadInt64(&t.sent)}
}

type counted struct {
	net.Conn
	traffic *traffic
}

func (c counted) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	atomic.AddInt64(&c.traffic.received, int64(n))
	return n, err
}

func (c counted) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	atomic.AddInt64(&c.traffic.sent, int64(n))
	return n, err
}
