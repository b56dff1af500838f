package main

import (
	"encoding/binary"
	"io"
)

// randomReader reads n pseudo-random bytes: xorshift32, each state as four little-endian bytes, alike in any language.
type randomReader struct {
	state uint32
	left  int64
	block [4096]byte
	ready []byte
}

func newRandomReader(n int64, seed uint32) *randomReader {
	if seed == 0 {
		seed = 1
	}
	return &randomReader{state: seed, left: n}
}

func (r *randomReader) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	if len(r.ready) == 0 {
		r.refill()
	}
	n := copy(p, r.ready)
	if int64(n) > r.left {
		n = int(r.left)
	}
	r.ready = r.ready[n:]
	r.left -= int64(n)
	return n, nil
}

func (r *randomReader) refill() {
	x := r.state
	for i := 0; i < len(r.block); i += 4 {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		binary.LittleEndian.PutUint32(r.block[i:], x)
	}
	r.state = x
	r.ready = r.block[:]
}
