package gateway

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"hangar/backend/group"
	"hangar/backend/provider"
)

func shelfOf(t testing.TB, id provider.ID, tools ...string) *shelf {
	t.Helper()
	var items provider.Catalogue
	for _, name := range tools {
		items = append(items, provider.Item{Kind: provider.Tool, Name: name, Raw: json.RawMessage(fmt.Sprintf(`{"name":%q}`, name))})
	}
	return newShelf(provider.Provider{ID: id}, items, func(string, ...any) { t.Error("a tool was left out") })
}

func TestNamesAreLookedUpAndNeverSplit(t *testing.T) {
	var complaints []string
	v := newView([]*shelf{
		shelfOf(t, "a", "b__c", "x"),
		shelfOf(t, "a__b", "c", "d"),
		shelfOf(t, "empty"),
		shelfOf(t, "empty__more"),
	}, func(what string, args ...any) {
		complaints = append(complaints, fmt.Sprint(append([]any{what}, args...)...))
	})
	all := door{prefix: Always}
	at := func(id provider.ID) door { return door{provider: id} }
	for name, tc := range map[string]struct {
		door door
		name string
		want string
	}{
		"of two that come out alike the first id's":   {all, "a__b__c", "a b__c"},
		"the later provider's other tool":             {all, "a__b__d", "a__b d"},
		"an unknown tool of a provider that listed":   {all, "a__nope", ""},
		"a tool of one that never listed":             {all, "empty__x", "empty x"},
		"the longest id that never listed wins":       {all, "empty__more__x", "empty__more x"},
		"a prefix without a tool":                     {all, "empty__", ""},
		"no prefix":                                   {all, "x", ""},
		"its own name at its own door":                {at("a"), "b__c", "a b__c"},
		"the aggregate's name at its own door":        {at("a"), "a__x", ""},
		"the tool that lost its name, at its door":    {at("a__b"), "c", "a__b c"},
		"anything at the door of one without a list":  {at("empty"), "x", "empty x"},
		"anything at the door of one that is unknown": {at("zzz"), "x", ""},
	} {
		got, ok := v.names(tc.door, nil).find(tc.door, tools, tc.name)
		if found := string(got.provider) + " " + got.name; ok != (tc.want != "") || ok && found != tc.want {
			t.Errorf("%s: %s %v", name, found, ok)
		}
	}
	if page := listed(v, all, tools); page != `{"tools":[{"name":"a__b__c"},{"name":"a__x"},{"name":"a__b__d"}]` {
		t.Errorf("%s", page)
	}
	if len(complaints) != 1 || !strings.Contains(complaints[0], "a__b__c") {
		t.Errorf("%q", complaints)
	}
}

// listed is the first page of a list, for somebody who may use everything.
func listed(v *view, d door, t thing) string {
	page, _ := (&glimpse{door: d, names: v.names(d, nil), pageItems: 1000}).list(t).page("")
	return string(page)
}

// Names under each policy, and who loses one.
func TestPrefixes(t *testing.T) {
	v := newView([]*shelf{shelfOf(t, "a", "one", "both"), shelfOf(t, "b", "both", "two", "a__both")}, func(string, ...any) {})
	for policy, c := range map[Prefix]struct {
		names     string
		conflicts []Conflict
	}{
		Always:     {"a__one a__both b__both b__two b__a__both", nil},
		OnConflict: {"one a__both b__both two", []Conflict{{"tools", "both", "a", "a", "a__both"}, {"tools", "both", "a", "b", "b__both"}, {"tools", "a__both", "a", "b", ""}}},
		Never:      {"one both two a__both", []Conflict{{"tools", "both", "a", "b", ""}}},
	} {
		d := door{prefix: policy}
		n := v.names(d, nil)
		var got []string
		for _, o := range n.offers[tools] {
			got = append(got, o.as)
			if to, ok := n.find(d, tools, o.as); !ok || to.provider != o.provider || to.name != o.name {
				t.Errorf("%s: %s leads to %v", policy, o.as, to)
			}
		}
		if strings.Join(got, " ") != c.names || !slices.Equal(n.conflicts, c.conflicts) {
			t.Errorf("%s: %v, %+v", policy, got, n.conflicts)
		}
	}
}

// The names of Hangar's own tools are no provider's, whatever the policy; a prefix keeps both.
func TestOwnNamesAreReserved(t *testing.T) {
	for policy, c := range map[Prefix]struct {
		names     string
		conflicts []Conflict
	}{
		Always:     {"a__hangar_list a__x", nil},
		OnConflict: {"a__hangar_list x", []Conflict{{"tools", "hangar_list", "hangar", "a", "a__hangar_list"}}},
		Never:      {"x", []Conflict{{"tools", "hangar_list", "hangar", "a", ""}}},
	} {
		v := newView([]*shelf{shelfOf(t, "a", "hangar_list", "x")}, func(string, ...any) {})
		v.reserved = func(name string) bool { return name == "hangar_list" }
		n := v.names(door{prefix: policy}, nil)
		var got []string
		for _, o := range n.offers[tools] {
			got = append(got, o.as)
		}
		if strings.Join(got, " ") != c.names || !slices.Equal(n.conflicts, c.conflicts) {
			t.Errorf("%s: %v, %+v", policy, got, n.conflicts)
		}
		if to, ok := v.names(door{provider: "a"}, nil).find(door{provider: "a"}, tools, "hangar_list"); !ok || to.provider != "a" {
			t.Errorf("at its provider's own door it is %v", to)
		}
	}
}

// A URI is kept wherever it can be; one that is not listed is found all the same where only one provider could have it.
func TestWhoseResourceAURIIs(t *testing.T) {
	stock := func(id provider.ID, items ...provider.Item) *shelf {
		return newShelf(provider.Provider{ID: id}, items, func(string, ...any) { t.Error("left out") })
	}
	res := func(uri string) provider.Item {
		return provider.Item{Kind: provider.Resource, Name: uri, Raw: json.RawMessage(fmt.Sprintf(`{"uri":%q,"name":"x"}`, uri))}
	}
	tpl := func(uri string) provider.Item {
		return provider.Item{Kind: provider.Template, Name: uri, Raw: json.RawMessage(fmt.Sprintf(`{"uriTemplate":%q,"name":"x"}`, uri))}
	}
	v := newView([]*shelf{
		stock("a", res("file:///a"), res("file:///both"), tpl("test://{id}/data"), tpl("same://{x}")),
		stock("b", res("file:///both"), res("odd://1"), tpl("test://{id}/data/{more}"), tpl("same://{x}")),
		stock("c"),
	}, func(string, ...any) { t.Error("complained") })
	all := door{prefix: Always}
	for uri, want := range map[string]string{
		"file:///a":               "a file:///a",
		"file:///both":            "a file:///both",
		"hangar://b/file:///both": "b file:///both",
		"hangar://a/file:///both": "a file:///both",
		"hangar://zzz/file:///b":  "",
		"hangar://b/":             "",
		"test://7/data":           "a test://7/data",
		"test://7/data/8":         "b test://7/data/8",
		"same://1":                "a same://1",
		"hangar://b/same://1":     "b same://1",
		"odd://2":                 "b odd://2", // nobody else has that scheme
		"file:///c":               "",          // two have
		"http://x":                "",
	} {
		to, ok := v.names(all, nil).findURI(all, uri)
		if found := string(to.provider) + " " + to.name; ok != (want != "") || ok && found != want {
			t.Errorf("%s leads to %q, %v; want %q", uri, found, ok, want)
		}
	}
	if got := listed(v, all, resources); got != `{"resources":[{"uri":"file:///a","name":"x"},{"uri":"file:///both","name":"x"},{"uri":"hangar://b/file:///both","name":"x"},{"uri":"odd://1","name":"x"}]` {
		t.Errorf("%s", got)
	}
	if got := listed(v, all, templates); !strings.Contains(got, `"hangar://b/same://{x}"`) {
		t.Errorf("%s", got)
	}
}

func TestTemplates(t *testing.T) {
	for template, c := range map[string]struct{ yes, no string }{
		"a://x":             {"a://x", "a://y"},
		"a://{x}":           {"a://b/c", "b://b"},
		"a://{x}/b":         {"a://1/b", "a://1/c"},
		"a://{x}/b/{+y}/c":  {"a://1/b/2/3/c", "a://1/2/c"},
		"a://{x}{?q}":       {"a://1?q=2", "b://"},
		"a://{unterminated": {"", "a://x"},
	} {
		if c.yes != "" && !matches(template, c.yes) || matches(template, c.no) {
			t.Errorf("%s: %s is %v, %s is %v", template, c.yes, matches(template, c.yes), c.no, matches(template, c.no))
		}
	}
}

func TestAToolWithTwoNamesIsNotOffered(t *testing.T) {
	left := 0
	s := newShelf(provider.Provider{ID: "p"}, provider.Catalogue{
		{Kind: provider.Tool, Name: "a", Raw: json.RawMessage(`{"name":"a","name":"b"}`)},
		{Kind: provider.Tool, Name: "c", Raw: json.RawMessage("{\n\"name\": \"c\",\n \"x\": \"\\n\" }")},
		{Kind: provider.Prompt, Name: "p", Raw: json.RawMessage(`{"name":"p"}`)},
	}, func(string, ...any) { left++ })
	v := newView([]*shelf{s}, nil)
	if page := listed(v, door{provider: "p"}, tools); left != 1 || page != `{"tools":[{ "name": "c",  "x": "\n" }]` {
		t.Errorf("%d left out; %s", left, page)
	}
}

func TestInstructionsHaveABudget(t *testing.T) {
	big := shelfOf(t, "big")
	big.instructions = strings.Repeat("x", instructionBudget)
	one, two := shelfOf(t, "one"), shelfOf(t, "two")
	one.instructions, two.instructions = "Do this.", "Do that."
	v := newView([]*shelf{big, one, two}, nil)
	told := func(d door) string { return (&glimpse{door: d, names: v.names(d, nil)}).gather() }
	if told(door{prefix: Always}) != "## one\n\nDo this.\n\n## two\n\nDo that." || told(door{provider: "big"}) != big.instructions || told(door{provider: "no"}) != "" {
		t.Errorf("%q", told(door{prefix: Always}))
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
		l := newListing("tools", tc.raws, 3)
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
	l, other := newListing("tools", raw, 1), newListing("tools", raw[:2], 1)
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

// A catalogue may stay as it is for months, while groups change and things that cannot be offered come and go.
func TestWhatIsKeptOfAViewHasAnEnd(t *testing.T) {
	c := newCatalogue(Options{Log: slog.New(slog.DiscardHandler)})
	v := c.current.Load()
	d := door{group: "g"}
	for i := range 2 * maxNamings {
		g := &group.Group{ID: "g"}
		if v.names(d, g) == nil {
			t.Fatal("no names")
		}
		c.left("something", "name", fmt.Sprint(i))
	}
	kept := 0
	v.named.Range(func(any, any) bool { kept++; return true })
	if kept >= maxNamings || len(c.warned) > maxWarned {
		t.Errorf("%d namings, %d warnings", kept, len(c.warned))
	}
}
