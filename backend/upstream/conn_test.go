package upstream

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"hangar/backend/mcp"
	"hangar/backend/provider"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// double is a provider at the other end of two pipes, scripted by the test.
type double struct {
	t     *testing.T
	lines *bufio.Scanner
	out   io.WriteCloser
}

func inSession(o *Options) { o.Protocol = provider.ProtocolSession }

// converse opens a conversation with a double.
func converse(t *testing.T, change ...func(*Options)) (*Conn, *double) {
	t.Helper()
	fromUs, toDouble := io.Pipe()
	fromDouble, toUs := io.Pipe()
	o := Options{Name: "hangar", Version: "test", Log: slog.New(slog.DiscardHandler)}
	for _, c := range change {
		c(&o)
	}
	c := Open(toDouble, fromDouble, o)
	d := &double{t: t, lines: bufio.NewScanner(fromUs), out: toUs}
	t.Cleanup(func() {
		c.Close()
		d.out.Close()
		fromUs.Close()
		c.Wait()
	})
	return c, d
}

func (d *double) next() mcp.Message {
	d.t.Helper()
	if !d.lines.Scan() {
		d.t.Fatal("the client wrote nothing more")
	}
	m, err := mcp.Parse([]byte(d.lines.Text()))
	if err != nil {
		d.t.Fatalf("the client wrote %q: %v", d.lines.Text(), err)
	}
	return m
}

func (d *double) say(format string, args ...any) {
	d.t.Helper()
	if _, err := fmt.Fprintf(d.out, format+"\n", args...); err != nil {
		d.t.Fatal(err)
	}
}

type outcome struct {
	result json.RawMessage
	err    error
}

func request(ctx context.Context, c *Conn, method, params string, progress func(json.RawMessage)) <-chan outcome {
	done := make(chan outcome, 1)
	go func() {
		r, err := c.Request(ctx, plain(method, json.RawMessage(params), progress))
		done <- outcome{r, err}
	}()
	return done
}

func TestNoiseOnStdoutCostsACounterAndNotTheConnection(t *testing.T) {
	c, d := converse(t)
	done := request(t.Context(), c, "tools/call", `{"name":"x"}`, nil)
	id := d.next().ID
	d.say("Welcome to my server!")
	d.say(`{"half":`)
	d.say(`{"jsonrpc":"2.0","id":999,"result":{}}`)
	d.say(`{"jsonrpc":"2.0","id":"%s","result":{}}`, id) // a string, where we sent a number
	d.say("\xef\xbb\xbf{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":{\"n\":9007199254740993,\"ext\":[ ]}}\r", id)
	got := <-done
	if got.err != nil || string(got.result) != `{"n":9007199254740993,"ext":[ ]}` {
		t.Fatalf("%s, %v", got.result, got.err)
	}
	if n := c.Counts(); n.Garbage != 2 || n.UnknownID != 2 {
		t.Errorf("%+v", n)
	}
}

func TestABatchIsTakenApart(t *testing.T) {
	c, d := converse(t)
	done := request(t.Context(), c, "ping", `{}`, nil)
	d.say(`[{"jsonrpc":"2.0","method":"notifications/message","params":{}},{"jsonrpc":"2.0","id":%s,"result":{}}]`, d.next().ID)
	if got := <-done; got.err != nil {
		t.Fatal(got.err)
	}
}

func TestProgressComesInOrderAndBeforeTheResult(t *testing.T) {
	c, d := converse(t)
	var seen []string
	done := request(t.Context(), c, "tools/call", `{"name":"x","_meta":{"progressToken":"theirs","k":1}}`, func(p json.RawMessage) {
		n, _ := mcp.Get(p, "progress")
		seen = append(seen, string(n))
	})
	m := d.next()
	if token, _ := mcp.Get(m.Params, "_meta", "progressToken"); string(token) != string(m.ID) {
		t.Fatalf("the token is not ours: %s", m.Params)
	}
	if _, kept := mcp.Get(m.Params, "_meta", "k"); !kept {
		t.Fatalf("the rest of _meta is lost: %s", m.Params)
	}
	for i := range 5 {
		d.say(`{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":%s,"progress":%d}}`, m.ID, i)
	}
	d.say(`{"jsonrpc":"2.0","id":%s,"result":{}}`, m.ID)
	if got := <-done; got.err != nil {
		t.Fatal(got.err)
	}
	if strings.Join(seen, "") != "01234" {
		t.Errorf("%v", seen)
	}
}

func TestASlowCallerLosesTheOldestProgressAndHoldsNobodyUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, d := converse(t)
		var last string
		n := 0
		slow := request(t.Context(), c, "tools/call", `{}`, func(p json.RawMessage) {
			time.Sleep(time.Minute)
			raw, _ := mcp.Get(p, "progress")
			last = string(raw)
			n++
		})
		m := d.next()
		for i := range 1000 {
			d.say(`{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":%s,"progress":%d}}`, m.ID, i)
		}
		begun := time.Now()
		quick := request(t.Context(), c, "ping", `{}`, nil)
		d.say(`{"jsonrpc":"2.0","id":%s,"result":{}}`, d.next().ID)
		if got := <-quick; got.err != nil || time.Since(begun) > time.Second {
			t.Fatalf("a neighbour waited %s: %v", time.Since(begun), got.err)
		}
		d.say(`{"jsonrpc":"2.0","id":%s,"result":{}}`, m.ID)
		if got := <-slow; got.err != nil {
			t.Fatal(got.err)
		}
		if last != "999" || n > keptNotes+1 {
			t.Errorf("%d reports, the last %s", n, last)
		}
	})
}

func TestCancellationReachesTheProvider(t *testing.T) {
	c, d := converse(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	done := request(ctx, c, "tools/call", `{}`, nil)
	id := d.next().ID
	cancel(errors.New("the user went away"))
	if got := <-done; got.err == nil || got.err.Error() != "the user went away" {
		t.Fatalf("%v", got.err)
	}
	m := d.next()
	named, _ := mcp.Get(m.Params, "requestId")
	if m.Method != "notifications/cancelled" || string(named) != string(id) {
		t.Fatalf("%+v", m)
	}
	d.say(`{"jsonrpc":"2.0","id":%s,"result":{}}`, id) // too late: counted, harmless
	next := request(t.Context(), c, "ping", `{}`, nil)
	d.say(`{"jsonrpc":"2.0","id":%s,"result":{}}`, d.next().ID)
	if got := <-next; got.err != nil || c.Counts().UnknownID != 1 {
		t.Fatalf("%v %+v", got.err, c.Counts())
	}
}

func TestTheProvidersOwnRequests(t *testing.T) {
	_, d := converse(t)
	d.say(`{"jsonrpc":"2.0","id":"a","method":"ping"}`)
	if m := d.next(); string(m.ID) != `"a"` || string(m.Result) != `{}` {
		t.Errorf("ping: %+v", m)
	}
	d.say(`{"jsonrpc":"2.0","id":7,"method":"sampling/createMessage","params":{}}`)
	m := d.next()
	if e := mcp.ParseError(m.Error); e.Code != mcp.CodeMethodNotFound || !strings.Contains(e.Message, "sampling/createMessage") {
		t.Errorf("sampling: %+v", m)
	}
}

func TestAnOversizedFrameFailsTheCallThatItAnswers(t *testing.T) {
	c, d := converse(t, func(o *Options) { o.FrameLimit = 1000 })
	big := request(t.Context(), c, "tools/call", `{}`, nil)
	bigID := d.next().ID
	small := request(t.Context(), c, "ping", `{}`, nil)
	smallID := d.next().ID
	d.say(`{"jsonrpc":"2.0","id":%s,"result":{"x":"%s"}}`, bigID, strings.Repeat("y", 200_000))
	d.say(`{"jsonrpc":"2.0","id":%s,"result":{}}`, smallID)
	if got := <-big; got.err == nil || !strings.Contains(got.err.Error(), "larger than the limit") || !strings.Contains(string(mcp.ParseError(got.err.(*mcp.Error).Raw).Data), `"type":"AnswerTooLargeError"`) {
		t.Errorf("%v", got.err)
	}
	if got := <-small; got.err != nil || c.Counts().Oversized != 1 {
		t.Errorf("%v %+v", got.err, c.Counts())
	}
}

func TestAnAnswerThatBreaksTheRulesFailsItsCall(t *testing.T) {
	c, d := converse(t)
	for name, line := range map[string]string{
		"a result and an error": `{"jsonrpc":"2.0","id":%s,"result":{},"error":{"code":1,"message":"no"}}`,
		"no version":            `{"id":%s,"result":{}}`,
		"a method and a result": `{"jsonrpc":"2.0","id":%s,"method":"ping","result":{}}`,
	} {
		call := request(t.Context(), c, "tools/call", `{}`, nil)
		d.say(line, d.next().ID)
		if got := <-call; got.err == nil || !strings.Contains(got.err.Error(), "the provider's answer cannot be used: ") {
			t.Errorf("%s: %v", name, got.err)
		}
	}
	// What only resembles one, a line of a log, ends nothing.
	call := request(t.Context(), c, "tools/call", `{}`, nil)
	id := d.next().ID
	d.say(`{"level":"info","id":%s}`, id)
	d.say(`{"jsonrpc":"2.0","id":%s,"result":{}}`, id)
	if got := <-call; got.err != nil {
		t.Error(got.err)
	}
}

func TestTheEndWakesEverybody(t *testing.T) {
	c, d := converse(t)
	var waiting []<-chan outcome
	for range 10 {
		waiting = append(waiting, request(t.Context(), c, "tools/call", `{}`, nil))
		d.next()
	}
	d.out.Close()
	for _, w := range waiting {
		if got := <-w; !errors.Is(got.err, ErrClosed) {
			t.Errorf("%v", got.err)
		}
	}
	if _, err := c.Request(t.Context(), plain("ping", nil, nil)); !errors.Is(err, ErrClosed) {
		t.Errorf("afterwards: %v", err)
	}
}

func TestAnErrorAndANonsenseResultAreToldApart(t *testing.T) {
	c, d := converse(t)
	refused := request(t.Context(), c, "tools/call", `{}`, nil)
	d.say(`{"jsonrpc":"2.0","id":%s,"error":{"code":-32602,"message":"no","data":{"x":1}}}`, d.next().ID)
	var e *mcp.Error
	if got := <-refused; !errors.As(got.err, &e) || e.Code != -32602 || string(e.Data) != `{"x":1}` {
		t.Errorf("%v", got.err)
	}
	odd := request(t.Context(), c, "tools/call", `{}`, nil)
	d.say(`{"jsonrpc":"2.0","id":%s,"result":[1]}`, d.next().ID)
	var bad *BadAnswerError
	if got := <-odd; !errors.As(got.err, &bad) {
		t.Errorf("%v", got.err)
	}
}

func TestHandshakeThenEveryPage(t *testing.T) {
	c, d := converse(t, inSession)
	go func() {
		m := d.next()
		d.say(`{"jsonrpc":"2.0","id":%s,"result":{"protocolVersion":"2025-06-18","capabilities":{"tools":{},"prompts":{}},"serverInfo":{"name":"s"},"instructions":"hi"}}`, m.ID)
		d.next() // initialized
		d.say(`{"jsonrpc":"2.0","id":%s,"result":{"tools":[{"name":"b","x":1e400},{"name":"a"},{"noname":1}],"nextCursor":""}}`, d.next().ID)
		m = d.next()
		if cursor, ok := mcp.GetString(m.Params, "cursor"); !ok || cursor != "" {
			d.t.Errorf("an empty cursor is a cursor: %s", m.Params)
		}
		d.say(`{"jsonrpc":"2.0","id":%s,"result":{"tools":[{"name":"c"},{"name":"a","again":true}]}}`, m.ID)
		d.say(`{"jsonrpc":"2.0","id":%s,"error":{"code":-32601,"message":"no prompts after all"}}`, d.next().ID)
	}()
	hello, err := c.Handshake(t.Context())
	if err != nil || hello.ProtocolVersion != "2025-06-18" || hello.Instructions != "hi" {
		t.Fatalf("%+v, %v", hello, err)
	}
	got, err := c.Catalogue(t.Context(), hello)
	if err != nil || len(got) != 3 || got[0].Kind != provider.Tool {
		t.Fatalf("%s, %v", got, err)
	}
	if string(got[0].Raw) != `{"name":"b","x":1e400}` || got[1].Name != "a" || got[2].Name != "c" {
		t.Errorf("%s", got)
	}
}

func TestPagesThatNeverEndAreRefused(t *testing.T) {
	c, d := converse(t)
	go func() {
		for range 2 {
			d.say(`{"jsonrpc":"2.0","id":%s,"result":{"tools":[],"nextCursor":"again"}}`, d.next().ID)
		}
	}()
	if _, err := c.Catalogue(t.Context(), Hello{}); err == nil || !strings.Contains(err.Error(), "repeats a cursor") {
		t.Fatalf("%v", err)
	}
}

func TestAnUnofferedVersionIsRefused(t *testing.T) {
	c, d := converse(t, inSession)
	go func() {
		d.say(`{"jsonrpc":"2.0","id":%s,"result":{"protocolVersion":"1999-01-01","capabilities":{}}}`, d.next().ID)
	}()
	if _, err := c.Handshake(t.Context()); err == nil || !strings.Contains(err.Error(), "1999-01-01") {
		t.Fatalf("%v", err)
	}
}

func TestProbeFallsBackToTheList(t *testing.T) {
	c, d := converse(t)
	go func() {
		d.say(`{"jsonrpc":"2.0","id":%s,"error":{"code":-32601,"message":"what is ping"}}`, d.next().ID)
		m := d.next()
		if m.Method != "tools/list" {
			d.t.Errorf("fell back to %s", m.Method)
		}
		d.say(`{"jsonrpc":"2.0","id":%s,"result":{"tools":[]}}`, m.ID)
	}()
	if err := c.Probe(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestOfLinesThatAreNoMessagesTheFirstAreShown(t *testing.T) {
	var shown []string
	var more int
	c, d := converse(t, inSession, func(o *Options) {
		o.Strange = func(line string, last bool) {
			shown = append(shown, line)
			if last {
				more++
			}
		}
	})
	for i := range 30 {
		d.say("Listening, line %d %s", i, strings.Repeat("x", 500))
	}
	_ = d.out.Close()
	<-c.Done()
	if len(shown) != strangeLines || more != 1 || !strings.HasPrefix(shown[0], "Listening, line 0 xxx") || len(shown[0]) != strangeBytes {
		t.Errorf("%d shown, the last of them announced %d times: %.40q", len(shown), more, shown)
	}
	if got := c.counts.garbage.Load(); got != 30 {
		t.Errorf("%d counted", got)
	}
}
