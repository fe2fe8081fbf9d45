package mcp

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestParseAcceptsWhatTheEnvelopeAllows(t *testing.T) {
	for name, tc := range map[string]struct {
		in   string
		want func(*Message) bool
	}{
		"a request": {`{"jsonrpc":"2.0","id":1,"method":"ping"}`,
			func(m *Message) bool { return m.IsRequest() && m.Method == "ping" && string(m.ID) == "1" }},
		"a string id": {`{"id":"a\"b","jsonrpc":"2.0","method":"x","params":{}}`,
			func(m *Message) bool { return string(m.ID) == `"a\"b"` && string(m.Params) == "{}" }},
		"a notification": {`{"jsonrpc":"2.0","method":"notifications/initialized"}`,
			func(m *Message) bool { return m.IsNotification() }},
		"a big integer id keeps its digits": {`{"jsonrpc":"2.0","id":9007199254740993,"result":{}}`,
			func(m *Message) bool { return m.IsResponse() && string(m.ID) == "9007199254740993" }},
		"an error with id null": {`{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"x"}}`,
			func(m *Message) bool { return m.IsResponse() && m.ID == nil }},
		"unknown members": {` { "jsonrpc" : "2.0" , "extra":[1,{"a":null}], "method":"x" } `,
			func(m *Message) bool { return m.Method == "x" }},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := Parse([]byte(tc.in))
			if err != nil || !tc.want(&m) {
				t.Fatalf("%+v, %v", m, err)
			}
		})
	}
}

func TestParseRefusesWhatCouldBeReadTwoWays(t *testing.T) {
	for name, in := range map[string]string{
		"a duplicate method":        `{"jsonrpc":"2.0","id":1,"method":"a","method":"b"}`,
		"a key in another case":     `{"jsonrpc":"2.0","id":1,"METHOD":"a","method":"b"}`,
		"an escaped key":            `{"jsonrpc":"2.0","id":1,"m\u0065thod":"a","method":"b"}`,
		"a folded key":              "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"a\",\"param\u017f\":{}}",
		"a batch":                   `[{"jsonrpc":"2.0","id":1,"method":"a"}]`,
		"two objects":               `{"jsonrpc":"2.0","method":"a"}{"jsonrpc":"2.0","method":"a"}`,
		"no version":                `{"id":1,"method":"a"}`,
		"an object as id":           `{"jsonrpc":"2.0","id":{},"method":"a"}`,
		"array params":              `{"jsonrpc":"2.0","id":1,"method":"a","params":[1]}`,
		"a request and a response":  `{"jsonrpc":"2.0","id":1,"method":"a","result":{}}`,
		"a result and an error":     `{"jsonrpc":"2.0","id":1,"error":{},"result":{}}`,
		"neither":                   `{"jsonrpc":"2.0","id":1}`,
		"an empty method":           `{"jsonrpc":"2.0","id":1,"method":""}`,
		"broken JSON in the params": `{"jsonrpc":"2.0","id":1,"method":"a","params":{"x":tru}}`,
		"a control character":       "{\"jsonrpc\":\"2.0\",\"method\":\"a\",\"params\":{\"x\":\"\x01\"}}",
		"deep nesting":              `{"jsonrpc":"2.0","method":"a","params":{"x":` + strings.Repeat("[", 600) + strings.Repeat("]", 600) + `}}`,
		"nothing":                   ``,
		"a banner":                  `Server listening on stdio`,
	} {
		if m, err := Parse([]byte(in)); err == nil {
			t.Errorf("%s was accepted: %+v", name, m)
		}
	}
}

func TestEditsTouchOneMemberOnly(t *testing.T) {
	const obj = `{ "name":"math__add", "arguments" : {"a":1e400,"b":9007199254740993} , "_meta":{"progressToken":7,"x":[ ]} }`
	for name, tc := range map[string]struct {
		edit func(json.RawMessage) (json.RawMessage, error)
		want string
	}{
		"replace": {func(o json.RawMessage) (json.RawMessage, error) { return Set(o, Quote("add"), "name") },
			`{ "name":"add", "arguments" : {"a":1e400,"b":9007199254740993} , "_meta":{"progressToken":7,"x":[ ]} }`},
		"replace deep": {func(o json.RawMessage) (json.RawMessage, error) {
			return Set(o, json.RawMessage("1"), "_meta", "progressToken")
		},
			`{ "name":"math__add", "arguments" : {"a":1e400,"b":9007199254740993} , "_meta":{"progressToken":1,"x":[ ]} }`},
		"delete first of two": {func(o json.RawMessage) (json.RawMessage, error) { return Delete(o, "_meta", "progressToken") },
			`{ "name":"math__add", "arguments" : {"a":1e400,"b":9007199254740993} , "_meta":{"x":[ ]} }`},
		"delete the last": {func(o json.RawMessage) (json.RawMessage, error) { return Delete(o, "_meta") },
			`{ "name":"math__add", "arguments" : {"a":1e400,"b":9007199254740993} }`},
		"add deep": {func(o json.RawMessage) (json.RawMessage, error) { return Set(o, json.RawMessage("2"), "n", "m") },
			`{"n":{"m":2}, "name":"math__add", "arguments" : {"a":1e400,"b":9007199254740993} , "_meta":{"progressToken":7,"x":[ ]} }`},
		"delete the absent": {func(o json.RawMessage) (json.RawMessage, error) { return Delete(o, "nope") }, obj},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := tc.edit(json.RawMessage(obj))
			if err != nil || string(got) != tc.want {
				t.Fatalf("got  %s\nwant %s (%v)", got, tc.want, err)
			}
		})
	}
	if got, _ := Set(nil, json.RawMessage("1"), "a"); string(got) != `{"a":1}` {
		t.Errorf("set on nothing: %s", got)
	}
	if got, _ := Delete(json.RawMessage(`{"a":1}`), "a"); string(got) != `{}` {
		t.Errorf("delete the only one: %s", got)
	}
}

func TestElementsSplitsWithoutDecoding(t *testing.T) {
	got, err := Elements(json.RawMessage(` [ {"a":[1,2]} , "x,y" ,3] `))
	if err != nil || len(got) != 3 || string(got[0]) != `{"a":[1,2]}` || string(got[1]) != `"x,y"` {
		t.Fatalf("%s, %v", got, err)
	}
	for _, bad := range []string{``, `{}`, `[1,]`, `[1 2]`, `[1`, `[1]x`} {
		if got, err := Elements(json.RawMessage(bad)); err == nil {
			t.Errorf("%q gave %s", bad, got)
		}
	}
}

func TestErrorsKeepTheProvidersBytes(t *testing.T) {
	raw := json.RawMessage(`{"code":-32000,"message":"no","data":{"n":9007199254740993},"ext":1}`)
	if got := AppendError(nil, json.RawMessage("1"), ParseError(raw)); !strings.Contains(string(got), string(raw)) {
		t.Fatalf("%s", got)
	}
}

func TestNegotiate(t *testing.T) {
	for req, want := range map[string]string{
		"2024-11-05": "2024-11-05", "2025-06-18": "2025-06-18", "2026-07-28": LatestSession, "1999-01-01": LatestSession,
	} {
		if got := Negotiate(req); got != want {
			t.Errorf("%s: got %s, want %s", req, got, want)
		}
	}
}

// Whatever we accept, encoding/json accepts too and reads alike; whatever it refuses, we refuse.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		`{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":[1,2.5e3,"\u00e9",null,true]}}`,
		`{"jsonrpc":"2.0","id":"x","result":{"content":[{"type":"text","text":"hi"}]}}`,
		`{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":""}}`,
		`{"jsonrpc":"2.0","METHOD":"x"}`, `[`, `{"a":-0}`, `{"a":01}`, "\x00", `{"jsonrpc":"2.0","method":"\ud800"}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Parse(b)
		if err != nil {
			return
		}
		if !json.Valid(b) {
			t.Fatalf("accepted invalid JSON %q", b)
		}
		var ref struct {
			ID     json.RawMessage `json:"id"`
			Method string          `json:"method"`
			Params json.RawMessage `json:"params"`
		}
		if err := json.Unmarshal(b, &ref); err != nil {
			t.Fatalf("accepted what encoding/json refuses: %q: %v", b, err)
		}
		if ref.Method != m.Method || string(ref.Params) != string(m.Params) || (m.ID != nil && string(ref.ID) != string(m.ID)) {
			t.Fatalf("read differently: %q", b)
		}
	})
}

// What is JSON stays JSON; what is not is refused or stays what it is, and nothing panics.
func FuzzSet(f *testing.F) {
	f.Add([]byte(`{"a":{"b":1},"c":2}`), "b")
	f.Add([]byte(`{}`), "")
	f.Add([]byte(`{"a":{}`), "0")
	f.Add([]byte(`{"a":1`), "a")
	f.Fuzz(func(t *testing.T, b []byte, key string) {
		put, putErr := Set(b, json.RawMessage(`"v"`), "a", key)
		without, err := Delete(b, "a", key)
		less, lessErr := Delete(b, key)
		if len(b) > 0 && !json.Valid(b) {
			return
		}
		if putErr == nil && !json.Valid(put) {
			t.Fatalf("%q -> %q", b, put)
		}
		if v, ok := GetString(put, "a", key); putErr == nil && utf8.ValidString(key) && (!ok || v != "v") {
			t.Fatalf("%q -> %q has %q at %q", b, put, v, key)
		}
		if err == nil && len(b) > 0 && !json.Valid(without) || lessErr == nil && len(b) > 0 && !json.Valid(less) {
			t.Fatalf("%q -> %q, %q", b, without, less)
		}
	})
}

func BenchmarkParseRequest(b *testing.B) {
	msg := []byte(`{"jsonrpc":"2.0","id":42,"method":"tools/call","params":{"name":"math__add","arguments":{"a":1,"b":2},"_meta":{"progressToken":"abc"}}}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(msg); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseResult10KiB(b *testing.B) {
	msg := []byte(`{"jsonrpc":"2.0","id":42,"result":{"content":[{"type":"text","text":"` + strings.Repeat(`abcdefghijklmno\n`, 640) + `"}]}}`)
	b.SetBytes(int64(len(msg)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(msg); err != nil {
			b.Fatal(err)
		}
	}
}

func TestMembersAreThoseThatGetFinds(t *testing.T) {
	keys := []string{"a", "b", "c"}
	for name, obj := range map[string]string{
		"some are there":        `{"x":{"a":1},"b":"2","c":null}`,
		"the first one counts":  `{"a":1,"a":2,"b":[]}`,
		"a key with an escape":  `{"\u0061":true}`,
		"nothing is there":      `{}`,
		"it is no object":       `["a"]`,
		"it ends in the middle": `{"x":`,
	} {
		for i, got := range Members(json.RawMessage(obj), keys...) {
			if want, _ := Get(json.RawMessage(obj), keys[i]); string(got) != string(want) {
				t.Errorf("%s: %s is %s, want %s", name, keys[i], got, want)
			}
		}
	}
}

func BenchmarkParseResult10KiBOfOneString(b *testing.B) {
	msg := []byte(`{"jsonrpc":"2.0","id":42,"result":{"content":[{"type":"text","text":"` + strings.Repeat(`x`, 10240) + `"}]}}`)
	b.SetBytes(int64(len(msg)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(msg); err != nil {
			b.Fatal(err)
		}
	}
}
