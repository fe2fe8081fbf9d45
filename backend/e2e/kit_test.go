package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// kit is a server with the operations socket's own listener, and what examples/ and the guide do with both.
type kit struct {
	*server
	socket string // ws://127.0.0.1:port
}

func serveKit(t *testing.T) kit {
	t.Helper()
	s := &server{t: t, data: t.TempDir(), done: make(chan error, 1)}
	s.cmd = exec.Command(binary, "serve", "--listen", "127.0.0.1:0", "--data", s.data)
	s.cmd.Dir = root(t)
	s.cmd.Env = append(os.Environ(), "WEBSOCKET_PORT=0")
	s.run()
	started := regexp.MustCompile(`WebSocket server started on (ws://[^"\s]+)`)
	k := kit{server: s}
	eventually(t, 5*time.Second, "the second listener says where it is", func() bool {
		if m := started.FindStringSubmatch(s.output()); m != nil {
			k.socket = m[1]
		}
		return k.socket != ""
	})
	return k
}

func (k kit) create(operationType string) string {
	k.t.Helper()
	id, _ := k.do(201, "POST", "/api/operations", map[string]any{"operation_type": operationType, "metadata": map[string]any{"for": "the kit"}})["operation_id"].(string)
	if id == "" {
		k.t.Fatal("an operation without an id")
	}
	return id
}

func (k kit) emit(id, what string, body map[string]any) {
	k.t.Helper()
	k.do(200, "POST", "/api/operations/"+id+"/"+what, body)
}

// told is an operation as the sockets and REST tell it: its frames without times.
func (k kit) told(id string) []string {
	k.t.Helper()
	var told []string
	for _, e := range k.do(200, "GET", "/api/operations/"+id+"/events", nil)["events"].([]any) {
		event := e.(map[string]any)
		data := event["data"].(map[string]any)
		delete(data, "duration")
		line, err := json.Marshal(data)
		if err != nil {
			k.t.Fatal(err)
		}
		told = append(told, fmt.Sprint(event["event_type"])+" "+string(line))
	}
	return told
}

// one gives the only operation of this type.
func (k kit) one(operationType string) (id string, all map[string]any) {
	k.t.Helper()
	var found []map[string]any
	for _, o := range k.do(200, "GET", "/api/operations?limit=500", nil)["operations"].([]any) {
		if o := o.(map[string]any); o["operation_type"] == operationType {
			found = append(found, o)
		}
	}
	if len(found) != 1 {
		k.t.Fatalf("%d operations of type %s", len(found), operationType)
	}
	return found[0]["operation_id"].(string), found[0]
}

// program is a client that prints what it sees.
type program struct {
	t     *testing.T
	cmd   *exec.Cmd
	lines chan string
	seen  []string
}

// python runs a script of the guide or of examples/ in the environment that scripts/bootstrap made.
func (k kit) python(args ...string) *program {
	k.t.Helper()
	interpreter := filepath.Join(root(k.t), ".make", "python", "bin", "python")
	if _, err := os.Stat(interpreter); err != nil {
		k.t.Fatalf("no Python with the client's package: run scripts/bootstrap (%v)", err)
	}
	return k.start(interpreter, append([]string{"-u", "-B"}, args...)...)
}

func (k kit) start(name string, args ...string) *program {
	k.t.Helper()
	p := &program{t: k.t, cmd: exec.Command(name, args...), lines: make(chan string, 1000)}
	p.cmd.Env = append(os.Environ(), "HANGAR_URL="+k.url, "HANGAR_WS_URL="+k.socket,
		"PYTHONPATH="+filepath.Join(root(k.t), "examples"), "PYTHONIOENCODING=utf-8")
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		k.t.Fatal(err)
	}
	p.cmd.Stderr = p.cmd.Stdout
	if err := p.cmd.Start(); err != nil {
		k.t.Fatal(err)
	}
	go func() {
		defer close(p.lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			p.lines <- s.Text()
		}
	}()
	k.t.Cleanup(func() {
		// It may have ended already.
		_ = p.cmd.Process.Kill()
		for range p.lines {
		}
		_ = p.cmd.Wait()
	})
	return p
}

// until reads lines until one contains this text.
func (p *program) until(text string) {
	p.t.Helper()
	patience := time.After(20 * time.Second)
	for {
		select {
		case line, ok := <-p.lines:
			if !ok {
				p.t.Fatalf("%v ended without %q:\n%s", p.cmd.Args, text, strings.Join(p.seen, "\n"))
			}
			if p.seen = append(p.seen, line); strings.Contains(line, text) {
				return
			}
		case <-patience:
			p.t.Fatalf("%v did not say %q:\n%s", p.cmd.Args, text, strings.Join(p.seen, "\n"))
		}
	}
}

// end waits for its end and gives all that it said.
func (p *program) end(wantExit int) string {
	p.t.Helper()
	stuck := time.AfterFunc(30*time.Second, func() { _ = p.cmd.Process.Kill() })
	defer stuck.Stop()
	for line := range p.lines {
		p.seen = append(p.seen, line)
	}
	said := strings.Join(p.seen, "\n")
	_ = p.cmd.Wait() // the exit code says it
	if got := p.cmd.ProcessState.ExitCode(); got != wantExit {
		p.t.Fatalf("%v: exit %d, want %d\n%s", p.cmd.Args, got, wantExit, said)
	}
	return said
}

// The guide's own clients, as they stand in it.
func TestTheGuidesPythonClients(t *testing.T) {
	k := serveKit(t)
	id, other := k.create("code_generation"), k.create("another")

	monitor := k.python("testdata/guide/monitor_operation.py", k.socket, id)
	monitor.until("Monitoring operation")
	connect := k.python("testdata/guide/connect.py", k.socket, id)
	connect.until("Event: subscribed")
	k.emit(other, "error", map[string]any{"error": "not theirs"})
	k.emit(id, "progress", map[string]any{"progress": 0.25, "message": "Generating code..."})
	k.emit(id, "result", map[string]any{"result": map[string]any{"ok": true}})
	said := monitor.end(0)
	if !strings.Contains(said, "[25%] Generating code...") || !regexp.MustCompile(`✅ Completed in \d+\.\d\ds`).MatchString(said) {
		t.Errorf("the guide's monitor said:\n%s", said)
	}
	connect.until("Event: completed - {")
	said = strings.Join(connect.seen, "\n")
	if strings.Contains(said, "not theirs") || !regexp.MustCompile(`Event: progress - \{.*'progress': 0\.25`).MatchString(said) {
		t.Errorf("the guide's client said:\n%s", said)
	}

	failing := k.create("failing")
	monitor = k.python("testdata/guide/monitor_operation.py", k.socket, failing)
	monitor.until("Monitoring operation")
	k.emit(failing, "error", map[string]any{"error": "Code validation failed", "error_type": "ValidationError"})
	if said := monitor.end(0); !strings.Contains(said, "❌ Error: Code validation failed") {
		t.Errorf("the guide's monitor said:\n%s", said)
	}
}

const pythonClient = "../../examples/websocket_client_python.py"

func TestThePythonClient(t *testing.T) {
	k := serveKit(t)
	t.Run("one operation, to its end", func(t *testing.T) {
		id := k.create("code_generation")
		p := k.python(pythonClient, id)
		p.until("code_generation: running")
		k.emit(id, "progress", map[string]any{"progress": 0.5, "message": "Halfway"})
		k.emit(id, "status", map[string]any{"status": "processing", "message": "Thinking"})
		k.emit(id, "log", map[string]any{"level": "warning", "message": "It is hot"})
		k.emit(id, "result", map[string]any{"result": "ok"})
		said := p.end(0)
		for _, want := range []string{"############------------]  50% Halfway", "status: processing Thinking", "warning: It is hot", `result: "ok"`, "completed in "} {
			if !strings.Contains(said, want) {
				t.Errorf("%q is missing in\n%s", want, said)
			}
		}
		if said := k.python(pythonClient, id).end(0); !strings.Contains(said, "code_generation: completed") {
			t.Errorf("of an operation that has ended: %s", said)
		}
	})
	t.Run("one that fails, and one that is not there", func(t *testing.T) {
		id := k.create("failing")
		p := k.python(pythonClient, id)
		p.until("failing: running")
		k.emit(id, "error", map[string]any{"error": "boom", "error_type": "ValueError"})
		if said := p.end(1); !strings.Contains(said, "failed: boom (ValueError)") {
			t.Error(said)
		}
		if said := k.python(pythonClient, "550e8400-e29b-41d4-a716-446655440000").end(1); !strings.Contains(said, "there is no operation") {
			t.Error(said)
		}
	})
	t.Run("monitor, through the main listener", func(t *testing.T) {
		p := k.python(pythonClient, "--url", "ws"+strings.TrimPrefix(k.url, "http")+"/api/ws/operations", "monitor")
		p.until("onnected")
		first, second := k.create("one"), k.create("two")
		k.emit(first, "progress", map[string]any{"progress": 0.1})
		k.emit(second, "error", map[string]any{"error": "no"})
		p.until("failed: no (UnknownError)")
		if said := strings.Join(p.seen, "\n"); !strings.Contains(said, first) || !strings.Contains(said, second) {
			t.Errorf("monitor said:\n%s", said)
		}
	})
	t.Run("stats", func(t *testing.T) {
		said := k.python(pythonClient, "stats").end(0)
		for _, want := range []string{"connected clients: ", "active operations: ", "total operations: ", "subscriptions: 0"} {
			if !strings.Contains(said, want) {
				t.Errorf("%q is missing in\n%s", want, said)
			}
		}
	})
	t.Run("interactive", func(t *testing.T) {
		id := k.create("typed")
		p := k.startTyped("subscribe "+id, "get "+id, "list", "stats", "nonsense", "unsubscribe "+id, "monitor", "quit")
		said := p.end(0)
		for _, want := range []string{`"status": "subscribed"`, `"operation_type": "typed"`, `"operations": [`, `"connected_clients"`, "Commands:"} {
			if !strings.Contains(said, want) {
				t.Errorf("%q is missing in\n%s", want, said)
			}
		}
	})
	t.Run("nobody there", func(t *testing.T) {
		if said := k.python(pythonClient, "--url", "ws://127.0.0.1:1", "stats").end(3); !strings.Contains(said, "ws://127.0.0.1:1") {
			t.Error(said)
		}
	})
}

// startTyped runs the interactive mode with these lines at its terminal, each once the answer to the one before has come.
func (k kit) startTyped(lines ...string) *program {
	k.t.Helper()
	script := filepath.Join(k.t.TempDir(), "typed")
	if err := os.WriteFile(script, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		k.t.Fatal(err)
	}
	return k.python("testdata/typed.py", script, pythonClient, "interactive")
}

// A client that was cut off goes on where it was: nothing is missing, nothing comes twice.
func TestThePythonClientComesBack(t *testing.T) {
	k := serveKit(t)
	p := k.python(pythonClient, "--url", "ws"+strings.TrimPrefix(k.url, "http")+"/api/ws/operations", "monitor")
	p.until("onnected")
	id := k.create("long")
	k.emit(id, "log", map[string]any{"level": "info", "message": "line 1."})
	p.until("line 1.")
	k.kill()

	again := &server{t: t, data: k.data, done: make(chan error, 1)}
	again.cmd = exec.Command(binary, "serve", "--listen", strings.TrimPrefix(k.url, "http://"), "--data", k.data)
	again.cmd.Dir, again.cmd.Env = root(t), append(os.Environ(), "WEBSOCKET_PORT=0")
	again.run()
	p.until("interrupted") // what ran when the server died, told to a client that was away
	next := kit{server: again}.create("next")
	kit{server: again}.emit(next, "log", map[string]any{"level": "info", "message": "line 2."})
	p.until("line 2.")
	if said := strings.Join(p.seen, "\n"); strings.Count(said, "line 1.") != 1 || !strings.Contains(said, "trying again") {
		t.Errorf("it said:\n%s", said)
	}
}
