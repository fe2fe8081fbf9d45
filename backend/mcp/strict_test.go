package mcp

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestStrict(t *testing.T) {
	for text, want := range map[string]bool{
		`{}`: true, `[]`: true, `1`: true, `"a"`: true, ` {"a":1,"b":[{"a":2},{"a":3}]} `: true, `{"a":{"b":{}}}`: true, `null`: true, `{"a":1,"A":2}`: true,
		`{"a":1,"a":2}`: false, `{"a":1,"\u0061":2}`: false, `[{"x":{"a":1,"b":2,"a":3}}]`: false, `{"a":[{"a":1,"a":1}]}`: false,
		``: false, `{`: false, `[`: false, `{"a"}`: false, `{"a":}`: false, `{"a":1,}`: false, `[1,]`: false, `[1 2]`: false, `{} {}`: false, `{a:1}`: false, `[}`: false, `{]`: false,
		`[[[[1]]]]`: true, `[[[[[1]]]]]`: false, `{"a":{"a":{"a":{"a":{}}}}}`: false,
	} {
		if err := Strict([]byte(text), 4); (err == nil) != want {
			t.Errorf("%s: %v", text, err)
		}
	}
	if err := Strict([]byte(strings.Repeat("[", 1<<20)), 100); err == nil {
		t.Error("a million brackets")
	}
}

// What Strict lets pass is JSON, and what is JSON without a key twice it lets pass.
func FuzzStrict(f *testing.F) {
	f.Add(`{"a":[1,{"b":null}],"c":"\u0041"}`)
	f.Add(`{"a":1,"a":2}`)
	f.Fuzz(func(t *testing.T, text string) {
		err := Strict([]byte(text), 50)
		if err == nil && !json.Valid([]byte(text)) {
			t.Errorf("%q is no JSON", text)
		}
		if err != nil && json.Valid([]byte(text)) && !strings.Contains(err.Error(), "duplicate") && !strings.Contains(err.Error(), "deeply") {
			t.Errorf("%q: %v", text, err)
		}
	})
}
