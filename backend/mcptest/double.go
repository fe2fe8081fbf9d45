package mcptest

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"sync"
)

// message is any JSON-RPC message, the way encoding/json reads it.
type message struct {
	JSONRPC string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id,omitempty"`
	Method  string          `json:"method,omitempty"`
	Params  json.RawMessage `json:"params,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   json.RawMessage `json:"error,omitempty"`
}

// handler answers one message, by itself.
type handler func(d *double, m message)

// running is a call that is not answered yet.
type running struct {
	ctx    context.Context
	cancel context.CancelFunc
}

// double is a server on stdio whose behaviour a mode may bend.
type double struct {
	mode     string
	args     []string
	handlers map[string]handler // by method; tools/call runs in a goroutine of its own, the others in order
	write    func(line []byte)  // writes one message; called under out
	onEOF    func()

	out sync.Mutex

	mu      sync.Mutex
	counts  map[string]int
	running map[string]running      // calls by id
	asked   map[string]chan message // our own requests by id
	tools   []map[string]any
}

func newDouble(mode string, args []string) *double {
	d := &double{
		mode: mode, args: args,
		counts:  map[string]int{},
		running: map[string]running{},
		asked:   map[string]chan message{},
		tools:   goodTools(),
		onEOF:   func() {},
	}
	d.write = func(line []byte) { _, _ = os.Stdout.Write(append(line, '\n')) }
	d.handlers = map[string]handler{
		"initialize":                answerInitialize,
		"notifications/initialized": func(*double, message) {},
		"notifications/cancelled":   cancelCall,
		"ping":                      func(d *double, m message) { d.result(m.ID, struct{}{}) },
		"tools/list":                listTools,
		"tools/call":                callTool,
	}
	return d
}

// serve reads until the end of input.
func (d *double) serve() int {
	in := bufio.NewReaderSize(os.Stdin, 64<<10)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			d.onEOF()
			return 0
		}
		var m message
		if json.Unmarshal(line, &m) != nil {
			d.send(message{ID: json.RawMessage("null"), Error: rpcError(-32700, "parse error")})
			continue
		}
		d.dispatch(m)
	}
}

func (d *double) dispatch(m message) {
	if m.Method == "" {
		d.mu.Lock()
		answer := d.asked[string(m.ID)]
		delete(d.asked, string(m.ID))
		d.mu.Unlock()
		if answer != nil {
			answer <- m
		}
		return
	}
	d.mu.Lock()
	d.counts[m.Method]++
	d.mu.Unlock()
	switch handle, ok := d.handlers[m.Method]; {
	case ok && m.Method == "tools/call":
		d.begin(m.ID) // in the reading goroutine: a cancellation right behind the call must find it
		go func() {
			defer d.end(m.ID)
			handle(d, m)
		}()
	case ok:
		handle(d, m)
	case m.ID != nil:
		d.send(message{ID: m.ID, Error: rpcError(-32601, "method not found: "+m.Method)})
	}
}

func (d *double) begin(id json.RawMessage) {
	ctx, cancel := context.WithCancel(context.Background())
	d.mu.Lock()
	defer d.mu.Unlock()
	d.running[string(id)] = running{ctx, cancel}
}

func (d *double) end(id json.RawMessage) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if call, ok := d.running[string(id)]; ok { // gone if the client used the id twice at a time
		call.cancel()
		delete(d.running, string(id))
	}
}

func (d *double) send(m message) {
	m.JSONRPC = "2.0"
	line, err := json.Marshal(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "mcptest:", err)
		os.Exit(70)
	}
	d.out.Lock()
	defer d.out.Unlock()
	d.write(line)
}

func (d *double) result(id json.RawMessage, v any) {
	d.send(message{ID: id, Result: encode(v)})
}

func (d *double) notify(method string, params any) {
	d.send(message{Method: method, Params: encode(params)})
}

// raw writes bytes that are no message between the messages.
func (d *double) raw(b []byte) {
	d.out.Lock()
	defer d.out.Unlock()
	_, _ = os.Stdout.Write(b)
}

// number is an argument of the mode.
func (d *double) number(at, otherwise int) int {
	if at < len(d.args) {
		if n, err := strconv.Atoi(d.args[at]); err == nil {
			return n
		}
	}
	return otherwise
}

func (d *double) has(arg string) bool {
	for _, a := range d.args {
		if a == arg {
			return true
		}
	}
	return false
}

func encode(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		fmt.Fprintln(os.Stderr, "mcptest:", err)
		os.Exit(70)
	}
	return b
}

func rpcError(code int, text string) json.RawMessage {
	return encode(map[string]any{"code": code, "message": text})
}
