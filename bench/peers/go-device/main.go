// Command go-device is a stock field device: gorilla/websocket, hashicorp/yamux and net/http, as devices of the
// first generation use them. It dials the relay, keeps one yamux session as the client, and serves HTTP/1.1 on
// every stream that the relay opens. With -wire it is a bare yamux peer in either role, for tests of the framing.
//
// It prints one JSON event a line and ends when its stdin closes or on SIGTERM, so that it never outlives its test.
package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/hashicorp/yamux"
)

// options are the flags of both modes.
type options struct {
	url        string
	token      string
	tokens     string
	count      int
	query      bool
	compress   bool
	style      string
	unbuffered bool
	oneByte    bool
	window     uint
	backlog    int
	keepAlive  time.Duration
	reconnect  bool
	retryMin   time.Duration
	retryMax   time.Duration
	parallel   int
	verbose    bool
	wire       string
	role       string
	noAccept   bool
}

func parse() options {
	var o options
	flag.StringVar(&o.url, "url", "", "tunnel address, ws://HOST:PORT/tunnel/connect")
	flag.StringVar(&o.token, "token", "", "credential of a single device")
	flag.StringVar(&o.tokens, "tokens", "", "file of credentials, one a line")
	flag.IntVar(&o.count, "count", 0, "devices to run (default: one for each token)")
	flag.BoolVar(&o.query, "query", false, "send the credential as ?token= instead of a header")
	flag.BoolVar(&o.compress, "compress", false, "offer compression of WebSocket messages")
	flag.StringVar(&o.style, "style", "hand", "how streams are served: hand (http.ReadRequest) or serve (http.Serve)")
	flag.BoolVar(&o.unbuffered, "unbuffered", false, "style hand: write answers straight to the stream, in many small frames")
	flag.BoolVar(&o.oneByte, "onebyte", false, "send every byte as its own WebSocket message")
	flag.UintVar(&o.window, "window", 256*1024, "yamux MaxStreamWindowSize in bytes")
	flag.IntVar(&o.backlog, "backlog", 256, "yamux AcceptBacklog")
	flag.DurationVar(&o.keepAlive, "keepalive", 30*time.Second, "yamux keepalive interval, 0 for none")
	flag.BoolVar(&o.reconnect, "reconnect", true, "dial again after a connection ends")
	flag.DurationVar(&o.retryMin, "retry-min", 100*time.Millisecond, "first delay before dialling again")
	flag.DurationVar(&o.retryMax, "retry-max", 30*time.Second, "largest delay before dialling again")
	flag.IntVar(&o.parallel, "parallel", 256, "devices that dial at the same time")
	flag.BoolVar(&o.verbose, "verbose", false, "print an event for every request")
	flag.StringVar(&o.wire, "wire", "", "bare yamux peer: dial, listen (WebSocket) or listen-tcp")
	flag.StringVar(&o.role, "role", "client", "yamux role of the bare peer: client or server")
	flag.BoolVar(&o.noAccept, "no-accept", false, "bare peer: never accept a stream")
	flag.Parse()
	return o
}

func (o options) yamuxConfig() *yamux.Config {
	config := yamux.DefaultConfig()
	config.MaxStreamWindowSize = uint32(o.window)
	config.AcceptBacklog = o.backlog
	config.EnableKeepAlive = o.keepAlive > 0
	if config.EnableKeepAlive {
		config.KeepAliveInterval = o.keepAlive
	}
	config.LogOutput = io.Discard
	if o.verbose {
		config.LogOutput = os.Stderr
	}
	return config
}

func (o options) credentials() ([]string, error) {
	tokens := []string{o.token}
	if o.tokens != "" {
		text, err := os.ReadFile(o.tokens)
		if err != nil {
			return nil, err
		}
		tokens = strings.Fields(string(text))
	}
	if o.count > len(tokens) {
		return nil, fmt.Errorf("%d devices need as many tokens, there are %d", o.count, len(tokens))
	}
	if o.count > 0 {
		tokens = tokens[:o.count]
	}
	return tokens, nil
}

func main() {
	o := parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	commands := make(chan string)
	go readCommands(commands, stop)
	var err error
	if o.wire != "" {
		err = runWire(ctx, o, commands)
	} else {
		err = runFleet(ctx, o, commands)
	}
	if err != nil {
		emit(event{Event: "fatal", Error: err.Error()})
		os.Exit(1)
	}
}

// readCommands passes on the lines of stdin, which ends when the parent process ends.
func readCommands(commands chan<- string, stop func()) {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		commands <- lines.Text()
	}
	stop()
}
