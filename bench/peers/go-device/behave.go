package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"strings"

	"github.com/hashicorp/yamux"
)

// behave does what the first line of an accepted stream asks for:
//
//	echo        sends every byte back until FIN
//	sink [N]    reads N bytes, or to FIN, and answers their SHA-256 in hex
//	source N    sends N pseudo-random bytes
//	close       closes at once
//	hold        reads nothing more until the session ends
func behave(session *yamux.Session, stream *yamux.Stream) {
	defer stream.Close()
	in := bufio.NewReaderSize(stream, 64)
	line, err := in.ReadString('\n')
	if err != nil {
		emit(event{Event: "stream-error", Error: err.Error()})
		return
	}
	fields := strings.Fields(line)
	switch fields[0] {
	case "echo":
		_, err = io.Copy(stream, in)
	case "sink":
		var sum string
		if sum, err = hash(limited(in, argument(fields, 1, -1))); err == nil {
			_, err = io.WriteString(stream, sum)
		}
	case "source":
		_, err = io.Copy(stream, newRandomReader(argument(fields, 1, 0), 1))
	case "hold":
		<-session.CloseChan()
	}
	if err != nil {
		emit(event{Event: "stream-error", Error: err.Error()})
	}
}

func hash(r io.Reader) (string, error) {
	sum := sha256.New()
	_, err := io.Copy(sum, r)
	return hex.EncodeToString(sum.Sum(nil)), err
}

// limited reads r up to n bytes, or to its end when n is negative.
func limited(r io.Reader, n int64) io.Reader {
	if n < 0 {
		return r
	}
	return io.LimitReader(r, n)
}
