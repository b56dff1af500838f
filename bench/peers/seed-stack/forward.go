package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync"
)

const (
	methodHeader = "X-Forward-Method"
	targetHeader = "X-Forward-Target"
)

// byHand forwards with http.Request.Write and http.ReadResponse over one stream a call.
type byHand struct {
	sessions *sessions
}

var readers = sync.Pool{New: func() any { return bufio.NewReader(nil) }}

// writerBytes is the size of the yamux frames in which a request's body leaves; net/http's own writer would make each 4 KiB.
const writerBytes = 64 * 1024

var writers = sync.Pool{New: func() any { return bufio.NewWriterSize(nil, writerBytes) }}

func (f *byHand) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	session := f.sessions.lookup(r.URL.Query().Get("token"))
	if session == nil {
		http.Error(w, "no such tunnel", http.StatusNotFound)
		return
	}
	out, err := outgoing(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	stream, err := session.Open()
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer stream.Close()
	if err := writeRequest(stream, out); err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	in := readers.Get().(*bufio.Reader)
	in.Reset(stream)
	defer readers.Put(in)
	response, err := readAnswer(in, out)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	// The stream is closed and not the body: net/http's Close reads a body to its end, even if it is endless and the caller gone.
	answer(w, response)
}

func writeRequest(stream net.Conn, out *http.Request) error {
	to := writers.Get().(*bufio.Writer)
	defer writers.Put(to)
	to.Reset(stream)
	if err := out.Write(to); err != nil {
		return err
	}
	return to.Flush()
}

// readAnswer reads the final answer, past interim ones.
func readAnswer(in *bufio.Reader, out *http.Request) (*http.Response, error) {
	for {
		response, err := http.ReadResponse(in, out)
		if err != nil || response.StatusCode >= 200 || response.StatusCode == http.StatusSwitchingProtocols {
			return response, err
		}
	}
}

// outgoing is the device's request, in the internal forward form or, with GET, as ?target=.
func outgoing(r *http.Request) (*http.Request, error) {
	method, target := r.Header.Get(methodHeader), r.Header.Get(targetHeader)
	if method == "" {
		method, target = r.Method, r.URL.Query().Get("target")
	}
	where, err := url.ParseRequestURI(target)
	if err != nil {
		return nil, err
	}
	header := r.Header.Clone()
	header.Del(methodHeader)
	header.Del(targetHeader)
	header.Del("Authorization")
	header.Del("Connection")
	header.Del("Expect")
	out := &http.Request{
		Method: method, URL: where, Host: "device", Header: header,
		Body: r.Body, ContentLength: r.ContentLength, ProtoMajor: 1, ProtoMinor: 1,
	}
	if r.ContentLength == 0 {
		out.Body = nil
	}
	return out, nil
}

func answer(w http.ResponseWriter, response *http.Response) {
	header := w.Header()
	for name, values := range response.Header {
		header[name] = values
	}
	header.Del("Connection")
	w.WriteHeader(response.StatusCode)
	if response.ContentLength >= 0 {
		_, _ = io.Copy(w, response.Body)
		return
	}
	buffer := make([]byte, 32*1024)
	for {
		n, err := response.Body.Read(buffer)
		if n > 0 {
			if _, err := w.Write(buffer[:n]); err != nil {
				return
			}
			w.(http.Flusher).Flush()
		}
		if err != nil {
			return
		}
	}
}

// proxied forwards through httputil.ReverseProxy, one stream a call.
type proxied struct {
	proxy httputil.ReverseProxy
}

// tokenKey carries the tunnel's token from the request to the dial.
type tokenKey struct{}

func newProxied(s *sessions) *proxied {
	return &proxied{httputil.ReverseProxy{
		Director:      func(*http.Request) {},
		FlushInterval: -1,
		Transport: &http.Transport{
			DisableKeepAlives:  true,
			DisableCompression: true,
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				session := s.lookup(ctx.Value(tokenKey{}).(string))
				if session == nil {
					return nil, errors.New("no such tunnel")
				}
				return session.Open()
			},
		},
	}}
}

func (f *proxied) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	out, err := outgoing(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	out.URL.Scheme, out.URL.Host = "http", "device"
	ctx := context.WithValue(r.Context(), tokenKey{}, r.URL.Query().Get("token"))
	f.proxy.ServeHTTP(w, out.WithContext(ctx))
}
