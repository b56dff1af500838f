// Command hashicorp-yamux does the work of the yamux benchmark with hashicorp/yamux, both ends in this process over
// net.Pipe: "churn COUNT" and "bulk STREAMS BYTES" on stdin, one JSON event on stdout when done.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"sync"

	"github.com/hashicorp/yamux"
)

const (
	batch = 64
	chunk = 64 << 10
)

type event struct {
	Event string `json:"event"`
	Error string `json:"error,omitempty"`
}

func main() {
	out := json.NewEncoder(os.Stdout)
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		done := event{Event: "done"}
		if err := obey(lines.Text()); err != nil {
			done.Error = err.Error()
		}
		if err := out.Encode(done); err != nil {
			os.Exit(1)
		}
	}
}

func obey(line string) error {
	var first, second int64
	if n, _ := fmt.Sscanf(line, "churn %d", &first); n == 1 {
		return churn(first)
	}
	if n, _ := fmt.Sscanf(line, "bulk %d %d", &first, &second); n == 2 {
		return bulk(int(first), second)
	}
	return fmt.Errorf("no such command: %s", line)
}

// churn opens count streams, 64 at a time, sends a byte over each and closes both ends.
func churn(count int64) error {
	return work(func(stream *yamux.Stream) (int64, error) { return io.Copy(io.Discard, stream) }, batch,
		func(session *yamux.Session) error {
			for i := int64(0); i < count/batch; i++ {
				stream, err := session.OpenStream()
				if err != nil {
					return err
				}
				if _, err := stream.Write([]byte{'x'}); err != nil {
					return err
				}
				if err := stream.Close(); err != nil {
					return err
				}
			}
			return nil
		}, count/batch*batch)
}

// bulk sends bytes in writes of 64 KiB over so many streams.
func bulk(streams int, bytes int64) error {
	data := make([]byte, chunk)
	return work(func(stream *yamux.Stream) (int64, error) {
		buffer := make([]byte, chunk)
		return io.CopyBuffer(struct{ io.Writer }{io.Discard}, stream, buffer)
	}, streams, func(session *yamux.Session) error {
		stream, err := session.OpenStream()
		if err != nil {
			return err
		}
		for left := bytes / int64(streams); left > 0; left -= chunk {
			if _, err := stream.Write(data); err != nil {
				return err
			}
		}
		return stream.Close()
	}, bytes)
}

// work runs so many clients on one end and a reader for each stream on the other, until `want` bytes were read.
func work(
	read func(*yamux.Stream) (int64, error), clients int, client func(*yamux.Session) error, want int64,
) error {
	near, far := net.Pipe()
	config := yamux.DefaultConfig()
	config.LogOutput = io.Discard
	config.EnableKeepAlive = false
	a, err := yamux.Client(near, config)
	if err != nil {
		return err
	}
	defer a.Close()
	b, err := yamux.Server(far, config)
	if err != nil {
		return err
	}
	defer b.Close()
	failed := make(chan error, clients)
	var running sync.WaitGroup
	for i := 0; i < clients; i++ {
		running.Add(1)
		go func() {
			defer running.Done()
			if err := client(a); err != nil {
				failed <- err
			}
		}()
	}
	received := make(chan int64)
	go accept(b, read, received)
	for got := int64(0); got < want; {
		select {
		case n := <-received:
			got += n
		case err := <-failed:
			return err
		}
	}
	running.Wait()
	return nil
}

func accept(session *yamux.Session, read func(*yamux.Stream) (int64, error), received chan<- int64) {
	for {
		stream, err := session.AcceptStream()
		if err != nil {
			return
		}
		go func() {
			n, _ := read(stream)
			stream.Close()
			select {
			case received <- n:
			case <-session.CloseChan():
			}
		}()
	}
}
