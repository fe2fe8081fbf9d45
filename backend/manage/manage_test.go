package manage

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"hangar/backend/gateway"
	"hangar/backend/invoke"
	"hangar/backend/provider"
)

func TestWords(t *testing.T) {
	for text, want := range map[string]string{
		"create_issue": "create issue", "createIssue": "create issue", "HTTPGet a-b": "httpget a b", "": "", "Grüße, 2 Äpfel": "grüße 2 äpfel",
	} {
		if got := strings.Join(words(text), " "); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}

// The best comes first: a word in the name is worth more than one in the description, a rare one more than a common one.
func TestTheBestToolComesFirst(t *testing.T) {
	all := []provider.Offer{
		offer("github", "create_issue", "Opens a new issue in a repository", `{"title":{"type":"string"},"repo":{"type":"string"}}`),
		offer("github", "list_issues", "Lists the issues of a repository", `{"repo":{"type":"string"}}`),
		offer("files", "read_file", "Reads a file", `{"path":{"type":"string","description":"where the file is"}}`),
		offer("mail", "send", "Sends a message, perhaps about an issue", `{"to":{"type":"string"}}`),
		offer("weather", "forecast", "What the weather will be", `{"city":{"type":"string"}}`),
	}
	for query, want := range map[string]string{
		"create issue": "create_issue list_issues send", "read file": "read_file", "weather in a city": "forecast", "path": "read_file",
		"issues": "list_issues create_issue send", "nonsense": "", "": "",
	} {
		var got []string
		for _, f := range rank(all, query) {
			got = append(got, f.Tool)
		}
		n := len(strings.Fields(want))
		if len(got) < n || strings.Join(got[:n], " ") != want || n == 0 && len(got) > 0 {
			t.Errorf("%q: %v, want %q first", query, got, want)
		}
	}
	first := fmt.Sprint(rank(all, "repository"))
	for range 20 {
		if again := fmt.Sprint(rank(all, "repository")); again != first {
			t.Fatal("the order is not the same every time")
		}
	}
}

// What the search mode is for: 500 tools cost a model a fraction of their definitions.
func TestThreeDefinitionsInThePlaceOfFiveHundred(t *testing.T) {
	whole := 0
	for i := range 500 {
		whole += len(offer("p", fmt.Sprintf("tool_%d", i), strings.Repeat("what it does and when one wants that. ", 5), `{"a":{"type":"string","description":"the first"},"b":{"type":"integer"}}`).Raw)
	}
	tools, _ := setup(t)
	short := 0
	for _, raw := range []string{find, describe, call} {
		if !tools.Has(raw) {
			t.Errorf("%s is not ours", raw)
		}
	}
	for _, d := range definitions() {
		if !json.Valid(d) {
			t.Errorf("%s", d)
		}
		short += len(d)
	}
	if short*50 > whole {
		t.Errorf("%d bytes in the place of %d", short, whole)
	}
	t.Logf("%d bytes in the place of %d: about %d tokens saved", short, whole, (whole-short)/4)
}

func run(t *testing.T, tools *Tools, arguments string) batchResult {
	t.Helper()
	raw, err := tools.Call(t.Context(), gateway.OwnCall{Name: call, Arguments: json.RawMessage(arguments)})
	if err != nil {
		t.Fatal(err)
	}
	var out struct{ StructuredContent batchResult }
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	r := out.StructuredContent
	if r.Succeeded+r.Failed+r.Cancelled != r.Total {
		t.Errorf("the counts do not add up: %+v", r)
	}
	return r
}

func TestABatchKeepsItsOrder(t *testing.T) {
	tools, f := setup(t)
	r := run(t, tools, `{"calls":[{"provider":"p1","tool":"a","arguments":{"n":9007199254740993}},{"provider":"pool","tool":"b","arguments":{}},{"provider":"p2","tool":"fail","arguments":{}},{"provider":"p2","tool":"bad","arguments":{}}]}`)
	if r.Success || r.Succeeded != 2 || r.Failed != 2 || r.BatchID == "" {
		t.Errorf("%+v", r)
	}
	if got := string(r.Results[0].Result); got != `{"content":[],"got":{"name":"a","arguments":{"n":9007199254740993}}}` {
		t.Errorf("the first: %s", got)
	}
	if r.Results[2].ErrorType != "UpstreamError" || r.Results[3].ErrorType != "ToolError" {
		t.Errorf("%+v", r.Results)
	}
	for _, c := range f.made {
		if c.Batch != r.BatchID {
			t.Errorf("a call of batch %q", c.Batch)
		}
	}
	if !slices.ContainsFunc(f.made, func(c invoke.Call) bool { return c.Provider == "member-of-pool" }) {
		t.Error("the group was not called")
	}
	if empty := run(t, tools, `{"calls":[]}`); !empty.Success || empty.Total != 0 {
		t.Errorf("nothing to do: %+v", empty)
	}
}

func TestABatchThatIsWrongCallsNothing(t *testing.T) {
	tools, f := setup(t)
	raw, err := tools.Call(t.Context(), gateway.OwnCall{Name: call, Arguments: json.RawMessage(`{"calls":[{"provider":"p1","tool":"a","arguments":{}},{"provider":"x","tool":"","arguments":[],"timeout":-1}]}`)})
	if err != nil || len(f.made) > 0 {
		t.Fatalf("%v, %d calls", err, len(f.made))
	}
	for _, field := range []string{`"provider"`, `"tool"`, `"arguments"`, `"timeout"`, `"isError":true`} {
		if !strings.Contains(string(raw), field) {
			t.Errorf("%s lacks %s", raw, field)
		}
	}
}

func TestABatchEndsInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tools, f := setup(t)
		r := run(t, tools, `{"timeout":5,"max_concurrency":1,"calls":[{"provider":"p1","tool":"a","arguments":{}},{"provider":"p1","tool":"slow","arguments":{}},{"provider":"p1","tool":"slow","arguments":{}}]}`)
		if r.Cancelled < 2 || r.Failed != 0 || r.ElapsedMS != 5000 {
			t.Errorf("%+v", r)
		}
		if f.ended != 1 { // the other one never had a place
			t.Errorf("%d calls were cancelled at their provider", f.ended)
		}
	})
}

func TestTheFirstFailureEndsTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tools, f := setup(t)
		r := run(t, tools, `{"fail_fast":true,"calls":[{"provider":"p1","tool":"slow","arguments":{}},{"provider":"p1","tool":"fail","arguments":{}}]}`)
		if r.Failed+r.Cancelled != 2 || r.Failed != 1 || f.ended > 1 || r.ElapsedMS != 0 {
			t.Errorf("%+v", r)
		}
	})
}
