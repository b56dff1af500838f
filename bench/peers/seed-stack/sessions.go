package main

import (
	"io"
	"net/http"
	"sync"

	"github.com/gorilla/websocket"
	"github.com/hashicorp/yamux"

	"../go-device/wsconn"
)

// sessions owns the tunnels by token, and is the tunnel listener's handler.
type sessions struct {
	upgrader websocket.Upgrader

	mu      sync.RWMutex
	byToken map[string]*yamux.Session
}

func newSessions() *sessions {
	return &sessions{
		// An idle tunnel holds no buffer to write from.
		upgrader: websocket.Upgrader{WriteBufferPool: &sync.Pool{}},
		byToken:  make(map[string]*yamux.Session),
	}
}

// ServeHTTP takes a tunnel, which its unchecked token names. It returns at once, so that net/http frees the request.
func (s *sessions) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	token := r.URL.Query().Get("token")
	if token == "" {
		http.Error(w, "no token", http.StatusUnauthorized)
		return
	}
	ws, err := s.upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	config := yamux.DefaultConfig()
	config.LogOutput = io.Discard
	session, err := yamux.Server(wsconn.New(ws, false), config)
	if err != nil {
		ws.Close()
		return
	}
	s.register(token, session)
	go func() {
		<-session.CloseChan()
		s.unregister(token, session)
	}()
}

func (s *sessions) register(token string, session *yamux.Session) {
	s.mu.Lock()
	old := s.byToken[token]
	s.byToken[token] = session
	s.mu.Unlock()
	if old != nil {
		old.Close()
	}
}

func (s *sessions) unregister(token string, session *yamux.Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byToken[token] == session {
		delete(s.byToken, token)
	}
}

func (s *sessions) lookup(token string) *yamux.Session {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.byToken[token]
}
