package main

import (
	"io"
	"net"
	"sync/atomic"
	"time"

	"github.com/hashicorp/yamux"
)

// wakeableListener gives net/http streams that it can hijack: hashicorp/yamux of 2019 does not wake a Read that
// waits already when a deadline is set, and Hijack relies on just that.
type wakeableListener struct {
	*yamux.Session
}

func (l wakeableListener) Accept() (net.Conn, error) {
	stream, err := l.AcceptStream()
	if err != nil {
		return nil, err
	}
	near, far := net.Pipe()
	w := &wakeable{Stream: stream, in: near}
	go w.pump(far)
	return w, nil
}

// wakeable reads its stream through a pipe, whose deadlines work.
type wakeable struct {
	*yamux.Stream
	in    net.Conn
	ended atomic.Value
}

func (w *wakeable) pump(far net.Conn) {
	if _, err := io.Copy(far, w.Stream); err != nil {
		w.ended.Store(err)
	}
	far.Close()
}

func (w *wakeable) Read(p []byte) (int, error) {
	n, err := w.in.Read(p)
	if err == io.EOF {
		if reason, failed := w.ended.Load().(error); failed {
			err = reason
		}
	}
	return n, err
}

func (w *wakeable) SetReadDeadline(t time.Time) error { return w.in.SetReadDeadline(t) }

func (w *wakeable) SetDeadline(t time.Time) error {
	if err := w.in.SetReadDeadline(t); err != nil {
		return err
	}
	return w.Stream.SetWriteDeadline(t)
}

func (w *wakeable) Close() error {
	w.in.Close()
	return w.Stream.Close()
}
