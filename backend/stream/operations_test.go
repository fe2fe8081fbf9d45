package stream

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"hangar/backend/event"
	"hangar/backend/operation"
)

func (s *site) begin(operationType string) operation.ID {
	s.t.Helper()
	id, err := s.operations.Create(s.ctx(), operationType, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return id
}

func (s *site) report(id operation.ID, reports ...operation.Report) {
	s.t.Helper()
	if err := s.operations.Report(s.ctx(), id, reports...); err != nil {
		s.t.Error(err)
	}
}

func line(text string) *operation.Log { return &operation.Log{Level: "info", Message: text} }

// event reads the next event of the operations socket as "event_type message".
func (c *client) event() string {
	c.t.Helper()
	f := c.next()
	data := f["data"].(map[string]any)
	if f["operation_id"] == nil || f["timestamp"].(float64) < 1e9 || len(f["event_id"].(string)) != 36 || f.position() == 0 || len(f) != 6 {
		c.t.Errorf("frame: %v", f)
	}
	return fmt.Sprint(f["event_type"], " ", data["message"])
}

// asks sends a command and reads the answer, which is the next frame.
func (c *client) asks(command string) object {
	c.t.Helper()
	c.send(command)
	f := c.next()
	data, ok := f["data"].(map[string]any)
	if !ok || f["event_type"] == nil || f["timestamp"] == nil || f["position"] != nil {
		c.t.Fatalf("%s is answered by %v", command, f)
	}
	for name, v := range data { // the same once more
		if fmt.Sprint(f[name]) != fmt.Sprint(v) {
			c.t.Errorf("%s: %v beside data %v", name, f[name], data)
		}
	}
	return f
}

func (s *site) dialOperations(query string) *client {
	s.t.Helper()
	c := s.dial("/operations" + query)
	f := c.next()
	data := f["data"].(map[string]any)
	if f["event_type"] != "connected" || f["operation_id"] != "system" || f["timestamp"].(float64) < 1e9 || data["client_id"].(float64) < 1 || data["message"] != "Connected to Hangar" {
		s.t.Errorf("the first frame: %v", f)
	}
	if _, err := time.Parse(timestamp, data["timestamp"].(string)); err != nil {
		s.t.Error(err)
	}
	return c
}

func TestAnOperationAsTheGuideTellsIt(t *testing.T) {
	s := newSite(t)
	c, other := s.dialOperations(""), s.dialOperations("")
	id := s.begin("code_generation")
	s.append(started("math")) // which is none of theirs
	s.report(id, &operation.Progress{Progress: 0.5, Message: "Generating code...", Details: json.RawMessage(`{"lines_generated":42}`)})
	s.report(id, &operation.Status{Status: "processing", Message: "m"}, line("l"))
	s.report(id, &operation.Result{Result: json.RawMessage(`{"ok":true}`)})
	failing := s.begin("failing")
	s.report(failing, &operation.Failure{Error: "no", ErrorType: "ValueError"})
	for _, c := range []*client{c, other} {
		for i, want := range []string{
			`status {"details":{"metadata":{},"operation_type":"code_generation"},"message":"","status":"running"}`,
			`progress {"details":{"lines_generated":42},"message":"Generating code...","progress":0.5}`,
			`status {"details":{},"message":"m","status":"processing"}`,
			`log {"level":"info","message":"l"}`,
			`result {"result":{"ok":true}}`,
			`completed {"status":"completed"}`,
			`status {"details":{"metadata":{},"operation_type":"failing"},"message":"","status":"running"}`,
			`error {"error":"no","error_type":"ValueError"}`,
		} {
			f := c.next()
			data := f["data"].(map[string]any)
			if f["event_type"] == "completed" && data["duration"].(float64) < 0 {
				t.Errorf("frame: %v", f)
			}
			delete(data, "duration")
			told, err := json.Marshal(data)
			if got := fmt.Sprint(f["event_type"], " ", string(told)); got != want || err != nil {
				t.Errorf("%s, want %s", got, want)
			}
			if which := map[bool]operation.ID{true: id, false: failing}[i < 6]; f["operation_id"] != string(which) || len(f) != 6 {
				t.Errorf("frame: %v", f)
			}
		}
	}
}

func TestCommandsNarrowWhatAClientIsTold(t *testing.T) {
	s := newSite(t)
	c := s.dialOperations("")
	a, b := s.begin("a"), s.begin("b")
	c.event()
	c.event()
	if f := c.asks(fmt.Sprintf(`{"command":"subscribe","operation_id":%q}`, a)); f["status"] != "subscribed" || f["operation_id"] != string(a) || f["event_type"] != "subscribed" {
		t.Errorf("answer: %v", f)
	}
	s.report(b, line("b1"))
	s.report(a, line("a1"))
	if got := c.event(); got != "log a1" {
		t.Errorf("told %s", got)
	}
	c.asks(fmt.Sprintf(`{"command":"subscribe","operation_id":%q}`, b))
	s.report(b, line("b2"))
	if got := c.event(); got != "log b2" {
		t.Errorf("told %s", got)
	}
	if f := c.asks(fmt.Sprintf(`{"command":"unsubscribe","operation_id":%q}`, a)); f["status"] != "unsubscribed" {
		t.Errorf("answer: %v", f)
	}
	s.report(a, line("a2"))
	s.report(b, line("b3"))
	if got := c.event(); got != "log b3" {
		t.Errorf("told %s", got)
	}
	if f := c.asks(`{"command":"monitor"}`); f["status"] != "monitoring" {
		t.Errorf("answer: %v", f)
	}
	s.report(a, line("a3"))
	if got := c.event(); got != "log a3" {
		t.Errorf("told %s", got)
	}
	c.asks(fmt.Sprintf(`{"command":"unsubscribe","operation_id":%q}`, a)) // from all: nothing is left
	s.report(a, line("a4"))
	s.at(s.log.Head()) // offered to nobody, before the command
	c.asks(`{"command":"monitor"}`)
	s.report(a, line("a5"))
	if got := c.event(); got != "log a5" {
		t.Errorf("told %s", got)
	}
}

func TestTheFirstCommandEndsAllOperations(t *testing.T) {
	s := newSite(t)
	c := s.dialOperations("")
	c.asks(`nonsense`)
	c.asks(`{"command":"sing"}`) // no commands
	id := s.begin("a")
	if got := c.event(); got != "status " {
		t.Errorf("told %s", got)
	}
	c.asks(`{"command":"get_stats"}`)
	s.report(id, line("unheard"))
	s.at(s.log.Head())
	c.asks(fmt.Sprintf(`{"command":"subscribe","operation_id":%q}`, id))
}

func TestAnswers(t *testing.T) {
	s := newSite(t, func(l *limits) { l.messages = 1000 })
	c, other := s.dialOperations(""), s.dialOperations("")
	a, b := s.begin("a"), s.begin("b")
	s.report(a, &operation.Result{Result: json.RawMessage(`1`)})
	for range 4 {
		c.next()
	}
	other.send(fmt.Sprintf(`{"command":"subscribe","operation_id":%q}`, a))
	s.until("it is subscribed", func() bool {
		n, err := s.hub.OperationStats(t.Context(), nil)
		return err == nil && n.Subscriptions == 1
	})
	f := c.asks(fmt.Sprintf(`{"command":"get_operation","operation_id":%q}`, a))
	o := f["operation"].(map[string]any)
	if o["operation_id"] != string(a) || o["operation_type"] != "a" || o["status"] != "completed" || o["progress"] != 1.0 || o["event_count"] != 3.0 || fmt.Sprint(o["metadata"]) != "map[]" {
		t.Errorf("operation: %v", o)
	}
	f = c.asks(`{"command":"get_operation","operation_id":"nobody"}`)
	if o, there := f["operation"]; o != nil || !there {
		t.Errorf("an unknown one: %v", f)
	}
	f = c.asks(`{"command":"get_operations"}`)
	if all := f["operations"].([]any); len(all) != 2 || all[0].(map[string]any)["operation_id"] != string(b) {
		t.Errorf("operations: %v", f)
	}
	f = c.asks(`{"command":"get_stats"}`)
	if got := fmt.Sprint(f["stats"]); got != "map[active_operations:1 connected_clients:2 subscriptions:1 total_operations:2]" {
		t.Errorf("stats: %s", got)
	}
	for text, says := range map[string]string{
		`{"command":"sing"}`: `unknown command "sing"`, `{}`: "the command is missing", `[]`: "JSON object", `{"command":`: "JSON object", "": "JSON object",
		`{"command":"subscribe"}`: "needs an operation_id", `{"command":"get_operation","operation_id":7}`: "JSON object",
		`{"command":"subscribe","operation_id":"` + strings.Repeat("x", maxEntry+1) + `"}`: "needs an operation_id",
	} {
		if f := c.asks(text); !strings.Contains(fmt.Sprint(f["error"]), says) || f["event_type"] != "refused" {
			t.Errorf("%s: %v", text, f)
		}
	}
}

func TestSubscriptionsHaveALimit(t *testing.T) {
	s := newSite(t, func(l *limits) { l.messages = 1000 })
	c := s.dialOperations("")
	for i := range maxSubscriptions {
		c.asks(fmt.Sprintf(`{"command":"subscribe","operation_id":"%d"}`, i))
	}
	if f := c.asks(`{"command":"subscribe","operation_id":"one more"}`); !strings.Contains(fmt.Sprint(f["error"]), "limit") {
		t.Errorf("answer: %v", f)
	}
	if f := c.asks(`{"command":"subscribe","operation_id":"0"}`); f["status"] != "subscribed" {
		t.Errorf("the same again: %v", f)
	}
}

// With all of it in the queue the answer is still the next frame, and what is not wanted any more does not follow.
func TestTheAnswerComesBeforeWhatIsQueued(t *testing.T) {
	s := newSite(t)
	c := s.dialOperations("")
	filled := s.stuff(c, "a")
	c.send(`{"command":"subscribe","operation_id":"b"}`)
	s.until("the command is here", func() bool { return s.waiting() == 1 })
	events := 0
	f := c.next()
	for ; f["event_type"] == "log"; f = c.next() { // what was on its way
		events++
	}
	if f["event_type"] == "warning" { // lost before the command came
		t.Errorf("the answer comes first: %v", f)
	}
	if f["event_type"] != "subscribed" || events >= filled {
		t.Errorf("after %d of %d events: %v", events, filled, f)
	}
	s.offer("b", "b1")
	if f := c.next(); f["operation_id"] != "b" && f["event_type"] != "warning" {
		t.Errorf("then: %v", f)
	}
}

// stuff offers events until the client's socket is full and its queue holds many.
func (s *site) stuff(c *client, id string) (n int) {
	s.t.Helper()
	var one *conn
	s.hub.mu.Lock()
	for each := range s.hub.all {
		one = each
	}
	s.hub.mu.Unlock()
	s.until("the queue holds many", func() bool {
		s.offer(id, strings.Repeat("x", 20_000))
		n++
		one.mu.Lock()
		defer one.mu.Unlock()
		return len(one.queue.items) > 20
	})
	return n
}

// offer has the hub tell of a line that is not in the log.
func (s *site) offer(id, text string) {
	s.hub.mu.Lock()
	position := s.hub.position + 1
	s.hub.mu.Unlock()
	data := fmt.Appendf(nil, `{"operation_id":%q,"data":{"level":"info","message":%q}}`, id, text)
	s.hub.offer([]event.Envelope{{Position: position, ID: "id", Kind: operation.KindLog, Stream: "operation:" + id, Data: data}})
}

// waiting counts messages that the writers have not taken yet.
func (s *site) waiting() (n int) {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	for c := range s.hub.all {
		c.mu.Lock()
		n += len(c.inbox)
		c.mu.Unlock()
	}
	return n
}

func TestALateSubscriberGetsTheHistory(t *testing.T) {
	s := newSite(t)
	id, other := s.begin("long"), s.begin("other")
	for i := range 600 {
		s.report(id, line(fmt.Sprint("a", i)))
	}
	s.report(other, line("not theirs"))
	c := s.dialOperations("")
	go func() {
		for i := range 100 {
			_ = s.operations.Report(s.ctx(), id, line(fmt.Sprint("a", 600+i))) // what fails is missing below
		}
	}()
	c.send(fmt.Sprintf(`{"command":"subscribe","operation_id":%q,"history":true}`, id))
	f := c.next()
	for ; f["status"] != "subscribed"; f = c.next() { // live ones, before the command
	}
	if got := c.event(); got != "status " {
		t.Errorf("the beginning: %s", got)
	}
	for i := range 700 {
		if got := c.event(); got != fmt.Sprint("log a", i) {
			t.Fatalf("%s, want a%d", got, i)
		}
	}
	c.asks(fmt.Sprintf(`{"command":"unsubscribe","operation_id":%q}`, id))
	c.asks(`{"command":"subscribe","operation_id":"nobody","history":true}`)
	c.asks(fmt.Sprintf(`{"command":"subscribe","operation_id":%q}`, other)) // without
	s.report(other, line("live"))
	if got := c.event(); got != "log live" {
		t.Errorf("told %s", got)
	}
}

func TestOperationsResume(t *testing.T) {
	s := newSite(t)
	a, b := s.begin("a"), s.begin("b")
	s.append(started("math"))
	s.report(a, line("a1")) // 4
	s.report(b, line("b1"))
	c := s.dialOperations("?since=3")
	for _, want := range []string{"log a1", "log b1"} {
		if got := c.event(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	s.report(a, line("a2"))
	if got := c.event(); got != "log a2" {
		t.Errorf("told %s", got)
	}
	f := s.dialOperations("?since=900").next()
	if f["event_type"] != "reset" || f["type"] != "reset" || f["head"] != 6.0 || f["data"].(map[string]any)["store_id"] != s.db.StoreID() {
		t.Errorf("beyond the log: %v", f)
	}
}

func TestASlowReaderOfOperationsIsWarned(t *testing.T) {
	s := newSite(t)
	c := s.dialOperations("")
	s.stuff(c, "a")
	for range 100 {
		s.offer("a", strings.Repeat("x", 20_000))
	}
	f := c.next()
	for ; f["event_type"] == "log"; f = c.next() {
	}
	if data := f["data"].(map[string]any); f["event_type"] != "warning" || f["code"] != "messages_dropped" || data["dropped"] != f["dropped"] || f["timestamp"] == nil {
		t.Errorf("warning: %v", f)
	}
}
