package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// log is stderr, safe to read while the server writes.
type log struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// connect serves, and gives the official client's session with the server.
func connect(t *testing.T, options *sdk.ClientOptions) (*sdk.ClientSession, *log) {
	t.Helper()
	serverIn, clientOut := io.Pipe()
	clientIn, serverOut := io.Pipe()
	errw := &log{}
	served := make(chan error, 1)
	go func() {
		defer func() { _ = serverOut.Close() }()
		served <- Serve(context.Background(), serverIn, serverOut, errw)
	}()
	client := sdk.NewClient(&sdk.Implementation{Name: "tester", Version: "1"}, options)
	session, err := client.Connect(t.Context(), &sdk.IOTransport{Reader: clientIn, Writer: clientOut}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = session.Close()
		_ = clientOut.Close()
		if err := <-served; err != nil {
			t.Errorf("served: %v", err)
		}
	})
	return session, errw
}

func TestTheOfficialClient(t *testing.T) {
	session, errw := connect(t, nil)
	if got := session.InitializeResult(); got.ProtocolVersion != "2025-11-25" || got.ServerInfo.Name != "hangar-demo" {
		t.Errorf("initialize: %+v", got)
	}
	if err := session.Ping(t.Context(), nil); err != nil {
		t.Error(err)
	}
	list, err := session.ListTools(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, tool := range list.Tools {
		names = append(names, tool.Name)
		if tool.Title == "" || tool.Description == "" || tool.Annotations == nil || !tool.Annotations.ReadOnlyHint || !tool.Annotations.IdempotentHint {
			t.Errorf("tool %+v", tool)
		}
	}
	if want := []string{"add", "subtract", "multiply", "divide", "slow", "fail", "echo"}; !slices.Equal(names, want) {
		t.Errorf("tools %v, want %v", names, want)
	}
	// The client checks the structured result against the output schema.
	result, err := session.CallTool(t.Context(), &sdk.CallToolParams{Name: "divide", Arguments: map[string]any{"a": 7, "b": 2}})
	if err != nil || fmt.Sprint(result.StructuredContent) != "map[result:3.5]" {
		t.Errorf("7 / 2 = %+v, %v", result, err)
	}
	read, err := session.ReadResource(t.Context(), &sdk.ReadResourceParams{URI: "demo://greeting"})
	if err != nil || len(read.Contents) != 1 || read.Contents[0].Text != greeting {
		t.Errorf("resource: %+v, %v", read, err)
	}
	prompt, err := session.GetPrompt(t.Context(), &sdk.GetPromptParams{Name: "greet", Arguments: map[string]string{"name": "Ada"}})
	if err != nil || len(prompt.Messages) != 1 || !strings.Contains(prompt.Messages[0].Content.(*sdk.TextContent).Text, "Ada") {
		t.Errorf("prompt: %+v, %v", prompt, err)
	}
	if resources, err := session.ListResources(t.Context(), nil); err != nil || len(resources.Resources) != 1 {
		t.Errorf("resources: %+v, %v", resources, err)
	}
	if templates, err := session.ListResourceTemplates(t.Context(), nil); err != nil || len(templates.ResourceTemplates) != 0 {
		t.Errorf("templates: %+v, %v", templates, err)
	}
	if prompts, err := session.ListPrompts(t.Context(), nil); err != nil || len(prompts.Prompts) != 1 {
		t.Errorf("prompts: %+v, %v", prompts, err)
	}
	if said := errw.String(); !strings.HasPrefix(said, "Hangar demo server starting\n") || !strings.Contains(said, "call #1 divide") {
		t.Errorf("stderr: %s", said)
	}
}

func TestSlowStreamsProgress(t *testing.T) {
	progress := make(chan *sdk.ProgressNotificationParams, 10)
	session, _ := connect(t, &sdk.ClientOptions{
		ProgressNotificationHandler: func(_ context.Context, r *sdk.ProgressNotificationClientRequest) { progress <- r.Params },
	})
	params := &sdk.CallToolParams{Name: "slow", Arguments: map[string]any{"seconds": 0.3, "steps": 3}}
	params.SetProgressToken("token")
	answered := make(chan error, 1)
	go func() {
		_, err := session.CallTool(t.Context(), params)
		answered <- err
	}()
	for i := 1; i <= 3; i++ {
		if got := <-progress; got.Progress != float64(i) || got.Total != 3 || got.ProgressToken != "token" {
			t.Errorf("progress %d: %+v", i, got)
		}
		if i == 1 {
			select {
			case <-answered:
				t.Error("the answer came with the first step")
			default:
			}
		}
	}
	if err := <-answered; err != nil {
		t.Error(err)
	}
}

func TestCancelledByTheOfficialClient(t *testing.T) {
	session, errw := connect(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	if _, err := session.CallTool(ctx, &sdk.CallToolParams{Name: "slow", Arguments: map[string]any{"seconds": 200}}); err == nil {
		t.Error("a cancelled call has a result")
	}
	for end := time.Now().Add(5 * time.Second); !strings.Contains(errw.String(), "cancelled after"); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it runs on; stderr: %s", errw)
		}
	}
}

// serve gives the server these lines at once, and what it answers, by id.
func serve(t *testing.T, lines ...string) map[string]string {
	t.Helper()
	var out bytes.Buffer
	if err := Serve(t.Context(), strings.NewReader(strings.Join(lines, "\n")+"\n"), &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	answers := map[string]string{}
	for line := range strings.Lines(out.String()) {
		var m struct{ ID, Result, Error json.RawMessage }
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		answers[string(m.ID)] = string(m.Result) + string(m.Error)
	}
	return answers
}

func TestTools(t *testing.T) {
	for _, tt := range []struct{ name, tool, args, want string }{
		{"adding", "add", `{"a":2,"b":3}`, `{"content":[{"type":"text","text":"5"}],"structuredContent":{"result":5}}`},
		{"subtracting", "subtract", `{"a":2,"b":3}`, `"result":-1`},
		{"multiplying", "multiply", `{"a":-2,"b":0.5}`, `"result":-1`},
		{"zero is a result", "subtract", `{"a":2,"b":2}`, `"structuredContent":{"result":0}`},
		{"dividing by zero is a tool error", "divide", `{"a":2,"b":0}`, `{"content":[{"type":"text","text":"Cannot divide 2 by zero."}],"isError":true}`},
		{"a result that is no number", "multiply", `{"a":1e308,"b":1e308}`, `too large`},
		{"an argument is missing", "add", `{"a":2}`, `two numbers are needed."}],"isError":true`},
		{"no arguments at all", "add", `null`, `"isError":true`},
		{"a string is no number", "add", `{"a":"2","b":3}`, `"isError":true`},
		{"neither is null", "add", `{"a":null,"b":3}`, `"isError":true`},
		{"a number that is too large for a float", "add", `{"a":1e999,"b":3}`, `"isError":true`},
		{"echo", "echo", `{"message":"grüß \"dich\"\n"}`, `{"content":[{"type":"text","text":"grüß \"dich\"\n"}]}`},
		{"echo of nothing", "echo", `{}`, `Argument message: a string is needed.`},
		{"fail", "fail", `{}`, `"isError":true`},
		{"slow for a negative time", "slow", `{"seconds":-1}`, `Argument seconds`},
		{"slow for too long", "slow", `{"seconds":301}`, `Argument seconds`},
		{"slow in half steps", "slow", `{"steps":1.5}`, `Argument steps`},
		{"slow in no steps", "slow", `{"steps":0}`, `Argument steps`},
		{"an unknown tool", "nonsense", `{}`, `"code":-32602`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := serve(t, fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":%q,"arguments":%s}}`, tt.tool, tt.args))
			if !strings.Contains(got["1"], tt.want) {
				t.Errorf("answer %s, want %s", got["1"], tt.want)
			}
		})
	}
}

func TestProtocol(t *testing.T) {
	for _, tt := range []struct{ name, line, id, want string }{
		{"an older revision is kept", `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2024-11-05"}}`, "1", `"protocolVersion":"2024-11-05"`},
		{"an unknown one gets the newest with sessions", `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"1999-01-01"}}`, "1", `"protocolVersion":"2025-11-25"`},
		{"the modern era is not spoken", `{"jsonrpc":"2.0","id":1,"method":"server/discover"}`, "1", `-32601`},
		{"a string id", `{"jsonrpc":"2.0","id":"x","method":"ping"}`, `"x"`, `{}`},
		{"an unknown resource", `{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"demo://no"}}`, "1", `-32002`},
		{"an unknown prompt", `{"jsonrpc":"2.0","id":1,"method":"prompts/get","params":{"name":"no"}}`, "1", `-32602`},
		{"a prompt without its argument", `{"jsonrpc":"2.0","id":1,"method":"prompts/get","params":{"name":"greet"}}`, "1", `argument name is needed`},
		{"nonsense", `{"jsonrpc"`, "null", `-32700`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := serve(t, tt.line); len(got) != 1 || !strings.Contains(got[tt.id], tt.want) {
				t.Errorf("answers %v, want %s", got, tt.want)
			}
		})
	}
}

func TestNotificationsAreNotAnswered(t *testing.T) {
	if got := serve(t, `{"jsonrpc":"2.0","method":"notifications/initialized"}`, `{"jsonrpc":"2.0","method":"whatever"}`); len(got) != 0 {
		t.Errorf("answers %v", got)
	}
}

func TestSlowTakesItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		var at []time.Duration
		_, err := runTool(t.Context(), "slow", nil, func(int, int, string) { at = append(at, time.Since(begin)) })
		if err != nil || len(at) != 10 || at[0] != 500*time.Millisecond || at[9] != 5*time.Second {
			t.Errorf("reports at %v, %v", at, err)
		}
	})
}

func TestSlowForNoTime(t *testing.T) {
	result, err := runTool(t.Context(), "slow", json.RawMessage(`{"seconds":0,"steps":2}`), func(int, int, string) {})
	if err != nil || result.Content[0].Text != "Waited 0 s in 2 steps." {
		t.Errorf("%+v, %v", result, err)
	}
}

func TestTheEndOfInputEndsCalls(t *testing.T) {
	begin := time.Now()
	got := serve(t, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"slow","arguments":{"seconds":100}}}`)
	if len(got) != 0 || time.Since(begin) > 10*time.Second {
		t.Errorf("answers %v after %s", got, time.Since(begin))
	}
}

func TestTheEndOfTheContextEndsServing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	in, closer := io.Pipe()
	served := make(chan error)
	go func() { served <- Serve(ctx, in, io.Discard, io.Discard) }()
	cancel()
	if err := <-served; err != nil {
		t.Error(err)
	}
	_ = closer.Close()
}

func TestAMessageThatIsTooLong(t *testing.T) {
	err := Serve(t.Context(), strings.NewReader(strings.Repeat("x", maxFrame+1)), io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "too long") {
		t.Errorf("error %v", err)
	}
}

func FuzzReceive(f *testing.F) {
	f.Add(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"add","arguments":{"a":1,"b":2}}}`)
	f.Add(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"slow","arguments":{"seconds":1e-9},"_meta":{"progressToken":{}}}}`)
	f.Add(`{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":7}}`)
	f.Fuzz(func(t *testing.T, line string) {
		var out bytes.Buffer
		if err := Serve(t.Context(), strings.NewReader(line), &out, io.Discard); err != nil {
			return
		}
		for answer := range strings.Lines(out.String()) {
			if !json.Valid([]byte(answer)) {
				t.Errorf("not JSON: %q", answer)
			}
		}
	})
}
