package gateway

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"hangar/backend/provider"
)

func shelfOf(t testing.TB, id provider.ID, tools ...string) *shelf {
	t.Helper()
	var items provider.Catalogue
	for _, name := range tools {
		items = append(items, provider.Item{Kind: provider.Tool, Name: name, Raw: json.RawMessage(fmt.Sprintf(`{"name":%q}`, name))})
	}
	return newShelf(provider.Provider{ID: id}, items, 1000, func(string, ...any) { t.Error("a tool was left out") })
}

func TestNamesAreLookedUpAndNeverSplit(t *testing.T) {
	var complaints []string
	v := newView([]*shelf{
		shelfOf(t, "a", "b__c", "x"),
		shelfOf(t, "a__b", "c", "d"),
		shelfOf(t, "empty"),
		shelfOf(t, "empty__more"),
	}, 1000, func(what string, args ...any) {
		complaints = append(complaints, fmt.Sprint(append([]any{what}, args...)...))
	})
	for name, tc := range map[string]struct {
		door door
		name string
		want target
		ok   bool
	}{
		"of two that come out alike the first id's":   {door{}, "a__b__c", target{"a", "b__c"}, true},
		"the later provider's other tool":             {door{}, "a__b__d", target{"a__b", "d"}, true},
		"an unknown tool of a provider that listed":   {door{}, "a__nope", target{}, false},
		"a tool of one that never listed":             {door{}, "empty__x", target{"empty", "x"}, true},
		"the longest id that never listed wins":       {door{}, "empty__more__x", target{"empty__more", "x"}, true},
		"a prefix without a tool":                     {door{}, "empty__", target{}, false},
		"no prefix":                                   {door{}, "x", target{}, false},
		"its own name at its own door":                {door{"a"}, "b__c", target{"a", "b__c"}, true},
		"the aggregate's name at its own door":        {door{"a"}, "a__x", target{}, false},
		"the tool that lost its name, at its door":    {door{"a__b"}, "c", target{"a__b", "c"}, true},
		"anything at the door of one without a list":  {door{"empty"}, "x", target{"empty", "x"}, true},
		"anything at the door of one that is unknown": {door{"zzz"}, "x", target{}, false},
	} {
		if got, ok := v.resolve(tc.door, tc.name); got != tc.want || ok != tc.ok {
			t.Errorf("%s: %v %v", name, got, ok)
		}
	}
	if page, _ := v.list.page(""); string(page) != `{"tools":[{"name":"a__b__c"},{"name":"a__x"},{"name":"a__b__d"}]` {
		t.Errorf("%s", page)
	}
	if len(complaints) != 1 || !strings.Contains(complaints[0], "a__b__c") {
		t.Errorf("%q", complaints)
	}
}

func TestAToolWithTwoNamesIsNotOffered(t *testing.T) {
	left := 0
	s := newShelf(provider.Provider{ID: "p"}, provider.Catalogue{
		{Kind: provider.Tool, Name: "a", Raw: json.RawMessage(`{"name":"a","name":"b"}`)},
		{Kind: provider.Tool, Name: "c", Raw: json.RawMessage("{\n\"name\": \"c\",\n \"x\": \"\\n\" }")},
		{Kind: provider.Prompt, Name: "p", Raw: json.RawMessage(`{"name":"p"}`)},
	}, 1000, func(string, ...any) { left++ })
	page, _ := s.list.page("")
	if left != 1 || string(page) != `{"tools":[{ "name": "c",  "x": "\n" }]` {
		t.Errorf("%d left out; %s", left, page)
	}
}

func TestInstructionsHaveABudget(t *testing.T) {
	big := shelfOf(t, "big")
	big.instructions = strings.Repeat("x", instructionBudget)
	one, two := shelfOf(t, "one"), shelfOf(t, "two")
	one.instructions, two.instructions = "Do this.", "Do that."
	v := newView([]*shelf{big, one, two}, 10, nil)
	if v.instructions != "## one\n\nDo this.\n\n## two\n\nDo that." || v.all(door{"big"}).instructions != big.instructions || v.all(door{"no"}).instructions != "" {
		t.Errorf("%q", v.instructions)
	}
}

func TestPagesEndByCountAndBySize(t *testing.T) {
	large := json.RawMessage(`{"name":"` + strings.Repeat("x", pageBytes*2/3) + `"}`)
	small := json.RawMessage(`{"name":"s"}`)
	for name, tc := range map[string]struct {
		raws  []json.RawMessage
		pages int
	}{
		"nothing":               {nil, 1},
		"one":                   {[]json.RawMessage{small}, 1},
		"a full page":           {[]json.RawMessage{small, small, small}, 1},
		"one more":              {[]json.RawMessage{small, small, small, small}, 2},
		"large ones each alone": {[]json.RawMessage{large, large, large}, 3},
	} {
		l := newListing(tc.raws, 3)
		if len(l.pages) != tc.pages {
			t.Errorf("%s: %d pages", name, len(l.pages))
		}
		seen := 0
		for i := range l.pages {
			cursor := ""
			if i > 0 {
				cursor = l.cursor(i)
			}
			page, ok := l.page(cursor)
			var m struct{ Tools []json.RawMessage }
			if err := json.Unmarshal(append(append([]byte(nil), page...), '}'), &m); !ok || err != nil {
				t.Fatalf("%s: page %d: %v", name, i, err)
			}
			seen += len(m.Tools)
		}
		if seen != len(tc.raws) {
			t.Errorf("%s: %d of %d tools", name, seen, len(tc.raws))
		}
	}
}

// Whatever is not a cursor of this very list is refused, and nothing panics.
func FuzzCursor(f *testing.F) {
	raw := []json.RawMessage{json.RawMessage(`{"name":"a"}`), json.RawMessage(`{"name":"b"}`), json.RawMessage(`{"name":"c"}`)}
	l, other := newListing(raw, 1), newListing(raw[:2], 1)
	valid := map[string]bool{"": true, l.cursor(1): true, l.cursor(2): true}
	for _, s := range []string{"", "x", l.cursor(0), l.cursor(1), l.cursor(2), l.cursor(3), l.cursor(-1), other.cursor(1), l.cursor(1) + "=", "AAAA"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, cursor string) {
		if _, ok := l.page(cursor); ok != valid[cursor] {
			t.Fatalf("%q: %v", cursor, ok)
		}
	})
}

func TestHeaderValues(t *testing.T) {
	for v, encoded := range map[string]string{
		"math__add": "math__add", "with space": "with space", "": "", "a\tb": "a\tb", "\ttab first": "=?base64?CXRhYiBmaXJzdA==?=",
		"ä": "=?base64?w6Q=?=", " x": "=?base64?IHg=?=", "x ": "=?base64?eCA=?=", "a\nb": "=?base64?YQpi?=",
		"=?base64?eA==?=": "=?base64?PT9iYXNlNjQ/ZUE9PT89?=", "=?BASE64?x?=": "=?BASE64?x?=",
	} {
		if got := encodeHeader(v); got != encoded {
			t.Errorf("%q: encoded as %q, want %q", v, got, encoded)
		}
		if got, ok := decodeHeader(encoded); !ok || got != v {
			t.Errorf("%q: decoded as %q, %v", encoded, got, ok)
		}
	}
	for _, bad := range []string{"ä", "a\x00", "=?base64?w6Q?=", "=?base64?w6Q==?=", "=?base64?w*Q=?=", "=?base64?/w==?=", "=?base64?w6R=?="} {
		if got, ok := decodeHeader(bad); ok {
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
		if decoded, ok := decodeHeader(s); ok {
			if back, ok := decodeHeader(encodeHeader(decoded)); !ok || back != decoded {
				t.Fatalf("%q -> %q -> %q, %v", s, decoded, back, ok)
			}
		}
		valid := strings.ToValidUTF8(s, "?")
		back, ok := decodeHeader(encodeHeader(valid))
		if !ok || back != valid {
			t.Fatalf("%q -> %q -> %q, %v", valid, encodeHeader(valid), back, ok)
		}
		for _, c := range []byte(encodeHeader(valid)) {
			if (c < 0x20 && c != '\t') || c > 0x7e {
				t.Fatalf("%q has a byte that no header may have", encodeHeader(valid))
			}
		}
	})
}
