package demo

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"hangar/backend/mcp"
)

const maxFrame = 4 << 20 // bytes of one message

// Serve answers on out what comes from in, one message per line, until the end of in or of the context. Calls that are
// running then are cancelled. When the context ends first, the goroutine that reads lives until in is closed.
func Serve(ctx context.Context, in io.Reader, out, errw io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	s := &server{out: out, errw: errw, calls: map[string]context.CancelFunc{}}
	s.say("Hangar demo server starting")
	s.say("ready: %d tools, 1 resource, 1 prompt; talk MCP on stdin", len(tools()))
	lines := make(chan []byte)
	ended := make(chan error, 1)
	go func() { ended <- read(ctx, in, lines) }()
	err := s.loop(ctx, lines, ended)
	cancel()
	s.running.Wait()
	s.say("bye")
	return err
}

// read feeds lines until the end of in; too long a line is an error.
func read(ctx context.Context, in io.Reader, lines chan<- []byte) error {
	scan := bufio.NewScanner(in)
	scan.Buffer(make([]byte, 0, 64<<10), maxFrame)
	for scan.Scan() {
		select {
		case lines <- append([]byte(nil), scan.Bytes()...):
		case <-ctx.Done():
			return nil
		}
	}
	return scan.Err()
}

type server struct {
	running sync.WaitGroup

	outMu sync.Mutex
	out   io.Writer

	errMu sync.Mutex
	errw  io.Writer

	mu     sync.Mutex
	served int
	calls  map[string]context.CancelFunc // running calls by id
}

func (s *server) loop(ctx context.Context, lines <-chan []byte, ended <-chan error) error {
	for {
		select {
		case line := <-lines:
			s.receive(ctx, line)
		case err := <-ended:
			if err != nil {
				return fmt.Errorf("read a message: %w", err)
			}
			return nil
		case <-ctx.Done():
			return nil
		}
	}
}

func (s *server) receive(ctx context.Context, line []byte) {
	m, err := mcp.Parse(line)
	switch {
	case err != nil:
		s.fail(nil, mcp.Errorf(mcp.CodeParse, "cannot read the message: %v", err))
	case m.IsRequest() && m.Method == "tools/call":
		s.startCall(ctx, m)
	case m.IsRequest():
		s.answer(m)
	case m.Method == "notifications/cancelled":
		id, _ := mcp.Get(m.Params, "requestId")
		s.mu.Lock()
		defer s.mu.Unlock()
		if cancel := s.calls[string(id)]; cancel != nil {
			cancel()
		}
	}
}

func (s *server) answer(m mcp.Message) {
	switch m.Method {
	case "initialize":
		requested, _ := mcp.GetString(m.Params, "protocolVersion")
		client, _ := mcp.GetString(m.Params, "clientInfo", "name")
		version := mcp.Negotiate(requested)
		s.say("client %q connected, protocol %s", client, version)
		s.result(m.ID, initializeResult(version))
	case "ping":
		s.result(m.ID, struct{}{})
	case "tools/list":
		s.result(m.ID, map[string]any{"tools": tools()})
	case "resources/list":
		s.result(m.ID, map[string]any{"resources": resources()})
	case "resources/templates/list":
		s.result(m.ID, map[string]any{"resourceTemplates": []any{}})
	case "resources/read":
		s.give(m.ID)(readResource(m.Params))
	case "prompts/list":
		s.result(m.ID, map[string]any{"prompts": prompts()})
	case "prompts/get":
		s.give(m.ID)(getPrompt(m.Params))
	default:
		s.fail(m.ID, mcp.Errorf(mcp.CodeMethodNotFound, "method not found: %s", m.Method))
	}
}

func (s *server) give(id json.RawMessage) func(any, *mcp.Error) {
	return func(result any, err *mcp.Error) {
		if err != nil {
			s.fail(id, err)
			return
		}
		s.result(id, result)
	}
}

// startCall runs a tool beside the reading, so that a cancellation can be read meanwhile.
func (s *server) startCall(ctx context.Context, m mcp.Message) {
	ctx, cancel := context.WithCancel(ctx)
	s.mu.Lock()
	s.served++
	number := s.served
	s.calls[string(m.ID)] = cancel
	s.mu.Unlock()
	s.running.Go(func() {
		defer func() {
			s.mu.Lock()
			delete(s.calls, string(m.ID))
			s.mu.Unlock()
			cancel()
		}()
		s.call(ctx, number, m)
	})
}

func (s *server) call(ctx context.Context, number int, m mcp.Message) {
	name, _ := mcp.GetString(m.Params, "name")
	args, _ := mcp.Get(m.Params, "arguments")
	token, _ := mcp.Get(m.Params, "_meta", "progressToken")
	begin := time.Now()
	result, err := runTool(ctx, name, args, func(done, total int, text string) {
		if token != nil {
			s.notify("notifications/progress", progress{Token: token, Progress: done, Total: total, Message: text})
		}
	})
	took := time.Since(begin).Round(10 * time.Microsecond)
	switch {
	case errors.Is(err, context.Canceled):
		s.say("call #%d %s %.200s: cancelled after %s", number, name, args, took)
		return // a cancelled request gets no answer
	case err != nil:
		s.say("call #%d %s %.200s: refused", number, name, args)
		var refused *mcp.Error
		if !errors.As(err, &refused) {
			refused = mcp.Errorf(mcp.CodeInternal, "%v", err)
		}
		s.fail(m.ID, refused)
		return
	case result.IsError:
		s.say("call #%d %s %.200s: failed: %.200s", number, name, args, result.Content[0].Text)
	default:
		s.say("call #%d %s %.200s: ok in %s", number, name, args, took)
	}
	s.result(m.ID, result)
}

type progress struct {
	Token    json.RawMessage `json:"progressToken"`
	Progress int             `json:"progress"`
	Total    int             `json:"total"`
	Message  string          `json:"message"`
}

func (s *server) result(id json.RawMessage, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		s.fail(id, mcp.Errorf(mcp.CodeInternal, "encode the result: %v", err))
		return
	}
	s.write(mcp.AppendResult(nil, id, body))
}

func (s *server) fail(id json.RawMessage, err *mcp.Error) {
	s.write(mcp.AppendError(nil, id, err))
}

func (s *server) notify(method string, v any) {
	if body, err := json.Marshal(v); err == nil {
		s.write(mcp.AppendNotification(nil, method, body))
	}
}

// write sends one message. When the other side is gone the end of in tells, so an error here says nothing new.
func (s *server) write(message []byte) {
	s.outMu.Lock()
	defer s.outMu.Unlock()
	_, _ = s.out.Write(append(message, '\n'))
}

// say is chatter for the provider's log.
func (s *server) say(format string, args ...any) {
	s.errMu.Lock()
	defer s.errMu.Unlock()
	_, _ = fmt.Fprintf(s.errw, format+"\n", args...)
}
