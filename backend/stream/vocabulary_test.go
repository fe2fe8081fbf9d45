package stream

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"hangar/backend/event"
)

func TestAnEventInTheWordsOfBothVocabularies(t *testing.T) {
	at := time.Date(2026, 3, 23, 10, 15, 30, 123456000, time.UTC)
	for name, tt := range map[string]struct {
		stream, kind, data string
		provider, server   string // what follows the timestamp
	}{
		"a provider is an MCP server": {
			"provider:math", "ProviderStarted", `{"provider_id":"math","mode":"subprocess","tools_count":5}`,
			`ProviderStarted {"provider_id":"math","mode":"subprocess","tools_count":5}`,
			`McpServerStarted {"mcp_server_id":"math","mode":"subprocess","tools_count":5}`,
		},
		"states are upper case": {
			"provider:math", "ProviderStateChanged", `{"provider_id":"math","old_state":"cold","new_state":"initializing","reason":"cold"}`,
			`ProviderStateChanged {"provider_id":"math","old_state":"COLD","new_state":"INITIALIZING","reason":"cold"}`,
			`McpServerStateChanged {"mcp_server_id":"math","old_state":"COLD","new_state":"INITIALIZING","reason":"cold"}`,
		},
		"discovery keeps its names": {
			"provider:math", "ProviderRegistered", `{"provider_id":"math","source":"api"}`,
			`ProviderRegistered {"provider_id":"math","mcp_server_id":"math","source":"api"}`, "",
		},
		"a neutral event has both ids": {
			"provider:math", "HealthCheckPassed", `{"duration_ms":1.5,"provider_id":"math"}`,
			`HealthCheckPassed {"duration_ms":1.5,"provider_id":"math","mcp_server_id":"math"}`, "",
		},
		"breaker states stay lower case": {
			"group:g", "CircuitBreakerStateChanged", `{"group_id":"g","provider_id":"math","old_state":"closed","new_state":"open"}`,
			`CircuitBreakerStateChanged {"group_id":"g","provider_id":"math","mcp_server_id":"math","old_state":"closed","new_state":"open"}`, "",
		},
		"a group stays a group":      {"group:g", "GroupUpdated", `{"group_id":"g"}`, `GroupUpdated {"group_id":"g"}`, ""},
		"what is inside is not ours": {"system", "X", `{"a":{"provider_id":"x"}}`, `X {"a":{"provider_id":"x"}}`, ""},
		"no fields":                  {"system", "SystemStarted", `{}`, `SystemStarted {}`, ""},
		"text of all sorts":          {"provider:m", "ProviderStopped", `{"provider_id":"m","reason":"\"<&é\u2028"}`, `ProviderStopped {"provider_id":"m","reason":"\"<&é\u2028"}`, `McpServerStopped {"mcp_server_id":"m","reason":"\"<&é\u2028"}`},
	} {
		f := newFrame(event.Envelope{Position: 7, ID: "id", Stream: tt.stream, Kind: tt.kind, At: at, Data: json.RawMessage(tt.data)})
		if tt.server == "" {
			tt.server = tt.provider
		}
		for as, want := range map[form]string{providerForm: tt.provider, mcpServerForm: tt.server} {
			kind, fields, _ := strings.Cut(want, " ")
			want = fmt.Sprintf(`{"event_type":%q,"event_id":"id","position":7,"timestamp":"2026-03-23T10:15:30.123456Z"`, kind)
			if fields == "{}" {
				want += "}"
			} else {
				want += "," + fields[1:]
			}
			if got := string(payload(f.bytes(as))); got != want {
				t.Errorf("%s:\n%s, want\n%s", name, got, want)
			}
		}
	}
}

func TestRESTShowsAnEventAsItIs(t *testing.T) {
	e := event.Envelope{Position: 7, ID: "id", Kind: "ProviderStateChanged", Data: json.RawMessage(`{"provider_id":"m","new_state":"cold"}`)}
	want := `{"event_type":"ProviderStateChanged","event_id":"id","position":7,"timestamp":"0001-01-01T00:00:00.000000Z","provider_id":"m","new_state":"cold"}`
	if got := string(Encode(e)); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// The bytes of an event are made once for all sockets, and once only where both vocabularies say the same.
func TestFramesAreShared(t *testing.T) {
	f := newFrame(event.Envelope{Stream: "provider:m", Kind: "HealthCheckPassed", Data: json.RawMessage(`{"provider_id":"m"}`)})
	if a, b := f.bytes(providerForm), f.bytes(mcpServerForm); &a[0] != &b[0] {
		t.Error("a neutral event was encoded twice")
	}
	f = newFrame(event.Envelope{Stream: "provider:m", Kind: "ProviderStarted", Data: json.RawMessage(`{"provider_id":"m"}`)})
	a, b := f.bytes(mcpServerForm), f.bytes(mcpServerForm)
	if &a[0] != &b[0] || f.encoded[providerForm] != nil {
		t.Error("an event was encoded twice, or in words that nobody wants")
	}
}

func TestFiltersTakeEitherSpelling(t *testing.T) {
	for _, c := range []struct {
		pattern, kind string
		want          bool
	}{
		{"McpServerStarted", "ProviderStarted", true},
		{"ProviderStarted", "ProviderStarted", true},
		{"McpServerRegistered", "ProviderRegistered", true},
		{"Mcp*ed", "ProviderStarted", true},
		{"McpServerSt*", "ProviderStateChanged", true},
		{"McpServerSt*", "ProviderDegraded", false},
		{"McpServer*", "HealthCheckPassed", false},
		{"*", "HealthCheckPassed", true},
		{"McpServerHealthCheckPassed", "HealthCheckPassed", false},
	} {
		f := filter{kinds: []string{c.pattern}}
		if got := f.match(c.kind, "m"); got != c.want {
			t.Errorf("%s on %s: %v", c.pattern, c.kind, got)
		}
		if kinds := f.stored().Kinds; c.want && len(kinds) > 0 && kinds[len(kinds)-1] != c.kind {
			t.Errorf("%s: the log would be asked for %v", c.pattern, kinds)
		}
	}
}

func TestWhoChoosesTheVocabulary(t *testing.T) {
	for name, tt := range map[string]struct {
		query    string
		messages []string
		want     form
	}{
		"the providers' words by default":            {"", nil, providerForm},
		"asked for":                                  {"vocabulary=mcp_server", nil, mcpServerForm},
		"a name in the URL":                          {"event_type=McpServerStarted", nil, mcpServerForm},
		"a name in the URL, the other words":         {"event_type=McpServerStarted&vocabulary=provider", nil, providerForm},
		"ids of servers":                             {"", []string{`{"type":"subscribe","mcp_server_ids":["m"]}`}, mcpServerForm},
		"no ids of servers, but in that word":        {"", []string{`{"type":"subscribe","mcp_server_ids":[]}`}, mcpServerForm},
		"both words, and neither says anything":      {"", []string{`{"type":"subscribe","mcp_server_ids":[],"provider_ids":[]}`}, providerForm},
		"names of servers":                           {"", []string{`{"event_types":["HealthCheck*","McpServerSt*"]}`}, mcpServerForm},
		"ids of providers":                           {"", []string{`{"event_types":["McpServer*"]}`, `{"provider_ids":["m"]}`}, providerForm},
		"words that both know change nothing":        {"", []string{`{"mcp_server_ids":["m"]}`, `{"event_types":["HealthCheckPassed","ProviderRegistered"]}`}, mcpServerForm},
		"what the URL says stays":                    {"vocabulary=mcp_server", []string{`{"provider_ids":["m"],"event_types":["ProviderStarted"]}`}, mcpServerForm},
		"what the URL says stays, the other way too": {"vocabulary=provider", []string{`{"mcp_server_ids":["m"]}`}, providerForm},
	} {
		q, err := url.ParseQuery(tt.query)
		if err != nil {
			t.Fatal(err)
		}
		f, err := queryFilter(q)
		if err != nil {
			t.Fatal(err)
		}
		v, err := queryVocabulary(q, f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range tt.messages {
			s, err := parseSubscribe([]byte(m))
			if err != nil {
				t.Fatal(err)
			}
			v = s.vocabulary(v)
		}
		if v.form != tt.want {
			t.Errorf("%s: %v", name, v.form)
		}
	}
}

func TestSocketsOfBothVocabulariesSideBySide(t *testing.T) {
	s := newSite(t)
	ours, theirs := s.dial("/events"), s.dial("/events?vocabulary=mcp_server")
	state := s.dial("/state?vocabulary=mcp_server")
	change := happened{"provider:m", "ProviderStateChanged", map[string]any{"provider_id": "m", "old_state": "cold", "new_state": "ready"}}
	s.append(change)
	if f := ours.next(); f["event_type"] != "ProviderStateChanged" || f["provider_id"] != "m" || f["mcp_server_id"] != nil {
		t.Errorf("ours: %v", f)
	}
	for _, c := range []*client{theirs, state} {
		if f := c.next(); f["event_type"] != "McpServerStateChanged" || f["mcp_server_id"] != "m" || f["provider_id"] != nil || f["new_state"] != "READY" {
			t.Errorf("theirs: %v", f)
		}
	}
	ours.send(`{"type":"subscribe","event_types":["McpServerStateChanged"],"mcp_server_ids":["m"]}`)
	if f := ours.next(); f.String() != `{"event_types":["McpServerStateChanged"],"mcp_server_ids":["m"],"provider_ids":[],"type":"subscribed"}<nil>` {
		t.Errorf("ack: %v", f)
	}
	s.append(change)
	if f := ours.next(); f["event_type"] != "McpServerStateChanged" {
		t.Errorf("after the switch: %v", f)
	}
	resumed := s.dial("/events?since=0&event_type=McpServer*")
	if f := resumed.next(); f["event_type"] != "McpServerStateChanged" || f.position() != 1 {
		t.Errorf("from the log: %v", f)
	}
}
