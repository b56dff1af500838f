package main

import (
	"encoding/json"
	"os"
	"sync"
)

// event is one JSON line on stdout. Absent fields are left out.
type event struct {
	Event  string `json:"event"`
	Device *int   `json:"device,omitempty"`
	Status int    `json:"status,omitempty"`
	Code   int    `json:"code,omitempty"`
	Reason string `json:"reason,omitempty"`
	Error  string `json:"error,omitempty"`
	Method string `json:"method,omitempty"`
	Target string `json:"target,omitempty"`
	Addr   string `json:"addr,omitempty"`
	// RetryAfter is the header of a refusal, as sent.
	RetryAfter string `json:"retryAfter,omitempty"`
	// Count is how many devices are connected, or streams are open or went well.
	Count *int `json:"count,omitempty"`
	// Bytes is how many bytes a wire command moved.
	Bytes int64 `json:"bytes,omitempty"`
	// Received and Sent are bytes on the fleet's connections.
	Received int64 `json:"received,omitempty"`
	Sent     int64 `json:"sent,omitempty"`
	// Micros is a round trip time.
	Micros int64  `json:"micros,omitempty"`
	Sha256 string `json:"sha256,omitempty"`
}

var (
	eventLock sync.Mutex
	eventOut  = json.NewEncoder(os.Stdout)
)

// emit prints one event. The event is dropped when stdout is closed.
func emit(e event) {
	eventLock.Lock()
	defer eventLock.Unlock()
	_ = eventOut.Encode(e)
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func number(n int) *int { return &n }
