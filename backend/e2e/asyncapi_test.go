package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/goccy/go-yaml"
	"github.com/google/jsonschema-go/jsonschema"
)

// contract is openapi/asyncapi.yaml as something to hold frames against.
type contract struct {
	messages map[string]map[string]message // "send events" -> name of the message -> its schema
	codes    map[string][]int              // channel -> close codes
}

type asyncDocument struct {
	Channels map[string]struct {
		CloseCodes []int `yaml:"x-close-codes"`
	}
	Operations map[string]struct {
		Action   string
		Channel  map[string]string
		Messages []map[string]string
	}
	Components struct {
		Messages map[string]struct{ Payload map[string]any }
		Schemas  map[string]any
	}
}

func readContract(t *testing.T) *contract {
	t.Helper()
	text, err := os.ReadFile("../../openapi/asyncapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var doc asyncDocument
	if err := yaml.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	c := &contract{map[string]map[string]message{}, map[string][]int{}}
	for name, channel := range doc.Channels {
		c.codes[name] = channel.CloseCodes
	}
	last := func(ref map[string]string) string { return ref["$ref"][strings.LastIndex(ref["$ref"], "/")+1:] }
	mixins := map[string]bool{}
	findMixins(doc.Components.Schemas, mixins)
	defs := map[string]any{}
	for name, s := range doc.Components.Schemas {
		if defs[name] = s; !mixins[name] {
			defs[name] = tighten(s)
		}
	}
	for key, op := range doc.Operations {
		side := op.Action + " " + last(op.Channel)
		c.messages[side] = map[string]message{}
		for _, ref := range op.Messages {
			payload := doc.Components.Messages[last(ref)].Payload
			if payload == nil {
				t.Fatalf("%s: there is no message %s", key, last(ref))
			}
			c.messages[side][last(ref)] = sync.OnceValues(func() (*jsonschema.Resolved, error) {
				needed := map[string]any{}
				reach(payload, defs, needed)
				return resolved(map[string]any{"$ref": payload["$ref"], "$defs": needed})
			})
		}
	}
	return c
}

// reach collects the definitions that v refers to, and those that they refer to.
func reach(v any, defs, found map[string]any) {
	switch v := v.(type) {
	case map[string]any:
		if ref, ok := v["$ref"].(string); ok {
			if name := ref[strings.LastIndex(ref, "/")+1:]; found[name] == nil {
				found[name] = defs[name]
				reach(defs[name], defs, found)
			}
		}
		for _, inner := range v {
			reach(inner, defs, found)
		}
	case []any:
		for _, inner := range v {
			reach(inner, defs, found)
		}
	}
}

// message is the schema of a frame, made when it is asked for.
type message = func() (*jsonschema.Resolved, error)

func resolved(whole map[string]any) (*jsonschema.Resolved, error) {
	text, err := json.Marshal(whole)
	if err != nil {
		return nil, err
	}
	text = []byte(strings.ReplaceAll(string(text), `"#/components/schemas/`, `"#/$defs/`))
	var s jsonschema.Schema
	if err := json.Unmarshal(text, &s); err != nil {
		return nil, err
	}
	return s.Resolve(nil)
}

// tighten forbids what an object's schema does not name, here and below: a field that the document leaves out must fail
// the test, although a client should overlook it.
func tighten(s any) any {
	m, ok := s.(map[string]any)
	if !ok {
		return s
	}
	m = maps.Clone(m)
	if properties, ok := m["properties"].(map[string]any); ok {
		properties = maps.Clone(properties)
		for name, p := range properties {
			properties[name] = tighten(p)
		}
		m["properties"] = properties
		if _, open := m["additionalProperties"]; !open {
			m["unevaluatedProperties"] = false
		}
	}
	if items, ok := m["items"]; ok {
		m["items"] = tighten(items)
	}
	return m
}

// findMixins notes the schemas that others are made of; those stay open.
func findMixins(v any, found map[string]bool) {
	switch v := v.(type) {
	case map[string]any:
		if parts, ok := v["allOf"].([]any); ok {
			for _, part := range parts {
				ref, _ := part.(map[string]any)["$ref"].(string)
				found[ref[strings.LastIndex(ref, "/")+1:]] = true
			}
		}
		for _, inner := range v {
			findMixins(inner, found)
		}
	case []any:
		for _, inner := range v {
			findMixins(inner, found)
		}
	}
}

// match names the message that a frame is, or says why it is none.
func (c *contract) match(side string, frame []byte) (string, error) {
	var value any = string(frame) // ping and pong are text
	if len(frame) > 0 && strings.ContainsRune("{[", rune(frame[0])) {
		if err := json.Unmarshal(frame, &value); err != nil {
			return "", err
		}
	}
	names := slices.Sorted(maps.Keys(c.messages[side]))
	if o, ok := value.(map[string]any); ok { // the likely one first
		likely, _ := o["event_type"].(string)
		slices.SortStableFunc(names, func(a, b string) int {
			switch likely {
			case a:
				return -1
			case b:
				return 1
			}
			return 0
		})
	}
	var problems []error
	for _, name := range names {
		schema, err := c.messages[side][name]()
		if err != nil {
			return "", fmt.Errorf("the schema of %s: %w", name, err)
		}
		if err = schema.Validate(value); err == nil {
			return name, nil
		}
		problems = append(problems, fmt.Errorf("not %s: %w", name, err))
	}
	return "", fmt.Errorf("%s: %s is none of the document's frames: %w", side, frame, errors.Join(problems...))
}

// A document that everything fits would prove nothing.
func TestTheDocumentIsStrict(t *testing.T) {
	c := readContract(t)
	const event = `{"event_type":"GroupUpdated","event_id":"1","position":1,"timestamp":"2026-03-23T10:15:30.123456Z","changes":[]`
	for name, tt := range map[string]struct {
		side, frame, want string
	}{
		"an event":                       {"send events", event + `,"group_id":"g"}`, "GroupUpdated"},
		"a field that is not there":      {"send events", event + `}`, ""},
		"a field that it does not name":  {"send events", event + `,"group_id":"g","colour":"red"}`, ""},
		"an event that it does not name": {"send events", strings.Replace(event, "Updated", "Painted", 1) + `,"group_id":"g"}`, ""},
		"another socket's frame":         {"send state", event + `,"group_id":"g"}`, ""},
		"a time of another form":         {"send events", strings.Replace(event, "123456Z", "1Z", 1) + `,"group_id":"g"}`, ""},
		"what the client says":           {"receive events", `{"type":"subscribe"}`, "Subscribe"},
		"deep inside":                    {"receive operations", `{"command":"get_stats","since":1}`, ""},
	} {
		if got, err := c.match(tt.side, []byte(tt.frame)); got != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("%s is %q: %v", name, got, err)
		}
	}
}

// witness is a socket whose every frame, both ways, is held against the contract.
type witness struct {
	t       *testing.T
	c       *contract
	channel string
	ws      *websocket.Conn
	frames  chan string // the names of the messages that came
	ended   chan websocket.StatusCode

	mu   sync.Mutex
	seen map[string]int
}

func (c *contract) watch(t *testing.T, channel, url string) *witness {
	t.Helper()
	w := c.connect(t, channel, url)
	w.listen()
	return w
}

// connect makes a witness that does not listen yet.
func (c *contract) connect(t *testing.T, channel, url string) *witness {
	t.Helper()
	ws, _, err := websocket.Dial(t.Context(), "ws"+url[strings.Index(url, ":"):], nil)
	if err != nil {
		t.Fatalf("%s: %v", url, err)
	}
	ws.SetReadLimit(1 << 20)
	t.Cleanup(func() { _ = ws.CloseNow() }) // the server may have closed it
	return &witness{t: t, c: c, channel: channel, ws: ws, frames: make(chan string, 10_000), ended: make(chan websocket.StatusCode, 1), seen: map[string]int{}}
}

func (w *witness) listen() {
	done := make(chan struct{})
	read := make(chan []byte, 10_000) // judging a large frame takes longer than a connection may stand still
	go func() {
		defer close(read)
		for {
			_, frame, err := w.ws.Read(context.Background())
			if err != nil {
				w.ended <- websocket.CloseStatus(err)
				return
			}
			read <- frame
		}
	}()
	go func() {
		defer close(done)
		defer close(w.frames)
		for frame := range read {
			w.take(frame)
		}
	}()
	w.t.Cleanup(func() {
		_ = w.ws.CloseNow()
		<-done
	})
}

func (w *witness) take(frame []byte) {
	batch := []json.RawMessage{frame}
	if len(frame) > 0 && frame[0] == '[' {
		if err := json.Unmarshal(frame, &batch); err != nil {
			w.t.Error(err)
		}
	}
	for _, one := range batch {
		name, err := w.c.match("send "+w.channel, one)
		if err != nil {
			w.t.Error(err)
		}
		w.mu.Lock()
		w.seen[name]++
		w.mu.Unlock()
		w.frames <- name
	}
}

// until waits for a frame of this kind.
func (w *witness) until(name string) {
	w.t.Helper()
	patience := time.After(15 * time.Second)
	for {
		select {
		case got, ok := <-w.frames:
			if !ok {
				w.t.Fatalf("%s ended before %s", w.channel, name)
			}
			if got == name {
				return
			}
		case <-patience:
			w.t.Fatalf("%s: no %s came, but %v", w.channel, name, w.names())
		}
	}
}

func (w *witness) names() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Sorted(maps.Keys(w.seen))
}

// say sends a frame that the document must know, too.
func (w *witness) say(name, frame string) {
	w.t.Helper()
	if got, err := w.c.match("receive "+w.channel, []byte(frame)); err != nil || got != name {
		w.t.Errorf("%s: %s is %q: %v", w.channel, frame, got, err)
	}
	w.write(frame)
}

func (w *witness) write(frame string) {
	w.t.Helper()
	if err := w.ws.Write(w.t.Context(), websocket.MessageText, []byte(frame)); err != nil {
		w.t.Fatal(err)
	}
}

// closed checks the code that the server closed with.
func (w *witness) closed(want websocket.StatusCode) {
	w.t.Helper()
	for range w.frames {
	}
	if got := <-w.ended; got != want || !slices.Contains(w.c.codes[w.channel], int(want)) {
		w.t.Errorf("%s closed with %d, want %d; the document says %v", w.channel, got, want, w.c.codes[w.channel])
	}
}

// Every frame that the running binary sends, on every socket, is in the document, with all its fields; and every frame that
// the document says a client may send is understood.
func TestEveryFrameIsInTheDocument(t *testing.T) {
	k := serveKit(t)
	c := readContract(t)
	sockets := "ws" + strings.TrimPrefix(k.url, "http")

	events := c.watch(t, "events", sockets+"/api/ws/events?since=0")
	other := c.watch(t, "events", sockets+"/api/ws/events?since=0&vocabulary=mcp_server")
	batched := c.watch(t, "events", sockets+"/api/ws/events?since=0&batch=1")
	state := c.watch(t, "state", sockets+"/api/ws/state?since=0")
	delta := c.watch(t, "state", sockets+"/api/ws/state?mode=delta")
	logs := c.watch(t, "logs", sockets+"/api/ws/providers/demo/logs")
	operations := c.watch(t, "operations", sockets+"/api/ws/operations")
	root := c.watch(t, "operations", k.socket)
	board := c.watch(t, "board", sockets+"/ws/mcp-status")
	board.until("InitialStatus")
	operations.until("Connected")
	root.until("Connected")

	live(t, k)
	for _, w := range []*witness{events, other, batched} {
		w.until("SystemStarted")
		w.until("OperationError")
	}
	state.until("ProviderStateChanged")
	delta.until("Snapshot")
	delta.until("Delta")
	operations.until("Error")
	root.until("Error")
	board.until("StatusChange")
	logs.until("LogLine")

	for _, w := range []*witness{events, state} {
		w.say("Subscribe", `{"type":"subscribe","event_types":["Nothing*"],"provider_ids":["demo"],"mcp_server_ids":[]}`)
		w.until("Subscribed")
		w.write("not even JSON")
		w.until("Refused")
	}
	converse(t, k, operations)
	board.say("PingText", "ping")
	board.until("Pong")

	// Beyond the log: the database was replaced, or the events are gone.
	for channel, url := range map[string]string{"events": "/api/ws/events?since=999999", "logs": "/api/ws/providers/demo/logs?since=999999"} {
		c.watch(t, channel, sockets+url).until("Reset")
	}

	// Told apart, and all of them come at the end.
	events.write(strings.Repeat("x", 100<<10))
	events.closed(websocket.StatusMessageTooBig)
	k.do(200, "DELETE", "/api/providers/demo", nil)
	logs.closed(4404)
	if _, err := k.terminate(); err != nil {
		t.Error(err)
	}
	for _, w := range []*witness{other, batched, state, delta, operations, root, board} {
		w.closed(websocket.StatusServiceRestart)
	}
	unseen(t, c, events, other)
}

// Whoever does not read is told what it has lost, and the board shows itself anew. A few seconds have to do, because after
// ten without reading a connection is cut: so what happens is large. A command that does not exist is named in every account
// of it.
func TestWhoeverDoesNotReadIsWarned(t *testing.T) {
	s := serveKit(t)
	c := readContract(t)
	deaf := map[string]*witness{}
	for channel, path := range map[string]string{"events": "/api/ws/events", "state": "/api/ws/state", "operations": "/api/ws/operations", "board": "/ws/mcp-status"} {
		deaf[channel] = c.connect(t, channel, s.url+path)
	}
	command := "/nowhere" + strings.Repeat("/"+strings.Repeat("x", 200), 500)
	s.do(201, "POST", "/api/providers", map[string]any{"provider_id": "broken", "mode": "subprocess", "command": []string{command}})
	id, details := s.create("large"), map[string]any{"text": strings.Repeat("x", 60<<10)}
	for range 20 {
		request(t, http.StatusServiceUnavailable, "POST", s.url+"/api/providers/broken/start", nil)
		s.emit(id, "progress", map[string]any{"progress": 0.5, "details": details})
	}
	for _, w := range deaf { // all at once: judging what one of them has missed takes seconds
		w.listen()
	}
	for channel, warning := range map[string]string{"events": "Dropped", "state": "Dropped", "operations": "OperationsDropped", "board": "Dropped"} {
		deaf[channel].until(warning)
	}
	deaf["board"].until("InitialStatus")
}

// live makes things happen: one of each kind of event that a healthy minute has.
func live(t *testing.T, k kit) {
	t.Helper()
	k.do(201, "POST", "/api/groups", map[string]any{"group_id": "sums"})
	k.do(200, "PUT", "/api/groups/sums", map[string]any{"min_healthy": 1})
	k.do(201, "POST", "/api/groups/sums/members", map[string]any{"member_id": "demo"})
	k.do(200, "POST", "/api/providers/demo/start", nil)
	k.do(200, "POST", "/api/providers/demo/tools/add/call", map[string]any{"arguments": map[string]any{"a": 1, "b": 2}})
	k.do(200, "PUT", "/api/providers/demo", map[string]any{"description": "another one"})
	request(t, http.StatusNotFound, "POST", k.url+"/api/providers/demo/tools/nonsense/call", map[string]any{})
	k.do(200, "POST", "/api/providers/demo/stop", nil)
	k.do(201, "POST", "/api/providers", map[string]any{"provider_id": "broken", "mode": "subprocess", "command": []string{"false"}})
	request(t, http.StatusServiceUnavailable, "POST", k.url+"/api/providers/broken/start", nil)
	k.do(200, "DELETE", "/api/providers/broken", nil)
	k.do(200, "DELETE", "/api/groups/sums/members/demo", nil)
	k.do(200, "DELETE", "/api/groups/sums", nil)
	access(k)
	good, bad := k.create("good"), k.create("bad")
	k.emit(good, "progress", map[string]any{"progress": 0.5, "message": "m", "details": map[string]any{"any": 1}})
	k.emit(good, "status", map[string]any{"status": "processing"})
	k.emit(good, "log", map[string]any{"level": "info", "message": "m"})
	k.emit(good, "result", map[string]any{"result": []int{1, 2}})
	k.emit(bad, "error", map[string]any{"error": "boom"})
}

// access changes who may do what, in every way but signing in.
func access(k kit) {
	old, _ := k.do(201, "POST", "/api/auth/keys", map[string]any{"principal_id": "ada", "name": "laptop"})["key_id"].(string)
	k.do(200, "PUT", "/api/auth/principals/ada", map[string]any{"groups": []string{"devs"}})
	k.do(200, "POST", "/api/auth/keys/"+old+"/rotate", map[string]any{})
	k.do(200, "DELETE", "/api/auth/keys/"+old, nil)
	k.do(201, "POST", "/api/auth/roles", map[string]any{"role_id": "adders", "permissions": []string{"tool:invoke:demo/add"}})
	k.do(200, "PUT", "/api/auth/roles/adders", map[string]any{"permissions": []string{"tool:*:demo/add"}})
	k.do(200, "POST", "/api/auth/principals/ada/roles", map[string]any{"role_id": "adders"})
	k.do(200, "DELETE", "/api/auth/principals/ada/roles/adders", nil)
	k.do(200, "DELETE", "/api/auth/roles/adders", nil)
	k.do(200, "PUT", "/api/auth/policies/demo/add", map[string]any{"principal_id": "ada", "effect": "deny"})
	k.do(200, "DELETE", "/api/auth/policies/demo/add?principal_id=ada", nil)
	k.do(200, "DELETE", "/api/auth/principals/ada", nil)
}

// converse says every command there is.
func converse(t *testing.T, k kit, w *witness) {
	t.Helper()
	id := k.create("asked for")
	for _, c := range []struct{ name, command, answer string }{
		{"SubscribeOperation", `{"command":"subscribe","operation_id":"` + id + `"}`, "OperationSubscribed"},
		{"SubscribeOperation", `{"command":"subscribe","operation_id":"` + id + `","history":true}`, "OperationSubscribed"},
		{"UnsubscribeOperation", `{"command":"unsubscribe","operation_id":"` + id + `"}`, "OperationUnsubscribed"},
		{"Monitor", `{"command":"monitor"}`, "Monitoring"},
		{"GetOperation", `{"command":"get_operation","operation_id":"` + id + `"}`, "OperationAnswer"},
		{"GetOperation", `{"command":"get_operation","operation_id":"550e8400-e29b-41d4-a716-446655440000"}`, "OperationAnswer"},
		{"GetOperations", `{"command":"get_operations"}`, "OperationsAnswer"},
		{"GetStats", `{"command":"get_stats"}`, "StatsAnswer"},
	} {
		w.say(c.name, c.command)
		w.until(c.answer)
	}
	w.write(`{"command":"sing"}`)
	w.until("CommandRefused")
	w.write("nonsense")
	w.until("CommandRefused")
}

// unseen reports what no socket has shown: a frame of the document that this test cannot hold against anything.
func unseen(t *testing.T, c *contract, watched ...*witness) {
	t.Helper()
	rare := strings.Fields("Dropped Reset ProviderPromptsChanged ProviderResourcesChanged ToolDefinitionChanged ProviderDegraded ProviderIdleDetected ProviderAutoDisabled ProviderEnabled HealthCheckPassed " +
		"SessionStarted SessionEnded CatalogEntryAdded CatalogEntryUpdated CatalogEntryDeleted CatalogEntryDeployed CatalogMirrored ConfigurationReloaded ConfigurationReloadFailed ConfigurationBackupCreated ConfigurationRestored AccessDenied SignInFailed LockedOut RateLimited AddressBlocked " +
		"ProviderDiscovered ProviderDiscoveryLost ProviderDiscoveryConfigChanged ProviderQuarantined ProviderApproved ProviderRejected DiscoveryCycleCompleted " +
		"DiscoverySourceHealthChanged DiscoverySourceRegistered DiscoverySourceUpdated DiscoverySourceDeregistered HealthCheckFailed ToolInvocationFailed CircuitBreakerStateChanged GroupCircuitOpened GroupCircuitClosed SystemStopped")
	rare = append(rare, "BatchInvocationCompleted", "LogLevelChanged", "EventStreamCompacted", "AlertFired", "AlertResolved", "AlertAcknowledged", "AlertAcknowledgementEnded", "AlertSilenced", "AlertSilenceEnded")
	for name := range c.messages["send events"] {
		found := slices.Contains(rare, name) || slices.ContainsFunc(watched, func(w *witness) bool { return slices.Contains(w.names(), name) })
		if !found {
			t.Errorf("%s did not come: make it happen, or call it rare", name)
		}
	}
}
