package mcptest

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

func decode(b []byte, v any) { _ = json.Unmarshal(b, v) }

// askClient turns the tables: before it answers a call it sends requests of its own.
func askClient(d *double, m message) {
	questions := []struct {
		method string
		params any
	}{
		{"ping", struct{}{}},
		{"roots/list", struct{}{}},
		{"sampling/createMessage", map[string]any{
			"maxTokens": 16,
			"messages":  []any{map[string]any{"role": "user", "content": map[string]any{"type": "text", "text": "hello"}}},
		}},
		{"elicitation/create", map[string]any{
			"message":         "your name?",
			"requestedSchema": map[string]any{"type": "object", "properties": map[string]any{"name": map[string]any{"type": "string"}}},
		}},
	}
	answers := map[string]any{}
	for i, q := range questions {
		answers[q.method] = d.ask(fmt.Sprintf("ask-%s-%d", strings.Trim(string(m.ID), `"`), i), q.method, q.params)
	}
	d.result(m.ID, map[string]any{"content": text(string(encode(answers))), "structuredContent": answers})
}

// ask waits up to five seconds for the client's answer: its result, its error, or "no answer".
func (d *double) ask(name, method string, params any) any {
	id := encode(name)
	ch := make(chan message, 1)
	d.mu.Lock()
	d.asked[string(id)] = ch
	d.mu.Unlock()
	d.send(message{ID: id, Method: method, Params: encode(params)})
	select {
	case m := <-ch:
		return map[string]any{"result": m.Result, "error": m.Error}
	case <-time.After(5 * time.Second):
		return "no answer"
	}
}

// brokenTools are what bad servers list. Only echo is right.
func brokenTools() []map[string]any {
	deep := any(map[string]any{"type": "string"})
	for range 200 {
		deep = map[string]any{"type": "object", "properties": map[string]any{"p": deep}}
	}
	return []map[string]any{
		tool("echo", "Gives the message back.", map[string]string{"message": "string"}),
		{"name": "no-schema", "description": "Has no inputSchema."},
		{"name": "string-schema", "inputSchema": "object"},
		{"name": "null-schema", "inputSchema": nil},
		{"name": "number-type", "inputSchema": map[string]any{"type": 7}},
		{"name": "self-reference", "inputSchema": map[string]any{"type": "object", "$ref": "#"}},
		{"name": "foreign-reference", "inputSchema": map[string]any{"type": "object", "$ref": "http://169.254.169.254/latest"}},
		{"name": "deep", "inputSchema": deep},
		{"name": "", "inputSchema": map[string]any{"type": "object"}},
		{"name": "has spaces/and slash \u202e", "inputSchema": map[string]any{"type": "object"}},
		{"name": 7, "inputSchema": map[string]any{"type": "object"}},
		{"name": "echo", "description": "A second tool of the same name.", "inputSchema": map[string]any{"type": "object"}},
		{"name": "number-description", "description": 7, "inputSchema": map[string]any{"type": "object"}},
		{"description": "Has no name.", "inputSchema": map[string]any{"type": "object"}},
	}
}

// dumps replaces the tools by one that tells something about this process.
func (d *double) dumps(what func() any) {
	d.tools = []map[string]any{tool("dump", "Tells something about the process.", map[string]string{})}
	d.handlers["tools/call"] = func(d *double, m message) {
		d.result(m.ID, map[string]any{"content": text(string(encode(what())))})
	}
}

// descriptors are the open ones, without those that the runtime made for itself (they close on exec, so nobody can have
// handed them to us).
func descriptors() map[string]string {
	fds := map[string]string{}
	for fd := range 1024 {
		target, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd))
		if err != nil {
			continue
		}
		flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
		if err == nil && flags&unix.FD_CLOEXEC != 0 {
			continue
		}
		fds[strconv.Itoa(fd)] = target
	}
	return fds
}

// sleeper is the mode of grandchildren: it does nothing for ten minutes, whatever it is told.
const sleeper = "sleeper"

func sleep() int {
	time.Sleep(10 * time.Minute) // an end, so that a failing test does not leave it for ever
	return 0
}

// grandchild makes a sleeper of this program.
func grandchild() *exec.Cmd {
	self, err := os.Executable()
	if err != nil {
		fmt.Fprintln(os.Stderr, "mcptest:", err)
		os.Exit(70)
	}
	cmd := exec.Command(self)
	cmd.Env = append(slices.DeleteFunc(os.Environ(), func(kv string) bool {
		return strings.HasPrefix(kv, EnvMode+"=")
	}), EnvMode+"="+sleeper)
	return cmd
}

func start(cmd *exec.Cmd) {
	if err := cmd.Start(); err != nil {
		fmt.Fprintln(os.Stderr, "mcptest:", err)
		os.Exit(70)
	}
}

func forkHold(d *double) {
	fork := func() {
		child := grandchild()
		child.Stdin, child.Stdout, child.Stderr = os.Stdin, os.Stdout, os.Stderr
		start(child)
		fmt.Fprintf(os.Stderr, "grandchild %d\n", child.Process.Pid)
		os.Exit(0)
	}
	if !d.has("call") {
		fork()
	}
	d.handlers["tools/call"] = func(*double, message) { fork() }
}

func forkDaemon(d *double) {
	child := grandchild()
	child.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if d.has("hold") {
		child.Stdin, child.Stdout, child.Stderr = os.Stdin, os.Stdout, os.Stderr
	}
	if d.has("bare") {
		child.Env = []string{EnvMode + "=" + sleeper}
	}
	start(child)
	fmt.Fprintf(os.Stderr, "daemon %d\n", child.Process.Pid)
}

// ToolNames are the names that the mode good lists, sorted.
func ToolNames() []string {
	names := map[string]bool{}
	for _, t := range goodTools() {
		names[t["name"].(string)] = true
	}
	return slices.Sorted(maps.Keys(names))
}
