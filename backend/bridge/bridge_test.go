package bridge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hangar/backend/fault"
	"hangar/backend/mcp"
)

func form(property string) json.RawMessage {
	return json.RawMessage(fmt.Sprintf(`{"message":"?","requestedSchema":{"type":"object","properties":{%q:{"type":"string"}}}}`, property))
}

// polite asks for a name, and gives it back.
func polite(ctx context.Context, p mcp.Peer) (json.RawMessage, error) {
	answer, err := p.Ask(ctx, mcp.MethodElicit, form("name"))
	if err != nil {
		return nil, err
	}
	return append(append(json.RawMessage(`{"got":`), answer...), '}'), nil
}

func nobody(string, json.RawMessage) {}

func TestARequestIsParkedAndResumed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lot := NewLot(Options{})
		defer lot.Close(errors.New("over"))
		o := lot.Run(t.Context(), "me", nobody, polite)
		if o.Place == "" || string(o.Wanted) != `{"user_name":{"method":"elicitation/create","params":`+string(form("name"))+`}}` || lot.Count() != 1 {
			t.Fatalf("%+v", o)
		}
		for name, answers := range map[string]string{"nothing": ``, "another key": `{"x":{}}`, "a number": `{"user_name":7}`} {
			again, err := lot.Resume(t.Context(), o.Place, json.RawMessage(answers), nobody)
			if err != nil || string(again.Wanted) != string(o.Wanted) || again.Place == o.Place {
				t.Fatalf("%s: %+v, %v", name, again, err)
			}
			if _, err := lot.Resume(t.Context(), o.Place, nil, nobody); !errors.Is(err, ErrGone) {
				t.Errorf("an old place is good again: %v", err)
			}
			o = again
		}
		end, err := lot.Resume(t.Context(), o.Place, json.RawMessage(`{"user_name":{"action":"accept"},"more":{}}`), nobody)
		if err != nil || string(end.Result) != `{"got":{"action":"accept"}}` || lot.Count() != 0 {
			t.Errorf("%+v, %v", end, err)
		}
	})
}

func TestQuestionsThatComeTogetherAreOneRound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lot := NewLot(Options{})
		defer lot.Close(errors.New("over"))
		o := lot.Run(t.Context(), "me", nobody, func(ctx context.Context, p mcp.Peer) (json.RawMessage, error) {
			var all sync.WaitGroup
			for i, method := range []string{mcp.MethodElicit, mcp.MethodSample, mcp.MethodRoots, mcp.MethodRoots} {
				all.Go(func() {
					time.Sleep(time.Duration(i) * gather / 2)
					_, _ = p.Ask(ctx, method, json.RawMessage(`{}`))
				})
			}
			all.Wait()
			return json.RawMessage(`{}`), nil
		})
		var wanted map[string]struct{ Method string }
		if err := json.Unmarshal(o.Wanted, &wanted); err != nil || len(wanted) != 4 || wanted["model"].Method != mcp.MethodSample || wanted["user_input"].Method != mcp.MethodElicit {
			t.Fatalf("%s, %v", o.Wanted, err)
		}
		answers := map[string]any{}
		for key := range wanted {
			answers[key] = struct{}{}
		}
		raw, _ := json.Marshal(answers)
		if end, err := lot.Resume(t.Context(), o.Place, raw, nobody); err != nil || string(end.Result) != `{}` {
			t.Errorf("%+v, %v", end, err)
		}
	})
}

func TestWhatIsSaidMeanwhileIsHeardLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lot := NewLot(Options{})
		defer lot.Close(errors.New("over"))
		var heard []string
		hear := func(method string, params json.RawMessage) { heard = append(heard, method+string(params)) }
		o := lot.Run(t.Context(), "me", hear, func(ctx context.Context, p mcp.Peer) (json.RawMessage, error) {
			p.Hear("a", json.RawMessage("1"))
			go func() {
				time.Sleep(time.Second)
				p.Hear("b", json.RawMessage("2"))
			}()
			r, err := polite(ctx, p)
			p.Hear("c", json.RawMessage("3"))
			return r, err
		})
		time.Sleep(2 * time.Second)
		if _, err := lot.Resume(t.Context(), o.Place, json.RawMessage(`{"user_name":{}}`), hear); err != nil || strings.Join(heard, " ") != "a1 b2 c3" {
			t.Errorf("heard %s, %v", heard, err)
		}
	})
}

func TestHowParkedRequestsEnd(t *testing.T) {
	t.Run("nobody comes back", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			lot := NewLot(Options{Patience: time.Minute})
			defer lot.Close(errors.New("over"))
			ended := make(chan error, 1)
			o := lot.Run(t.Context(), "me", nobody, func(ctx context.Context, p mcp.Peer) (json.RawMessage, error) {
				_, err := polite(ctx, p)
				ended <- err
				return nil, err
			})
			if err := <-ended; err == nil || !strings.Contains(err.Error(), "1m0s") {
				t.Errorf("ended with %v", err)
			}
			synctest.Wait()
			if _, err := lot.Resume(t.Context(), o.Place, nil, nobody); !errors.Is(err, ErrGone) {
				t.Error(err)
			}
		})
	})
	t.Run("the provider gives up, and the client comes back", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			lot := NewLot(Options{})
			defer lot.Close(errors.New("over"))
			o := lot.Run(t.Context(), "me", nobody, func(ctx context.Context, p mcp.Peer) (json.RawMessage, error) {
				ctx, cancel := context.WithTimeout(ctx, time.Second)
				defer cancel()
				_, _ = polite(ctx, p)
				return json.RawMessage(`{"late":true}`), nil
			})
			time.Sleep(time.Minute)
			if end, err := lot.Resume(t.Context(), o.Place, json.RawMessage(`{"user_name":{}}`), nobody); err != nil || string(end.Result) != `{"late":true}` {
				t.Errorf("%+v, %v", end, err)
			}
		})
	})
	t.Run("the client goes before it was parked", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			lot := NewLot(Options{})
			defer lot.Close(errors.New("over"))
			ctx, cancel := context.WithCancelCause(t.Context())
			cancel(errors.New("gone"))
			o := lot.Run(ctx, "me", nobody, func(ctx context.Context, _ mcp.Peer) (json.RawMessage, error) {
				<-ctx.Done()
				return nil, context.Cause(ctx)
			})
			if o.Err == nil || o.Err.Error() != "gone" {
				t.Error(o.Err)
			}
		})
	})
	t.Run("everything ends", func(t *testing.T) {
		lot := NewLot(Options{})
		lot.Run(t.Context(), "me", nobody, polite)
		lot.Close(errors.New("over"))
		if lot.Count() != 0 {
			t.Error("something is still parked")
		}
	})
	t.Run("there is no room", func(t *testing.T) {
		lot := NewLot(Options{PerPrincipal: 1})
		defer lot.Close(errors.New("over"))
		lot.Run(t.Context(), "me", nobody, polite)
		if o := lot.Run(t.Context(), "me", nobody, polite); !fault.Is(o.Err, fault.Limited) {
			t.Errorf("%+v", o)
		}
		if o := lot.Run(t.Context(), "you", nobody, polite); o.Place == "" {
			t.Errorf("%+v", o)
		}
	})
}

func TestAStateIsGoodForOneThing(t *testing.T) {
	keys := [][]byte{[]byte(strings.Repeat("a", 32)), []byte(strings.Repeat("b", 32))}
	ours, err := NewSealer(keys...)
	if err != nil {
		t.Fatal(err)
	}
	older, _ := NewSealer(keys[1])
	theirs, _ := NewSealer([]byte(strings.Repeat("c", 32)))
	b := Bound{"me", "mcp", Digest("tools/call", "x", json.RawMessage(`{"a":1,"b":[1e3]}`))}
	sealed := ours.Seal(State{Kind: Parked, Bound: b, Parked: "place"}, time.Minute)
	if s, err := ours.Open(sealed, b); err != nil || s.Parked != "place" {
		t.Errorf("%+v, %v", s, err)
	}
	if s, err := ours.Open(older.Seal(State{Kind: Again, Bound: b}, time.Minute), b); err != nil || s.Kind != Again {
		t.Errorf("an older key: %+v, %v", s, err)
	}
	if b.Request != Digest("tools/call", "x", json.RawMessage("{ \"b\" : [1e3],\n\"a\":1}")) {
		t.Error("how arguments are written matters")
	}
	for name, bad := range map[string]struct {
		state string
		bound Bound
	}{
		"another principal":      {sealed, Bound{"you", b.Door, b.Request}},
		"another door":           {sealed, Bound{b.Principal, "other", b.Request}},
		"another request":        {sealed, Bound{b.Principal, b.Door, Digest("tools/call", "x", json.RawMessage(`{"a":2}`))}},
		"another tool":           {sealed, Bound{b.Principal, b.Door, Digest("tools/call", "y", json.RawMessage(`{"a":1,"b":[1e3]}`))}},
		"more behind it":         {sealed + "-TAMPERED", b},
		"one bit":                {sealed[:10] + flip(sealed[10]) + sealed[11:], b},
		"nothing":                {"", b},
		"somebody else's":        {theirs.Seal(State{Bound: b}, time.Minute), b},
		"one that is over":       {ours.Seal(State{Bound: b}, -2*time.Second), b},
		"a state in a new cloth": {strings.ToUpper(sealed), b},
	} {
		if s, err := ours.Open(bad.state, bad.bound); !errors.Is(err, ErrState) {
			t.Errorf("%s: %+v, %v", name, s, err)
		}
	}
	if _, err := NewSealer(); err == nil {
		t.Error("a sealer without a key")
	}
}

func flip(c byte) string {
	if c == 'A' {
		return "B"
	}
	return "A"
}

func TestRounds(t *testing.T) {
	ask := func(_ context.Context, method string, params json.RawMessage) (json.RawMessage, error) {
		if method == mcp.MethodSample {
			return nil, mcp.Errorf(-1, "I do not sample")
		}
		return append(append(json.RawMessage(`{"to":`), params...), '}'), nil
	}
	const wantsA = `{"resultType":"input_required","inputRequests":{"a":{"method":"roots/list","params":{"n":1}},"b":{"method":"roots/list","params":{"n":2}}},"requestState":"s1"}`
	for name, c := range map[string]struct {
		says []string // by the provider, round by round
		got  string   // the request of the last round
		want string
	}{
		"an answer at once":      {[]string{`{"content":[]}`}, `{"name":"x"}`, `{"content":[]}`},
		"one round":              {[]string{wantsA, `{"content":[]}`}, `"requestState":"s1"`, `{"content":[]}`},
		"the word is missing":    {[]string{`{"inputRequests":{"a":{"method":"roots/list","params":{}}}}`, `{"content":[]}`}, `{"inputResponses":{"a":{"to":{}}},"name":"x"}`, `{"content":[]}`},
		"a state from the last":  {[]string{wantsA, `{"resultType":"input_required","inputRequests":{}}`, `{"x":1}`}, `{"inputResponses":{},"name":"x"}`, `{"x":1}`},
		"a refusal":              {[]string{`{"resultType":"input_required","inputRequests":{"a":{"method":"sampling/createMessage","params":{}}}}`}, `{"name":"x"}`, "I do not sample"},
		"nonsense":               {[]string{`{"resultType":"input_required","inputRequests":7}`}, `{"name":"x"}`, "cannot be read"},
		"only a field so called": {[]string{`{"content":[],"inputRequests":{"a":{}}}`}, `{"name":"x"}`, `{"content":[],"inputRequests":{"a":{}}}`},
	} {
		t.Run(name, func(t *testing.T) {
			n, last := 0, ""
			result, err := Rounds(t.Context(), json.RawMessage(`{"name":"x"}`), ask, func(_ context.Context, params json.RawMessage) (json.RawMessage, error) {
				last = string(params)
				n++
				return json.RawMessage(c.says[n-1]), nil
			})
			if said := string(result) + fmt.Sprint(err); !strings.Contains(said, c.want) || n != len(c.says) || !strings.Contains(last, c.got) {
				t.Errorf("%s after %d rounds, the last one %s", said, n, last)
			}
		})
	}
	n := 0
	_, err := Rounds(t.Context(), nil, ask, func(context.Context, json.RawMessage) (json.RawMessage, error) {
		n++
		return json.RawMessage(wantsA), nil
	})
	if !errors.Is(err, ErrRounds) || n != maxRounds {
		t.Errorf("%v after %d rounds", err, n)
	}
}

func TestWhatIsWantedIsToldFromWhatIsThere(t *testing.T) {
	for name, tt := range map[string]struct {
		result string
		want   bool
	}{
		"the word":                             {`{"resultType":"input_required","inputRequests":{}}`, true},
		"the other word":                       {`{"resultType":"complete","inputRequests":{}}`, false},
		"questions without the word":           {`{"inputRequests":{"a":{}}}`, true},
		"a field so called beside nothing":     {`{"content":[],"inputRequests":{"a":{}}}`, false},
		"questions and a state beside nothing": {`{"content":[],"inputRequests":{"a":{}},"requestState":"x"}`, true},
		"questions beside something":           {`{"content":[{"type":"text","text":"x"}],"inputRequests":{"a":{}}}`, false},
		"contents beside questions":            {`{"contents":[{"uri":"x"}],"inputRequests":{"a":{}}}`, false},
		"questions that are none":              {`{"inputRequests":[]}`, false},
		"nothing of it":                        {`{"content":[]}`, false},
		"no object":                            {`[]`, false},
	} {
		if got := Wants(json.RawMessage(tt.result)); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// The official Go client cannot read a question that has no parameters, which a provider may well ask.
func TestAQuestionWithoutParametersIsAskedWithEmptyOnes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lot := NewLot(Options{})
		defer lot.Close(errors.New("over"))
		o := lot.Run(t.Context(), "me", nobody, func(ctx context.Context, p mcp.Peer) (json.RawMessage, error) {
			return p.Ask(ctx, mcp.MethodRoots, nil)
		})
		if !strings.Contains(string(o.Wanted), `{"method":"roots/list","params":{}}`) {
			t.Errorf("%s", o.Wanted)
		}
	})
}
