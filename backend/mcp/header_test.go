package mcp

import (
	"strings"
	"testing"
)

func TestHeaderValues(t *testing.T) {
	for v, encoded := range map[string]string{
		"math__add": "math__add", "with space": "with space", "": "", "a\tb": "a\tb", "\ttab first": "=?base64?CXRhYiBmaXJzdA==?=",
		"ä": "=?base64?w6Q=?=", " x": "=?base64?IHg=?=", "x ": "=?base64?eCA=?=", "a\nb": "=?base64?YQpi?=",
		"=?base64?eA==?=": "=?base64?PT9iYXNlNjQ/ZUE9PT89?=", "=?BASE64?x?=": "=?BASE64?x?=",
	} {
		if got := EncodeHeader(v); got != encoded {
			t.Errorf("%q: encoded as %q, want %q", v, got, encoded)
		}
		if got, ok := DecodeHeader(encoded); !ok || got != v {
			t.Errorf("%q: decoded as %q, %v", encoded, got, ok)
		}
	}
	for _, bad := range []string{"ä", "a\x00", "=?base64?w6Q?=", "=?base64?w6Q==?=", "=?base64?w*Q=?=", "=?base64?/w==?=", "=?base64?w6R=?="} {
		if got, ok := DecodeHeader(bad); ok {
			t.Errorf("%q was decoded as %q", bad, got)
		}
	}
}

// What is encoded is decoded to the same, and what could be decoded can be encoded.
func FuzzHeader(f *testing.F) {
	for _, s := range []string{"", "a", "ä", " a", "=?base64?eA==?=", "=?base64?", "a\r\nb", "\x7f", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if decoded, ok := DecodeHeader(s); ok {
			if back, ok := DecodeHeader(EncodeHeader(decoded)); !ok || back != decoded {
				t.Fatalf("%q -> %q -> %q, %v", s, decoded, back, ok)
			}
		}
		valid := strings.ToValidUTF8(s, "?")
		back, ok := DecodeHeader(EncodeHeader(valid))
		if !ok || back != valid {
			t.Fatalf("%q -> %q -> %q, %v", valid, EncodeHeader(valid), back, ok)
		}
		for _, c := range []byte(EncodeHeader(valid)) {
			if (c < 0x20 && c != '\t') || c > 0x7e {
				t.Fatalf("%q has a byte that no header may have", EncodeHeader(valid))
			}
		}
	})
}
