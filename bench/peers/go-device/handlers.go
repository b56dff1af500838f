package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/gorilla/websocket"
)

// knownLength is the largest body of /bytes whose digest is sent ahead of it.
const knownLength = 16 << 20

// routes looks a path up as it is, without cleaning or redirects, because tests send odd paths on purpose.
type routes map[string]http.HandlerFunc

func (r routes) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	handler, found := r[request.URL.Path]
	if !found {
		handler = inspect
	}
	handler(w, request)
}

// handlers are the paths that tests and benchmarks call; every other path is answered by inspect.
func handlers() http.Handler {
	return routes{
		"/hello":   hello,
		"/echo":    echo,
		"/sha256":  digest,
		"/count":   count,
		"/bytes":   randomBytes,
		"/chunked": chunked,
		"/slow":    slow,
		"/sse":     serverEvents,
		"/status":  status,
		"/head":    head,
		"/early":   early,
		"/expect":  echo,
		"/ws":      webSocketEcho,
		"/hang":    hang,
		"/cut":     cut,
		"/close":   closeStream,
		"/drop":    dropTunnel,
		"/garbage": garbage,
		"/upgrade": upgrade,
		"/interim": interim,
	}
}

func hello(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain")
	_, _ = io.WriteString(w, "hello")
}

// inspect answers with the request that arrived, as JSON.
func inspect(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{
		"method": r.Method, "target": r.RequestURI, "host": r.Host, "headers": r.Header, "body": string(body),
		"contentLength": r.ContentLength, "transferEncoding": r.TransferEncoding, "trailers": r.Trailer, "error": text(err),
	})
}

// echo sends the body back, once all of it has arrived.
func echo(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body)
}

// digest answers the SHA-256 and the length of the request body.
func digest(w http.ResponseWriter, r *http.Request) {
	sum := sha256.New()
	n, err := io.Copy(sum, r.Body)
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{
		"sha256": hex.EncodeToString(sum.Sum(nil)), "bytes": n, "trailers": r.Trailer, "error": text(err),
	})
}

// count answers the length of the request body and does nothing else with it, which shows the cost of a fast reader.
func count(w http.ResponseWriter, r *http.Request) {
	n, err := io.Copy(io.Discard, r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	_, _ = fmt.Fprint(w, n)
}

// randomBytes answers ?n= bytes from ?seed=, with X-Sha256 in the head when n is not too large to make twice.
func randomBytes(w http.ResponseWriter, r *http.Request) {
	n, seed := integer(r, "n", 1024), uint32(integer(r, "seed", 1))
	if n <= knownLength {
		sum := sha256.New()
		_, _ = io.Copy(sum, newRandomReader(n, seed))
		w.Header().Set("X-Sha256", hex.EncodeToString(sum.Sum(nil)))
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Length", strconv.FormatInt(n, 10))
	_, _ = io.Copy(w, newRandomReader(n, seed))
}

// chunked answers ?n= bytes from ?seed= without a length, and X-Sha256 and X-Bytes as trailers.
func chunked(w http.ResponseWriter, r *http.Request) {
	n, seed := integer(r, "n", 1024), uint32(integer(r, "seed", 1))
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Trailer", "X-Sha256, X-Bytes")
	w.Header().Set("Transfer-Encoding", "chunked")
	flush(w)
	sum := sha256.New()
	written, _ := io.Copy(io.MultiWriter(w, sum), newRandomReader(n, seed))
	w.Header().Set("X-Sha256", hex.EncodeToString(sum.Sum(nil)))
	w.Header().Set("X-Bytes", strconv.FormatInt(written, 10))
}

// slow answers after ?ms=, or not at all when the caller goes away first.
func slow(w http.ResponseWriter, r *http.Request) {
	if !pause(r, integer(r, "ms", 100)) {
		return
	}
	_, _ = io.WriteString(w, "slow")
}

// serverEvents sends ?n= events, ?ms= apart, each sent at once.
func serverEvents(w http.ResponseWriter, r *http.Request) {
	n, ms := integer(r, "n", 3), integer(r, "ms", 10)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	flush(w)
	for i := int64(0); i < n; i++ {
		if _, err := fmt.Fprintf(w, "id: %d\ndata: tick %d\n\n", i, i); err != nil {
			emit(event{Event: "cancelled", Target: r.RequestURI, Error: err.Error()})
			return
		}
		flush(w)
		if !pause(r, ms) {
			return
		}
	}
}

func status(w http.ResponseWriter, r *http.Request) {
	code := int(integer(r, "code", 200))
	w.WriteHeader(code)
	if code >= 200 && code != http.StatusNoContent && code != http.StatusNotModified {
		_, _ = fmt.Fprintf(w, "status %d", code)
	}
}

// head states the length of its body; the answer to HEAD has nothing else.
func head(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Length", "1000")
	if r.Method != http.MethodHead {
		_, _ = io.CopyN(w, newRandomReader(1000, 1), 1000)
	}
}

// early answers without reading the body.
func early(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(http.StatusRequestEntityTooLarge)
	_, _ = io.WriteString(w, "early")
}

// webSocketEcho sends every message back as it came.
func webSocketEcho(w http.ResponseWriter, r *http.Request) {
	upgrader := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }, Subprotocols: []string{"echo"}}
	ws, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer ws.Close()
	for {
		kind, message, err := ws.ReadMessage()
		if err != nil {
			emit(event{Event: "ws-closed", Target: r.RequestURI, Error: err.Error()})
			return
		}
		if err := ws.WriteMessage(kind, message); err != nil {
			return
		}
	}
}

func flush(w http.ResponseWriter) {
	if f, ok := w.(http.Flusher); ok {
		f.Flush()
	}
}

// pause waits, and answers false when the request was cancelled meanwhile.
func pause(r *http.Request, ms int64) bool {
	timer := time.NewTimer(time.Duration(ms) * time.Millisecond)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		emit(event{Event: "cancelled", Target: r.RequestURI, Error: text(r.Context().Err())})
		return false
	}
}

func integer(r *http.Request, name string, fallback int64) int64 {
	n, err := strconv.ParseInt(r.URL.Query().Get(name), 10, 64)
	if err != nil {
		return fallback
	}
	return n
}
