package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
)

// The handlers here write bytes that net/http would not let them write, or break off.

// take hijacks the stream under a request.
func take(w http.ResponseWriter) (net.Conn, *bufio.ReadWriter) {
	conn, buffered, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(err)
	}
	return conn, buffered
}

// hang never answers; it reports how the caller gave up.
func hang(w http.ResponseWriter, r *http.Request) {
	conn, in := take(w)
	defer conn.Close()
	_, err := io.Copy(io.Discard, in)
	if err == nil {
		emit(event{Event: "hung-up", Target: r.RequestURI, Reason: "FIN"})
		return
	}
	emit(event{Event: "hung-up", Target: r.RequestURI, Reason: "RST", Error: err.Error()})
}

// cut promises ?len= bytes, or chunks with ?chunked=1, sends ?after= of them and closes the stream.
func cut(w http.ResponseWriter, r *http.Request) {
	conn, _ := take(w)
	defer conn.Close()
	after := integer(r, "after", 10)
	if integer(r, "chunked", 0) == 1 {
		_, _ = fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n", after)
	} else {
		_, _ = fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", integer(r, "len", 1000))
	}
	_, _ = io.Copy(conn, newRandomReader(after, 1))
}

// closeStream ends the stream without an answer.
func closeStream(w http.ResponseWriter, _ *http.Request) {
	conn, _ := take(w)
	_ = conn.Close()
}

// dropTunnel breaks the whole connection in the middle of an answer, like a device that lost its power.
func dropTunnel(w http.ResponseWriter, r *http.Request) {
	conn, _ := take(w)
	if integer(r, "after", 0) > 0 {
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
		_, _ = io.Copy(conn, newRandomReader(integer(r, "after", 0), 1))
	}
	_ = r.Context().Value(dropKey{}).(func() error)()
}

// garbage answers something that is not HTTP.
func garbage(w http.ResponseWriter, _ *http.Request) {
	conn, _ := take(w)
	defer conn.Close()
	_, _ = io.Copy(conn, newRandomReader(512, 7))
}

// upgrade switches to raw bytes and sends them back until the caller half-closes.
func upgrade(w http.ResponseWriter, _ *http.Request) {
	conn, in := take(w)
	defer conn.Close()
	_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
	_, _ = io.Copy(conn, in.Reader)
}

// interim sends two 103 before the answer.
func interim(w http.ResponseWriter, _ *http.Request) {
	conn, _ := take(w)
	defer conn.Close()
	early := "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"
	_, _ = io.WriteString(conn, early+early+"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone")
}
