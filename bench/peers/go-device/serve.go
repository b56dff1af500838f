package main

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"

	"github.com/hashicorp/yamux"

	"./wsconn"
)

// dropKey finds the function that breaks the whole tunnel, in a request's context.
type dropKey struct{}

// serve answers the session's streams until it ends.
func serve(ctx context.Context, d *device, session *yamux.Session, conn *wsconn.Conn) {
	ctx, cancel := context.WithCancel(context.WithValue(ctx, dropKey{}, conn.Drop))
	defer cancel()
	handler := d.logged()
	if d.fleet.options.style == "serve" {
		server := &http.Server{Handler: handler, BaseContext: func(net.Listener) context.Context { return ctx }}
		_ = server.Serve(wakeableListener{session})
		return
	}
	for {
		stream, err := session.Accept()
		if err != nil {
			return
		}
		go serveByHand(ctx, handler, stream, d.fleet.options.unbuffered)
	}
}

// logged is the fleet's handler, with an event for each request when asked for.
func (d *device) logged() http.Handler {
	if !d.fleet.options.verbose {
		return d.fleet.handler
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		emit(event{Event: "request", Device: number(d.index), Method: r.Method, Target: r.RequestURI})
		d.fleet.handler.ServeHTTP(w, r)
	})
}

// serveByHand serves one request on one stream: http.ReadRequest, the answer by http.Response.Write, and FIN.
func serveByHand(ctx context.Context, handler http.Handler, stream net.Conn, unbuffered bool) {
	defer stream.Close()
	in := bufio.NewReader(stream)
	request, err := http.ReadRequest(in)
	if err != nil {
		if err != io.EOF {
			emit(event{Event: "bad-request", Error: err.Error()})
		}
		return
	}
	request = request.WithContext(ctx)
	if request.Header.Get("Expect") == "100-continue" {
		request.Body = &continueBody{ReadCloser: request.Body, stream: stream}
	}
	w := &handWriter{stream: stream, in: in, request: request, header: http.Header{}, unbuffered: unbuffered}
	handler.ServeHTTP(w, request)
	w.finish()
}

// continueBody sends 100 Continue when the handler first reads the body.
type continueBody struct {
	io.ReadCloser
	stream net.Conn
	asked  bool
}

func (b *continueBody) Read(p []byte) (int, error) {
	if !b.asked {
		b.asked = true
		if _, err := io.WriteString(b.stream, "HTTP/1.1 100 Continue\r\n\r\n"); err != nil {
			return 0, err
		}
	}
	return b.ReadCloser.Read(p)
}
