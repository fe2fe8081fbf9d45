package mcptest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

type mode struct {
	name    string
	prepare func(d *double)
}

// modes are described in the package's documentation.
func modes() []mode {
	return []mode{
		{"good", func(*double) {}},
		{"banner-stdout", bannerStdout},
		{"garbage-stdout", garbageStdout},
		{"half-frame", halfFrame},
		{"crlf", func(d *double) {
			d.write = func(line []byte) { _, _ = os.Stdout.Write(append(line, "\r\n"...)) }
		}},
		{"batch", func(d *double) {
			d.write = func(line []byte) { _, _ = fmt.Fprintf(os.Stdout, "[%s]\n", line) }
		}},
		{"huge-line", hugeLine},
		{"flood-stderr", floodStderr},
		{"wrong-id", wrongID},
		{"on-request", onRequest},
		{"null-id", func(d *double) {
			d.handlers["tools/call"] = func(d *double, m message) {
				d.send(message{ID: []byte("null"), Error: rpcError(-32603, "whose was it?")})
			}
		}},
		{"double-answer", func(d *double) {
			d.handlers["tools/call"] = func(d *double, m message) {
				callTool(d, m)
				d.result(m.ID, map[string]any{"content": text("the second answer")})
			}
		}},
		{"server-request", func(d *double) { d.handlers["tools/call"] = askClient }},
		{"progress-flood", progressFlood},
		{"bad-schema", func(d *double) { d.tools = brokenTools() }},
		{"growing-tools", growingTools},
		{"slow-start", func(d *double) { time.Sleep(time.Duration(d.number(0, 1000)) * time.Millisecond) }},
		{"hang-init", hang("initialize", "server/discover")},
		{"hang-list", hang("tools/list")},
		{"hang-call", hang("tools/call")},
		{"hang-ping", hang("ping")},
		{"stop-reading", func(d *double) {
			d.handlers["initialize"] = func(d *double, m message) { answerInitialize(d, m); forever() }
		}},
		{"exit-now", func(d *double) {
			fmt.Fprintln(os.Stderr, "fatal: cannot start: the configuration is missing")
			os.Exit(d.number(0, 1))
		}},
		{"exit-mid-call", exitMidCall},
		{"dies-after-n", diesAfter},
		{"close-stdin", func(d *double) {
			d.handlers["tools/call"] = func(*double, message) { _ = syscall.Close(0) }
			d.onEOF = forever
		}},
		{"close-stdout", func(d *double) {
			d.handlers["tools/call"] = func(*double, message) { _ = syscall.Close(1) }
		}},
		{"ignore-term", func(d *double) {
			signal.Ignore(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
			d.onEOF = forever
		}},
		{"fork-hold", forkHold},
		{"fork-daemon", forkDaemon},
		{"dump-env", func(d *double) { d.dumps(func() any { return os.Environ() }) }},
		{"dump-fds", func(d *double) { d.dumps(func() any { return descriptors() }) }},
		{"dump-walls", func(d *double) { d.dumps(walls) }},
	}
}

// forever waits without ever ending. A bare select would be a deadlock to the runtime.
func forever() {
	for {
		time.Sleep(time.Hour)
	}
}

func hang(methods ...string) func(*double) {
	return func(d *double) {
		for _, m := range methods {
			d.handlers[m] = func(*double, message) {}
		}
	}
}

func bannerStdout(d *double) {
	d.raw([]byte("=== Very Friendly Server 3.1 ===\nlistening on stdio\n\n"))
}

func garbageStdout(d *double) {
	garbage := []string{
		"DEBUG handling request\n", "\n", "   \n", "{\"jsonrpc\":\"2.0\",\n", "null\n", "42\n", "\"text\"\n", "[]\n", "{}\n",
		"\xef\xbb\xbf\n", "\xff\xfe\x00\x01\n", "{\"level\":\"info\",\"msg\":\"json log\"}\n", "}{\n", "\x1b[31mred\x1b[0m\n",
		"{\"jsonrpc\":\"2.0\",\"id\":{},\"result\":{}}\n", "{\"jsonrpc\":\"1.0\",\"id\":1}\n",
	}
	pause := time.Duration(d.number(0, 2)) * time.Millisecond
	d.raw([]byte(strings.Join(garbage, "")))
	go func() {
		for i := 0; ; i++ {
			d.raw([]byte(garbage[i%len(garbage)]))
			time.Sleep(pause)
		}
	}()
}

// halfFrame cuts each message so that a reader sees incomplete JSON, and an incomplete character where there is one.
func halfFrame(d *double) {
	pause := time.Duration(d.number(0, 20)) * time.Millisecond
	d.write = func(line []byte) {
		line = append(line, '\n')
		first, second := len(line)/3, len(line)-1
		if at := bytes.IndexFunc(line, func(r rune) bool { return r > 0x7f }); at > 0 {
			first = at + 1
		}
		for _, part := range [][]byte{line[:first], line[first:second], line[second:]} {
			_, _ = os.Stdout.Write(part)
			time.Sleep(pause)
		}
	}
}

func hugeLine(d *double) {
	size := d.number(0, 32<<20)
	d.handlers["tools/call"] = func(d *double, m message) {
		if bytes.Contains(m.Params, []byte(`"echo"`)) {
			callTool(d, m)
			return
		}
		d.huge(m.ID, size)
	}
}

// huge answers with one line of so many bytes.
func (d *double) huge(id json.RawMessage, size int) {
	d.out.Lock()
	defer d.out.Unlock()
	head := fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":{"content":[{"type":"text","text":"`, id)
	tail := "\"}]}}\n"
	_, _ = os.Stdout.WriteString(head)
	fill := bytes.Repeat([]byte("x"), 64<<10)
	for left := size - len(head) - len(tail) + 1; left > 0; left -= len(fill) {
		_, _ = os.Stdout.Write(fill[:min(left, len(fill))])
	}
	_, _ = os.Stdout.WriteString(tail)
}

func floodStderr(d *double) {
	n := d.number(0, 0)
	go func() {
		for i := 1; n == 0 || i <= n; i++ {
			line := fmt.Sprintf("%010d ", i)
			_, _ = os.Stderr.WriteString(line + strings.Repeat("y", 1023-len(line)) + "\n")
		}
	}()
}

func wrongID(d *double) {
	d.handlers["tools/call"] = func(d *double, m message) {
		m.ID = encode("not-" + strings.Trim(string(m.ID), `"`))
		callTool(d, m)
	}
}

func progressFlood(d *double) {
	n := d.number(0, 10000)
	d.handlers["tools/call"] = func(d *double, m message) {
		var c call
		decode(m.Params, &c)
		for i := 1; i <= n; i++ {
			d.progress(c.Meta.ProgressToken, i, n)
		}
		callTool(d, m)
	}
}

func growingTools(d *double) {
	d.handlers["tools/call"] = func(d *double, m message) {
		d.mu.Lock()
		name := fmt.Sprintf("grown%d", len(d.tools)-len(goodTools())+1)
		d.tools = append(d.tools, tool(name, "Was not there before.", map[string]string{}))
		d.mu.Unlock()
		callTool(d, m)
		d.notify("notifications/tools/list_changed", struct{}{})
	}
}

func exitMidCall(d *double) {
	code := d.number(0, 3)
	d.handlers["tools/call"] = func(*double, message) {
		fmt.Fprint(os.Stderr, "Traceback (most recent call last):\n  File \"server.py\", line 7, in call\nRuntimeError: out of cheese\n")
		os.Exit(code)
	}
}

func diesAfter(d *double) {
	n := d.number(0, 1)
	d.handlers["tools/call"] = func(d *double, m message) {
		callTool(d, m)
		d.mu.Lock()
		n--
		last := n <= 0
		d.mu.Unlock()
		if last {
			fmt.Fprintln(os.Stderr, "fatal: that was enough")
			os.Exit(4)
		}
	}
}
