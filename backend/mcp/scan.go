package mcp

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// maxDepth bounds nesting, so that a hostile message costs no stack.
const maxDepth = 512

var errSyntax = errors.New("not valid JSON")

func syntaxAt(i int) error { return fmt.Errorf("%w at byte %d", errSyntax, i) }

func skipSpace(b []byte, i int) int {
	for i < len(b) {
		switch b[i] {
		case ' ', '\t', '\n', '\r':
			i++
		default:
			return i
		}
	}
	return i
}

// skipString returns the index behind the string that begins at i. Escapes are checked for shape, not decoded.
func skipString(b []byte, i int) (int, error) {
	for i++; i < len(b); {
		i = skipPlain(b, i)
		if i == len(b) {
			break
		}
		c := b[i]
		switch {
		case c == '"':
			return i + 1, nil
		case c == '\\':
			n, err := skipEscape(b, i)
			if err != nil {
				return 0, err
			}
			i = n
		case c < 0x20:
			return 0, syntaxAt(i)
		default:
			i++
		}
	}
	return 0, syntaxAt(len(b))
}

// Strings are looked through a window at a time, which grows while nothing is found: what lies behind an escape is
// looked at again after it.
const firstWindow, lastWindow = 64, 1024

// skipPlain skips the bytes that mean nothing in a string, for strings are most of what we carry: the library finds quotes
// and backslashes many at a time, and what is left to look for are control characters, eight at a time.
func skipPlain(b []byte, i int) int {
	for window := firstWindow; ; window = min(2*window, lastWindow) {
		part := b[i:min(i+window, len(b))]
		size := len(part)
		if n := bytes.IndexByte(part, '"'); n >= 0 {
			part = part[:n]
		}
		if n := bytes.IndexByte(part, '\\'); n >= 0 {
			part = part[:n]
		}
		n := skipPrintable(part)
		i += n
		if n < size || size < window {
			return i
		}
	}
}

// skipPrintable counts the bytes before the first control character.
func skipPrintable(b []byte) int {
	i := 0
	for ; i+8 <= len(b); i += 8 {
		if hasControl(b[i:]) {
			break
		}
	}
	if i+8 > len(b) && len(b) >= 8 && !hasControl(b[len(b)-8:]) { // the rest, with some of what was looked at before
		return len(b)
	}
	for i < len(b) && b[i] >= 0x20 {
		i++
	}
	return i
}

// hasControl reports a control character among the first eight bytes.
func hasControl(b []byte) bool {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	x := binary.LittleEndian.Uint64(b)
	return (x-ones*0x20)&^x&highs != 0
}

func skipEscape(b []byte, i int) (int, error) {
	if i+1 >= len(b) {
		return 0, syntaxAt(i)
	}
	switch b[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2, nil
	case 'u':
		if i+6 > len(b) {
			return 0, syntaxAt(i)
		}
		for _, h := range b[i+2 : i+6] {
			if !isHex(h) {
				return 0, syntaxAt(i)
			}
		}
		return i + 6, nil
	}
	return 0, syntaxAt(i)
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func skipDigits(b []byte, i int) (next int, any bool) {
	start := i
	for i < len(b) && isDigit(b[i]) {
		i++
	}
	return i, i > start
}

func skipNumber(b []byte, i int) (int, error) {
	if b[i] == '-' {
		i++
	}
	start := i
	i, ok := skipDigits(b, i)
	if !ok || (b[start] == '0' && i > start+1) {
		return 0, syntaxAt(start)
	}
	if i < len(b) && b[i] == '.' {
		if i, ok = skipDigits(b, i+1); !ok {
			return 0, syntaxAt(i)
		}
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		if i, ok = skipDigits(b, i); !ok {
			return 0, syntaxAt(i)
		}
	}
	return i, nil
}

func skipWord(b []byte, i int, word string) (int, error) {
	if len(b)-i < len(word) || string(b[i:i+len(word)]) != word {
		return 0, syntaxAt(i)
	}
	return i + len(word), nil
}

// skipValue returns the index behind the value that begins at i (no leading space). It checks the grammar, because what
// is spliced into our own output must not be able to break it.
func skipValue(b []byte, i, depth int) (int, error) {
	if i >= len(b) {
		return 0, syntaxAt(i)
	}
	switch c := b[i]; {
	case c == '"':
		return skipString(b, i)
	case c == '{':
		return eachMember(b, i, depth, nil)
	case c == '[':
		return skipArray(b, i, depth)
	case c == 't':
		return skipWord(b, i, "true")
	case c == 'f':
		return skipWord(b, i, "false")
	case c == 'n':
		return skipWord(b, i, "null")
	case c == '-' || isDigit(c):
		return skipNumber(b, i)
	}
	return 0, syntaxAt(i)
}

func skipArray(b []byte, i, depth int) (int, error) {
	if depth >= maxDepth {
		return 0, errors.New("nested too deeply")
	}
	i = skipSpace(b, i+1)
	if i < len(b) && b[i] == ']' {
		return i + 1, nil
	}
	for {
		var err error
		if i, err = skipValue(b, i, depth+1); err != nil {
			return 0, err
		}
		i = skipSpace(b, i)
		if i >= len(b) {
			return 0, syntaxAt(i)
		}
		switch b[i] {
		case ',':
			i = skipSpace(b, i+1)
		case ']':
			return i + 1, nil
		default:
			return 0, syntaxAt(i)
		}
	}
}

// member is where one key and its value stand in an object.
type member struct {
	keyStart, keyEnd int // with the quotes
	valStart, valEnd int
}

// eachMember walks the object that begins at i and returns the index behind it. visit may be nil; it stops the walk by
// returning an error.
func eachMember(b []byte, i, depth int, visit func(member) error) (int, error) {
	if depth >= maxDepth {
		return 0, errors.New("nested too deeply")
	}
	i = skipSpace(b, i+1)
	if i < len(b) && b[i] == '}' {
		return i + 1, nil
	}
	for {
		if i >= len(b) || b[i] != '"' {
			return 0, syntaxAt(i)
		}
		m := member{keyStart: i}
		var err error
		if m.keyEnd, err = skipString(b, i); err != nil {
			return 0, err
		}
		if i = skipSpace(b, m.keyEnd); i >= len(b) || b[i] != ':' {
			return 0, syntaxAt(i)
		}
		m.valStart = skipSpace(b, i+1)
		if m.valEnd, err = skipValue(b, m.valStart, depth+1); err != nil {
			return 0, err
		}
		if visit != nil {
			if err = visit(m); err != nil {
				return 0, err
			}
		}
		if i = skipSpace(b, m.valEnd); i >= len(b) {
			return 0, syntaxAt(i)
		}
		switch b[i] {
		case ',':
			i = skipSpace(b, i+1)
		case '}':
			return i + 1, nil
		default:
			return 0, syntaxAt(i)
		}
	}
}

// object walks b, which must be one object and nothing else.
func object(b []byte, visit func(member) error) error {
	i := skipSpace(b, 0)
	if i >= len(b) || b[i] != '{' {
		return errors.New("not a JSON object")
	}
	end, err := eachMember(b, i, 0, visit)
	if err != nil {
		return err
	}
	if skipSpace(b, end) != len(b) {
		return syntaxAt(end)
	}
	return nil
}

// keyOf decodes the key of a member. Keys without escapes, which is nearly all, cost no allocation when compared.
func keyOf(b []byte, m member) string {
	raw := b[m.keyStart+1 : m.keyEnd-1]
	if bytes.IndexByte(raw, '\\') < 0 && utf8.Valid(raw) {
		return string(raw)
	}
	s, _ := String(b[m.keyStart:m.keyEnd])
	return s
}

// String decodes a raw JSON string; false when it is something else.
func String(raw json.RawMessage) (string, bool) {
	if len(raw) < 2 || raw[0] != '"' {
		return "", false
	}
	if in := raw[1 : len(raw)-1]; bytes.IndexByte(in, '\\') < 0 && utf8.Valid(in) {
		return string(in), true
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return "", false
	}
	return s, true
}

// Quote encodes a string as JSON. Names of methods and tools, which stand on the path of every call, need no escape and
// no encoder.
func Quote(s string) json.RawMessage { return AppendQuote(make(json.RawMessage, 0, len(s)+2), s) }

// AppendQuote is Quote behind b.
func AppendQuote(b []byte, s string) []byte {
	if plain(s) {
		return append(append(append(b, '"'), s...), '"')
	}
	quoted, err := json.Marshal(s)
	if err != nil { // a string always marshals
		return append(b, `""`...)
	}
	return append(b, quoted...)
}

// plain reports a string that stands in JSON as it is.
func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c > 0x7e || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}
