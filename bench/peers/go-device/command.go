package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/hashicorp/yamux"
)

// command does what one line of stdin asks for and reports it with an event of the same name:
//
//	ping          a round trip, in microseconds
//	goaway        sends GoAway(0)
//	close         closes the session
//	streams       counts the open streams
//	echo K N      opens K streams at once, sends N bytes on each and wants them back
//	sink K N      opens K streams at once, sends N bytes on each and wants their SHA-256
//	source K N    opens K streams at once and wants N bytes on each
//	open LINE     opens one stream, sends LINE and reads to the end
func (p *peer) command(fields []string) {
	session := p.current()
	if session == nil || len(fields) == 0 {
		emit(event{Event: "fatal", Error: "a command before the connection"})
		return
	}
	done := event{Event: fields[0]}
	var err error
	switch fields[0] {
	case "ping":
		rtt, pingErr := session.Ping()
		done.Micros, err = rtt.Microseconds(), pingErr
	case "goaway":
		err = session.GoAway()
	case "close":
		err = session.Close()
	case "streams":
		done.Count = number(session.NumStreams())
	case "echo", "sink", "source":
		count, size := int(argument(fields, 1, 1)), argument(fields, 2, 1)
		ok, runErr := together(count, func() error { return exchange(session, fields[0], size) })
		done.Count, done.Bytes, err = number(ok), int64(ok)*size, runErr
	case "open":
		done.Reason, err = ask(session, strings.Join(fields[1:], " "))
	default:
		err = fmt.Errorf("no such command")
	}
	done.Error = text(err)
	emit(done)
}

// together runs work count times at once; it returns how many runs succeeded and the first error.
func together(count int, work func() error) (int, error) {
	var running sync.WaitGroup
	var mu sync.Mutex
	var first error
	ok := 0
	for i := 0; i < count; i++ {
		running.Add(1)
		go func() {
			defer running.Done()
			err := work()
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				ok++
			} else if first == nil {
				first = err
			}
		}()
	}
	running.Wait()
	return ok, first
}

// exchange opens a stream, asks for the behaviour and checks what comes back.
func exchange(session *yamux.Session, kind string, size int64) error {
	stream, err := session.OpenStream()
	if err != nil {
		return err
	}
	defer stream.Close()
	if _, err := fmt.Fprintf(stream, "%s %d\n", kind, size); err != nil {
		return err
	}
	want, err := hash(newRandomReader(size, 1))
	if err != nil {
		return err
	}
	sent := make(chan error, 1)
	go func() {
		if kind == "source" {
			sent <- nil
			return
		}
		_, err := io.Copy(stream, newRandomReader(size, 1))
		sent <- err
	}()
	got, err := answer(stream, kind, size)
	if err == nil {
		err = <-sent
	}
	if err == nil && got != want {
		err = errors.New("the bytes differ")
	}
	return err
}

// answer reads the SHA-256 that came back, or computes that of the bytes that came back.
func answer(stream *yamux.Stream, kind string, size int64) (string, error) {
	if kind == "sink" {
		sum, err := io.ReadAll(stream)
		return string(sum), err
	}
	return hash(io.LimitReader(stream, size))
}

// ask opens a stream, sends a line and returns all that comes back.
func ask(session *yamux.Session, line string) (string, error) {
	stream, err := session.OpenStream()
	if err != nil {
		return "", err
	}
	defer stream.Close()
	if _, err := io.WriteString(stream, line+"\n"); err != nil {
		return "", err
	}
	reply, err := io.ReadAll(stream)
	return string(reply), err
}
