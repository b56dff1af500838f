package main

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
)

// smallBody is how many bytes an answer may hold before it is sent without a known length.
const smallBody = 4096

// handWriter is a http.ResponseWriter whose answer leaves through http.Response.Write. Small answers have a
// Content-Length; long ones are chunked when the handler says so, else they end with the stream.
type handWriter struct {
	stream     net.Conn
	in         *bufio.Reader
	request    *http.Request
	header     http.Header
	unbuffered bool

	status   int
	body     bytes.Buffer
	pipe     *io.PipeWriter
	response *http.Response
	written  chan struct{}
	hijacked bool
}

func (w *handWriter) Header() http.Header { return w.header }

func (w *handWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

func (w *handWriter) Write(p []byte) (int, error) {
	if w.pipe == nil && w.body.Len()+len(p) <= smallBody {
		return w.body.Write(p)
	}
	w.Flush()
	return w.pipe.Write(p)
}

// Flush sends the head and the body written so far; later writes are sent as they come.
func (w *handWriter) Flush() {
	if w.pipe != nil {
		return
	}
	head := w.newResponse(w.length())
	reader, writer := io.Pipe()
	w.pipe, w.response, w.written = writer, head, make(chan struct{})
	head.Body = reader
	go func() {
		defer close(w.written)
		_ = reader.CloseWithError(w.send(head))
	}()
	if w.body.Len() > 0 {
		_, _ = w.pipe.Write(w.body.Bytes())
	}
}

// Hijack hands the stream over; nothing more is written here.
func (w *handWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w.hijacked = true
	return w.stream, bufio.NewReadWriter(w.in, bufio.NewWriter(w.stream)), nil
}

func (w *handWriter) finish() {
	if w.hijacked {
		return
	}
	if w.pipe == nil {
		response := w.newResponse(int64(w.body.Len()))
		response.Body = io.NopCloser(&w.body)
		_ = w.send(response)
		return
	}
	for name := range w.response.Trailer {
		w.response.Trailer[name] = w.header[name]
	}
	_ = w.pipe.Close()
	<-w.written
}

func (w *handWriter) send(response *http.Response) error {
	if w.unbuffered {
		return response.Write(w.stream)
	}
	out := bufio.NewWriter(w.stream)
	if w.pipe != nil {
		response.Body = eagerBody{response.Body, out}
	}
	// This hides bufio's ReadFrom, which the body that it reads could not flush.
	if err := response.Write(struct {
		io.Writer
		io.StringWriter
	}{out, out}); err != nil {
		return err
	}
	return out.Flush()
}

func (w *handWriter) newResponse(length int64) *http.Response {
	status := w.status
	if status == 0 {
		status = http.StatusOK
	}
	header := w.header.Clone()
	header.Del("Content-Length")
	response := &http.Response{
		StatusCode: status, ProtoMajor: 1, ProtoMinor: 1,
		Header: header, ContentLength: length, Request: w.request,
	}
	if w.header.Get("Content-Length") != "" {
		response.ContentLength = w.length()
	}
	if w.header.Get("Transfer-Encoding") == "chunked" {
		response.ContentLength = -1
		response.TransferEncoding = []string{"chunked"}
	}
	header.Del("Transfer-Encoding")
	if names := header.Get("Trailer"); names != "" {
		response.Trailer = http.Header{}
		for _, name := range strings.Split(names, ",") {
			name = http.CanonicalHeaderKey(strings.TrimSpace(name))
			header.Del(name)
			response.Trailer[name] = w.header[name]
		}
		header.Del("Trailer")
	}
	return response
}

// length is the Content-Length that the handler set, -1 for none.
func (w *handWriter) length() int64 {
	n, err := strconv.ParseInt(w.header.Get("Content-Length"), 10, 64)
	if err != nil {
		return -1
	}
	return n
}

// eagerBody flushes the bytes written so far before it waits for more, so that a slow answer arrives as it is made.
type eagerBody struct {
	io.ReadCloser
	out *bufio.Writer
}

func (b eagerBody) Read(p []byte) (int, error) {
	if err := b.out.Flush(); err != nil {
		return 0, err
	}
	return b.ReadCloser.Read(p)
}
