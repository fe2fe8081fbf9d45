package mcp

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestLocateFindsInOneWalk(t *testing.T) {
	const obj = `{ "arguments":{"name":"inner"}, "name" : "add" ,"_meta":{}, "x":1 }`
	var at [3]Span
	if err := Locate(json.RawMessage(obj), at[:], "name", "_meta", "cursor"); err != nil {
		t.Fatal(err)
	}
	if string(at[0].Of([]byte(obj))) != `"add"` || string(at[1].Of([]byte(obj))) != `{}` || at[2].Found() || at[2].Of([]byte(obj)) != nil {
		t.Fatalf("%v", at)
	}
}

func TestLocateRefusesWhatCouldBeReadTwoWays(t *testing.T) {
	for name, obj := range map[string]string{
		"a duplicate":       `{"name":"a","name":"b"}`,
		"another case":      `{"name":"a","Name":"b"}`,
		"an escaped key":    `{"n\u0061me":"b"}`,
		"an escaped case":   `{"\u004eame":"b"}`,
		"a folded key":      "{\"name\":\"a\",\"cur\u017for\":\"b\"}",
		"no object":         `[1]`,
		"something behind":  `{"name":"a"} x`,
		"a broken value":    `{"name":tru}`,
		"nothing":           ``,
		"an unclosed brace": `{"name":"a"`,
	} {
		var at [2]Span
		if err := Locate(json.RawMessage(obj), at[:], "name", "cursor"); err == nil {
			t.Errorf("%s was accepted: %v", name, at)
		}
	}
}

func TestSpliceKeepsEveryOtherByte(t *testing.T) {
	const obj = `{"name":"m__add" , "arguments":{"a":1e400},"_meta":{"k":1}}`
	var at [2]Span
	if err := Locate(json.RawMessage(obj), at[:], "name", "_meta"); err != nil {
		t.Fatal(err)
	}
	got := Splice(json.RawMessage(obj), Edit{at[0], Quote("add")}, Edit{at[1], json.RawMessage(`{}`)})
	if string(got) != `{"name":"add" , "arguments":{"a":1e400},"_meta":{}}` {
		t.Fatalf("%s", got)
	}
}

func TestFilterKeepsMembersByteForByte(t *testing.T) {
	const obj = `{ "a.b/c" : [ 1 , 2 ], "drop":1, "z":"é" }`
	got, err := Filter(json.RawMessage(obj), func(k string) bool { return k != "drop" })
	if err != nil || string(got) != `{"a.b/c" : [ 1 , 2 ],"z":"é"}` {
		t.Fatalf("%s, %v", got, err)
	}
	if got, err := Filter(json.RawMessage(obj), func(string) bool { return true }); err != nil || string(got) != obj {
		t.Errorf("all kept: %s, %v", got, err)
	}
	if got, err := Filter(json.RawMessage(obj), func(string) bool { return false }); err != nil || string(got) != `{}` {
		t.Errorf("none kept: %s, %v", got, err)
	}
	if _, err := Filter(json.RawMessage(`{"a":1,"a":2}`), func(string) bool { return true }); err == nil {
		t.Error("a duplicate was accepted")
	}
}

func TestQuoteIsAJSONString(t *testing.T) {
	for _, s := range []string{"", "tools/call", `a"b`, `a\b`, "a\nb", "é", "\x7f", "<&>", "\xff", "\u2028", strings.Repeat("x", 100)} {
		var back string
		if err := json.Unmarshal(Quote(s), &back); err != nil || back != strings.ToValidUTF8(s, "\ufffd") {
			t.Errorf("%q: %s, %v", s, Quote(s), err)
		}
	}
}

func TestOneLine(t *testing.T) {
	for in, want := range map[string]string{"": "", "{}": "{}", "{\n \"a\":\r\n1}": `{  "a":  1}`, "\n": " "} {
		if got := OneLine([]byte(in)); string(got) != want {
			t.Errorf("%q: got %q", in, got)
		}
	}
}

// Every byte that means something in a string is seen at every place of the eight that are looked at together.
func TestStringsEndWhereTheyEnd(t *testing.T) {
	for at := range 20 {
		for c := range 256 {
			b := []byte(`"` + strings.Repeat("x", 24) + `"`)
			b[1+at] = byte(c)
			end, err := skipString(b, 0)
			switch {
			case c == '"':
				if err != nil || end != at+2 {
					t.Fatalf("a quote at %d: %d, %v", at, end, err)
				}
			case c < 0x20, c == '\\': // \x is no escape
				if err == nil {
					t.Fatalf("byte %#x at %d was accepted", c, at)
				}
			case err != nil || end != len(b):
				t.Fatalf("byte %#x at %d: %d, %v", c, at, end, err)
			}
		}
	}
}
