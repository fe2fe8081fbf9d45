package stream

import (
	"encoding/json"
	"path"
	"strings"
	"testing"
	"time"

	"hangar/backend/event"
)

// Whatever a client says is taken or refused; what is taken keeps to the limits, and its ack can be said again.
func FuzzSubscribe(f *testing.F) {
	for _, seed := range []string{
		`{"type":"subscribe"}`, `{"type":"subscribe","event_types":["Provider*"],"provider_ids":["a"],"since":7}`, `{"mcp_server_ids":["a"]}`,
		`{"event_types":null}`, `{"type":"sing"}`, `[]`, `nonsense`, `{"type":"subscribe","since":-1}`, "{\"event_types\":[\"\xff\"]}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		s, err := parseSubscribe(message)
		if err != nil {
			if payload(refused(err.Error())) == nil {
				t.Error("a refusal without a text")
			}
			return
		}
		if len(s.filter.kinds) > maxEntries || len(s.filter.providers) > maxEntries || s.since != nil && *s.since < 0 {
			t.Errorf("taken beyond the limits: %+v", s)
		}
		s.ack.Type = "subscribe"
		again, err := parseSubscribe(must(s.ack))
		if err != nil || again.filter.key() != s.filter.key() {
			t.Errorf("the ack %s is another filter (%v)", must(s.ack), err)
		}
	})
}

// Whatever a client of the operations socket says gets one answer, a JSON object with event_type and data.
func FuzzCommand(f *testing.F) {
	for _, seed := range []string{
		`{"command":"subscribe","operation_id":"a","history":true}`, `{"command":"get_stats"}`, `{"command":"sing"}`, `{}`, `7`, `{"command":7}`, "\"\xff",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		cmd, err := parseCommand(message)
		if err == nil {
			if cmd.Command == "" || len(cmd.OperationID) > maxEntry && cmd.Command != "monitor" && !strings.HasPrefix(cmd.Command, "get_") {
				t.Errorf("taken: %+v", cmd)
			}
			return
		}
		var answer map[string]any
		frame := payload(answerFrame("refused", must(map[string]any{"error": err.Error()})))
		if json.Unmarshal(frame, &answer) != nil || answer["event_type"] != "refused" || answer["data"] == nil || answer["error"] == "" {
			t.Errorf("answer %s", frame)
		}
	})
}

// Two ways to match must agree: ours, and the standard library's where it means the same.
func FuzzWildcard(f *testing.F) {
	for _, seed := range [][2]string{{"Provider*", "ProviderStarted"}, {"*a*b*", "xaxb"}, {"", ""}, {"**", "a"}, {"a*a", "a"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, pattern, name string) {
		if strings.ContainsAny(pattern+name, `[]?\/`) {
			return // these mean something there
		}
		if want, err := path.Match(pattern, name); err == nil && wildcard(pattern, name) != want {
			t.Errorf("%q on %q: %t", pattern, name, !want)
		}
	})
}

// Whatever an event holds, its frame is one JSON object in every form.
func FuzzEncode(f *testing.F) {
	for _, seed := range []string{`{}`, `{"provider_id":"a","old_state":"cold"}`, `{"provider_id":{"a":[1,"}"]},"b":"\u0000"}`, `{"data":{"x":1}}`} {
		f.Add("ProviderStateChanged", []byte(seed))
	}
	f.Fuzz(func(t *testing.T, kind string, data []byte) {
		if !json.Valid(data) || len(data) == 0 || data[0] != '{' {
			return // the log takes nothing else
		}
		for as := range forms {
			frame := payload(newFrame(event.Envelope{Position: 1, Kind: kind, Stream: "provider:a", At: time.Unix(1, 0), Data: data}).bytes(as))
			var o map[string]json.RawMessage
			if err := json.Unmarshal(frame, &o); err != nil || o["event_type"] == nil || string(o["position"]) != "1" {
				t.Errorf("form %d of %s: %s (%v)", as, data, frame, err)
			}
		}
	})
}
