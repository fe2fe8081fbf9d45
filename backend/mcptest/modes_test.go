package mcptest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// peer talks to a double without any of the code that the doubles are there to test.
type peer struct {
	t      *testing.T
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	lines  chan string // closed at the end of stdout
	errMu  sync.Mutex
	stderr bytes.Buffer
}

func (p *peer) Write(b []byte) (int, error) {
	p.errMu.Lock()
	defer p.errMu.Unlock()
	if p.stderr.Len() < 1<<20 {
		p.stderr.Write(b)
	}
	return len(b), nil
}

func (p *peer) said() string {
	p.errMu.Lock()
	defer p.errMu.Unlock()
	return p.stderr.String()
}

func run(t *testing.T, mode string, args ...string) *peer {
	t.Helper()
	command, env := Command(t, mode, args...)
	p := &peer{t: t, cmd: exec.Command(command[0], command[1:]...), lines: make(chan string, 100000)}
	for k, v := range env {
		p.cmd.Env = append(p.cmd.Env, k+"="+v)
	}
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p.cmd.Stderr = p
	p.cmd.WaitDelay = 100 * time.Millisecond
	stdin, err := p.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.stdin = stdin
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		defer close(p.lines)
		in := bufio.NewReader(stdout)
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				return
			}
			p.lines <- line
		}
	}()
	t.Cleanup(func() {
		_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
		_ = p.cmd.Wait()
		<-read
		for line := range strings.Lines(p.said()) {
			var daemon int
			if n, _ := fmt.Sscanf(line, "daemon %d\n", &daemon); n == 1 {
				_ = syscall.Kill(daemon, syscall.SIGKILL)
			}
		}
	})
	return p
}

func (p *peer) send(text string) {
	p.t.Helper()
	if _, err := io.WriteString(p.stdin, text+"\n"); err != nil {
		p.t.Fatalf("send: %v", err)
	}
}

func (p *peer) call(id int, tool, arguments string) {
	p.t.Helper()
	p.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":%q,"arguments":%s,"_meta":{"progressToken":"t%d"}}}`, id, tool, arguments, id))
}

// line is the next line as it came; "" at the end of stdout.
func (p *peer) line() string {
	p.t.Helper()
	select {
	case l := <-p.lines:
		return l
	case <-time.After(10 * time.Second):
		p.t.Fatalf("no line; stderr: %.500s", p.said())
		return ""
	}
}

func (p *peer) quiet() {
	p.t.Helper()
	select {
	case l, open := <-p.lines:
		p.t.Errorf("unexpected line %q, open %v", l, open)
	case <-time.After(100 * time.Millisecond):
	}
}

func (p *peer) message() (m message) {
	p.t.Helper()
	line := p.line()
	if err := json.Unmarshal([]byte(line), &m); err != nil {
		p.t.Fatalf("no message: %.200q", line)
	}
	return m
}

// text is the text of a tool result.
func (m message) text(t *testing.T) string {
	t.Helper()
	var r struct {
		Content []struct{ Text string }
	}
	if err := json.Unmarshal(m.Result, &r); err != nil || len(r.Content) == 0 {
		t.Fatalf("no tool result: id %s result %.200s error %s", m.ID, m.Result, m.Error)
	}
	return r.Content[0].Text
}

// exit closes stdin and gives the exit code.
func (p *peer) exit() int {
	_ = p.stdin.Close()
	return p.wait()
}

// wait gives the exit code of a double that ends by itself: -1 when it did not and was killed.
func (p *peer) wait() int {
	timer := time.AfterFunc(10*time.Second, func() { _ = p.cmd.Process.Kill() })
	defer timer.Stop()
	_ = p.cmd.Wait()
	return p.cmd.ProcessState.ExitCode()
}

const initialize = `{"jsonrpc":"2.0","id":"init","method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}`

func TestEveryModeIsInTheDocumentation(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	var documented []string
	for _, row := range regexp.MustCompile(`(?m)^//\t([a-z-]+) {2,}|^//\t(good|double-answer|progress-flood|garbage-stdout|server-request) +`).FindAllStringSubmatch(string(doc), -1) {
		documented = append(documented, row[1]+row[2])
	}
	documented = slices.DeleteFunc(documented, func(s string) bool { return s == "mode" })
	modes := Modes()
	slices.Sort(documented)
	slices.Sort(modes)
	if !slices.Equal(documented, modes) {
		t.Errorf("documented: %v\nmodes:      %v", documented, modes)
	}
}

// Modes that keep the protocol, each in its own way of writing.
func TestWellBehaved(t *testing.T) {
	for _, tt := range []struct{ mode, arg string }{
		{"good", ""}, {"flood-stderr", "1000"}, {"slow-start", "50"}, {"half-frame", "1"}, {"crlf", ""}, {"hang-ping", ""}, {"ignore-term", ""},
		{"fork-daemon", ""}, {"huge-line", "1000"},
	} {
		t.Run(tt.mode, func(t *testing.T) {
			p := run(t, tt.mode, tt.arg)
			p.send(initialize)
			if m := p.message(); string(m.ID) != `"init"` || !bytes.Contains(m.Result, []byte(`"protocolVersion":"2025-06-18"`)) {
				t.Fatalf("initialize: %s", m.Result)
			}
			p.send(`{"jsonrpc":"2.0","method":"notifications/initialized"}`)
			var names []string
			pages := 0
			for cursor := "{}"; cursor != ""; pages++ {
				p.send(`{"jsonrpc":"2.0","id":1,"method":"tools/list","params":` + cursor + `}`)
				var page struct {
					Tools      []struct{ Name string }
					NextCursor string
				}
				if err := json.Unmarshal(p.message().Result, &page); err != nil {
					t.Fatal(err)
				}
				for _, tool := range page.Tools {
					names = append(names, tool.Name)
				}
				if cursor = ""; page.NextCursor != "" {
					cursor = fmt.Sprintf(`{"cursor":%q}`, page.NextCursor)
				}
			}
			if slices.Sort(names); pages != 3 || !slices.Equal(names, ToolNames()) {
				t.Errorf("%d pages: %v", pages, names)
			}
			p.call(2, "echo", `{"message":"grüß dich"}`)
			if got := p.message().text(t); got != "grüß dich" {
				t.Errorf("echo: %q", got)
			}
		})
	}
}

func TestGood(t *testing.T) {
	p := run(t, "good")
	p.send(`{"jsonrpc":"2.0","id":1,"method":"ping"}`)
	if m := p.message(); string(m.Result) != "{}" {
		t.Errorf("ping: %s", m.Result)
	}
	p.send(`{"jsonrpc":"2.0","id":2,"method":"server/discover"}`)
	if m := p.message(); !bytes.Contains(m.Error, []byte("-32601")) {
		t.Errorf("server/discover: %s", m.Error)
	}
	p.send(`not json`)
	if m := p.message(); !bytes.Contains(m.Error, []byte("-32700")) {
		t.Errorf("nonsense: %s", m.Error)
	}
	p.call(3, "add", `{"a":1.5,"b":2}`)
	if got := p.message().text(t); got != "3.5" {
		t.Errorf("add: %s", got)
	}
	p.call(4, "fail", `{}`)
	if m := p.message(); !bytes.Contains(m.Result, []byte(`"isError":true`)) {
		t.Errorf("fail: %s", m.Result)
	}
	p.call(5, "big", `{"bytes":100000}`)
	if got := p.message().text(t); len(got) != 100000 {
		t.Errorf("big: %d bytes", len(got))
	}
	p.call(6, "nonsense", `{}`)
	if m := p.message(); !bytes.Contains(m.Error, []byte("-32602")) {
		t.Errorf("unknown tool: %s", m.Error)
	}
	p.send(`{"jsonrpc":"2.0","id":7,"method":"tools/list","params":{"cursor":"nonsense"}}`)
	if m := p.message(); !bytes.Contains(m.Error, []byte("-32602")) {
		t.Errorf("unknown cursor: %s", m.Error)
	}
	p.call(8, "count", `{}`)
	if got := p.message().text(t); !strings.Contains(got, `"ping":1`) || !strings.Contains(got, `"tools/call":5`) {
		t.Errorf("count: %s", got)
	}
	if code := p.exit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func TestSlowReportsProgressAndCanBeCancelled(t *testing.T) {
	p := run(t, "good")
	p.call(1, "slow", `{"ms":30,"steps":3}`)
	for i := 1; i <= 3; i++ {
		m := p.message()
		if m.Method != "notifications/progress" || !bytes.Contains(m.Params, fmt.Appendf(nil, `"progress":%d,"progressToken":"t1","total":3`, i)) {
			t.Errorf("progress %d: %s %s", i, m.Method, m.Params)
		}
	}
	if m := p.message(); string(m.ID) != "1" {
		t.Errorf("result: %s", m.ID)
	}
	p.call(2, "slow", `{"ms":60000}`)
	p.send(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":2}}`)
	p.call(3, "add", `{}`)
	if m := p.message(); string(m.ID) != "3" {
		t.Errorf("after the cancellation: %s", m.ID)
	}
	p.quiet()
}

func TestHanging(t *testing.T) {
	for mode, request := range map[string]string{
		"hang-init": initialize,
		"hang-list": `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`,
		"hang-call": `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"add"}}`,
		"hang-ping": `{"jsonrpc":"2.0","id":1,"method":"ping"}`,
	} {
		t.Run(mode, func(t *testing.T) {
			p := run(t, mode)
			p.send(request)
			p.quiet()
			p.send(`{"jsonrpc":"2.0","id":2,"method":"prompts/list"}`)
			if m := p.message(); string(m.ID) != "2" {
				t.Errorf("it should answer the rest: %s", m.ID)
			}
			if code := p.exit(); code != 0 {
				t.Errorf("exit code %d", code)
			}
		})
	}
}

func TestExits(t *testing.T) {
	for _, tt := range []struct {
		mode, arg string
		answers   int
		code      int
		says      string
	}{
		{"exit-now", "", 0, 1, "configuration is missing"},
		{"exit-now", "42", 0, 42, "configuration is missing"},
		{"exit-mid-call", "", 0, 3, "RuntimeError: out of cheese\n"},
		{"dies-after-n", "", 1, 4, "that was enough"},
		{"dies-after-n", "2", 2, 4, "that was enough"},
		{"fork-hold", "call", 0, 0, "grandchild "},
		{"fork-hold", "", 0, 0, "grandchild "},
	} {
		t.Run(tt.mode+" "+tt.arg, func(t *testing.T) {
			p := run(t, tt.mode, tt.arg)
			for i := range 2 {
				// It may be gone already.
				_, _ = fmt.Fprintf(p.stdin, `{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"add","arguments":{}}}`+"\n", i)
				if i < tt.answers {
					p.message().text(t)
				}
			}
			if code := p.wait(); code != tt.code || !strings.Contains(p.said(), tt.says) {
				t.Errorf("exit code %d, stderr %q", code, p.said())
			}
		})
	}
}

func TestStdoutThatIsNotProtocol(t *testing.T) {
	t.Run("banner-stdout", func(t *testing.T) {
		p := run(t, "banner-stdout")
		if got := p.line() + p.line() + p.line(); !strings.HasPrefix(got, "=== Very Friendly") {
			t.Errorf("banner: %q", got)
		}
		p.call(1, "add", `{}`)
		p.message().text(t)
	})
	t.Run("garbage-stdout", func(t *testing.T) {
		p := run(t, "garbage-stdout", "1")
		p.call(1, "add", `{"a":1,"b":1}`)
		garbage := 0
		for line := p.line(); !strings.Contains(line, `"sum":2`); line = p.line() {
			garbage++
		}
		if p.line(); garbage < 16 {
			t.Errorf("%d lines of garbage", garbage)
		}
	})
	t.Run("batch", func(t *testing.T) {
		p := run(t, "batch")
		p.call(1, "add", `{}`)
		if got := p.line(); !strings.HasPrefix(got, `[{`) || !strings.HasSuffix(got, "}]\n") {
			t.Errorf("batch: %q", got)
		}
	})
	t.Run("crlf", func(t *testing.T) {
		p := run(t, "crlf")
		p.call(1, "add", `{}`)
		if got := p.line(); !strings.HasSuffix(got, "}\r\n") {
			t.Errorf("line: %q", got)
		}
	})
	t.Run("huge-line", func(t *testing.T) {
		p := run(t, "huge-line", "3000000")
		p.call(1, "add", `{}`)
		if got := p.line(); len(got) != 3000001 || !json.Valid([]byte(got)) {
			t.Errorf("%d bytes", len(got))
		}
	})
}

func TestAnswersThatAreWrong(t *testing.T) {
	for mode, ids := range map[string][]string{
		"wrong-id": {`"not-7"`}, "null-id": {"null"}, "double-answer": {"7", "7"},
	} {
		t.Run(mode, func(t *testing.T) {
			p := run(t, mode)
			p.call(7, "add", `{}`)
			for _, want := range ids {
				if line := p.line(); !strings.Contains(line, `"id":`+want) {
					t.Errorf("want id %s: %s", want, line)
				}
			}
			p.quiet()
		})
	}
}

func TestOnRequestOnlyTheCallThatAskedIsMistreated(t *testing.T) {
	p := run(t, "on-request")
	for message, want := range map[string][]string{
		"twice:":    {`"id":7,"result":{"content":[{"type":"text","text":"twice"}]}`, `"id":7,"result":{"content":[{"type":"text","text":"again"}]}`},
		"wrong-id:": {`"id":"nobody's"`}, "half:": {`{"jsonrpc":"2.0","id":7,"result":{"con`}, "garbage:": {"not a message"},
		"huge:100000": {strings.Repeat("x", 99000)}, "wait:1": {`"text":"wait"`}, "unheard-of:": {`"code":-32602`}, "hello": {`"text":"hello"`},
	} {
		p.call(7, "echo", fmt.Sprintf(`{"message":%q}`, message))
		for _, part := range want {
			if line := p.line(); !strings.Contains(line, part) {
				t.Errorf("%s: %.200s", message, line)
			}
		}
	}
	p.call(8, "echo", `{"message":"late:"}`)
	p.call(9, "add", `{"a":1,"b":2}`)
	if line := p.line(); !strings.Contains(line, `"id":9`) {
		t.Errorf("the neighbour: %s", line)
	}
	p.send(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":8}}`)
	if line := p.line(); !strings.Contains(line, `"id":8,"result"`) {
		t.Errorf("after the cancellation: %s", line)
	}
	p.call(10, "echo", `{"message":"die:5"}`)
	if line := p.line(); line != "" {
		t.Errorf("half of an answer is a line: %s", line)
	}
}

func TestServerRequest(t *testing.T) {
	p := run(t, "server-request")
	p.call(1, "add", `{}`)
	for _, method := range []string{"ping", "roots/list", "sampling/createMessage", "elicitation/create"} {
		m := p.message()
		if m.Method != method || m.ID == nil {
			t.Fatalf("asked %s %s", m.Method, m.ID)
		}
		if method == "ping" {
			p.send(`{"jsonrpc":"2.0","id":` + string(m.ID) + `,"result":{}}`)
		} else {
			p.send(`{"jsonrpc":"2.0","id":` + string(m.ID) + `,"error":{"code":-32601,"message":"no"}}`)
		}
	}
	got := p.message().text(t)
	if strings.Count(got, "-32601") != 3 || !strings.Contains(got, `"ping":{"error":null,"result":{}}`) {
		t.Errorf("answers: %s", got)
	}
}

func TestNotifications(t *testing.T) {
	p := run(t, "progress-flood", "500")
	p.call(1, "add", `{}`)
	for range 500 {
		if m := p.message(); m.Method != "notifications/progress" {
			t.Fatalf("%s %s", m.Method, m.ID)
		}
	}
	p.message().text(t)

	p = run(t, "growing-tools")
	p.call(1, "add", `{}`)
	p.message().text(t)
	if m := p.message(); m.Method != "notifications/tools/list_changed" {
		t.Errorf("%s", m.Method)
	}
	p.send(`{"jsonrpc":"2.0","id":2,"method":"tools/list","params":{"cursor":"from-6"}}`)
	if m := p.message(); !bytes.Contains(m.Result, []byte(`"grown1"`)) {
		t.Errorf("tools: %s", m.Result)
	}
}

func TestBadSchema(t *testing.T) {
	p := run(t, "bad-schema")
	tools := 0
	for cursor := 0; cursor < 14; cursor += 2 {
		p.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":"from-%d"}}`, cursor))
		var page struct{ Tools []json.RawMessage }
		if err := json.Unmarshal(p.message().Result, &page); err != nil {
			t.Fatal(err)
		}
		tools += len(page.Tools)
	}
	if tools != 14 {
		t.Errorf("%d tools", tools)
	}
}

func TestClosedEnds(t *testing.T) {
	t.Run("close-stdout", func(t *testing.T) {
		p := run(t, "close-stdout")
		p.call(1, "add", `{}`)
		if got := p.line(); got != "" {
			t.Errorf("line %q", got)
		}
		if code := p.exit(); code != 0 {
			t.Errorf("exit code %d", code)
		}
	})
	t.Run("close-stdin", func(t *testing.T) {
		p := run(t, "close-stdin")
		p.call(1, "add", `{}`)
		for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
			if _, err := io.WriteString(p.stdin, "\n"); err != nil {
				break
			}
			if time.Now().After(end) {
				t.Fatal("its stdin stays open")
			}
		}
		if err := p.cmd.Process.Signal(syscall.Signal(0)); err != nil {
			t.Errorf("it should live: %v", err)
		}
	})
	t.Run("stop-reading", func(t *testing.T) {
		p := run(t, "stop-reading")
		p.send(initialize)
		p.message()
		p.send(`{"jsonrpc":"2.0","id":2,"method":"ping"}`)
		p.quiet()
	})
}

func TestIgnoreTerm(t *testing.T) {
	p := run(t, "ignore-term")
	p.call(1, "add", `{}`)
	p.message().text(t)
	_ = p.stdin.Close()
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	p.quiet()
	if err := p.cmd.Process.Signal(syscall.Signal(0)); err != nil {
		t.Errorf("it should live: %v", err)
	}
}

func TestForkDaemonLeavesTheGroup(t *testing.T) {
	p := run(t, "fork-daemon", "bare")
	p.call(1, "add", `{}`)
	p.message().text(t)
	var pid int
	for end := time.Now().Add(10 * time.Second); pid == 0; time.Sleep(time.Millisecond) {
		if _, err := fmt.Sscanf(p.said(), "daemon %d\n", &pid); err != nil && time.Now().After(end) {
			t.Fatalf("stderr %q", p.said())
		}
	}
	if group, err := syscall.Getpgid(pid); err != nil || group != pid {
		t.Errorf("group %d of daemon %d, %v", group, pid, err)
	}
}

func TestDumps(t *testing.T) {
	p := run(t, "dump-env")
	p.call(1, "dump", `{}`)
	if got := p.message().text(t); !strings.Contains(got, `"MCPTEST_MODE=dump-env"`) {
		t.Errorf("environment: %s", got)
	}
	p = run(t, "dump-fds")
	p.call(1, "dump", `{}`)
	if got := p.message().text(t); !strings.Contains(got, `"0":"pipe:[`) {
		t.Errorf("descriptors: %s", got)
	}
}

func TestUnknownMode(t *testing.T) {
	if code := Run("no-such-mode", nil); code != 2 {
		t.Errorf("exit code %d", code)
	}
}
