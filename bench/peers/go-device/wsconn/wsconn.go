// Package wsconn makes a WebSocket look like the byte stream that yamux wants, the way devices in the field do it:
// each Write is one binary message, and message boundaries mean nothing to Read.
package wsconn

import (
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// closeWait bounds the wait for the close frame to leave.
const closeWait = time.Second

// Conn is an io.ReadWriteCloser over a WebSocket. One goroutine may read and one may write at a time.
type Conn struct {
	ws      *websocket.Conn
	oneByte bool
	reader  io.Reader

	mu  sync.Mutex
	err error
}

// New wraps ws. With oneByte every byte is a message of its own, the worst split a peer may choose.
func New(ws *websocket.Conn, oneByte bool) *Conn {
	return &Conn{ws: ws, oneByte: oneByte}
}

// Read reads from the concatenation of all binary messages.
func (c *Conn) Read(p []byte) (int, error) {
	for {
		if c.reader == nil {
			kind, reader, err := c.ws.NextReader()
			if err == nil && kind != websocket.BinaryMessage {
				err = errors.New("unexpected text message")
			}
			if err != nil {
				return 0, c.fail(err)
			}
			c.reader = reader
		}
		n, err := c.reader.Read(p)
		if err == io.EOF {
			c.reader = nil
			err = nil
		}
		if err != nil {
			return n, c.fail(err)
		}
		if n > 0 {
			return n, nil
		}
	}
}

// Write sends p as one binary message, or as len(p) of them.
func (c *Conn) Write(p []byte) (int, error) {
	if !c.oneByte {
		if err := c.ws.WriteMessage(websocket.BinaryMessage, p); err != nil {
			return 0, c.fail(err)
		}
		return len(p), nil
	}
	for i := range p {
		if err := c.ws.WriteMessage(websocket.BinaryMessage, p[i:i+1]); err != nil {
			return i, c.fail(err)
		}
	}
	return len(p), nil
}

// Close says goodbye with 1000 and closes the connection.
func (c *Conn) Close() error {
	goodbye := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
	_ = c.ws.WriteControl(websocket.CloseMessage, goodbye, time.Now().Add(closeWait))
	return c.ws.Close()
}

// Drop breaks the connection without a close frame, like a device that lost its power.
func (c *Conn) Drop() error {
	return c.ws.UnderlyingConn().Close()
}

// Err is the first error that Read or Write met: a *websocket.CloseError when the peer closed.
func (c *Conn) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

func (c *Conn) fail(err error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil {
		c.err = err
	}
	return err
}

// LocalAddr is the local end of the connection.
func (c *Conn) LocalAddr() net.Addr { return c.ws.LocalAddr() }

// RemoteAddr is the remote end of the connection.
func (c *Conn) RemoteAddr() net.Addr { return c.ws.RemoteAddr() }
