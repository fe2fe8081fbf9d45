package manage

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"hangar/backend/auth"
	"hangar/backend/fault"
	"hangar/backend/gateway"
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

// What the search mode is for: 500 tools cost a model a fraction of their definitions. docs/mcp.md has these figures.
func TestThreeDefinitionsInThePlaceOfFiveHundred(t *testing.T) {
	whole := 0
	for i := range 500 {
		whole += len(offer("p", fmt.Sprintf("tool_%d", i), strings.Repeat("what it does and when one wants that. ", 5), `{"a":{"type":"string","description":"the first"},"b":{"type":"integer"}}`).Raw)
	}
	tools, _ := setup(t)
	rights := everybody().Rights("ada")
	listed := tools.Tools(rights, true)
	if len(listed) != 3 {
		t.Fatalf("%d tools in the search mode", len(listed))
	}
	short, managing := size(listed), size(tools.Tools(rights, false))
	if short*50 > whole {
		t.Errorf("%d bytes in the place of %d", short, whole)
	}
	docs, err := os.ReadFile("../../docs/mcp.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, figure := range []string{
		fmt.Sprintf("%s bytes (about %s tokens)", thousands(whole), thousands(whole/4)), fmt.Sprintf("%s bytes (about %s tokens)", thousands(short), thousands(short/4)),
		fmt.Sprintf("%s bytes (about %s tokens)", thousands(managing), thousands(managing/4)),
	} {
		if !strings.Contains(string(docs), figure) {
			t.Errorf("docs/mcp.md lacks: %s", figure)
		}
	}
	t.Logf("%d bytes in the place of %d: about %d tokens saved", short, whole, (whole-short)/4)
}

func size(list []json.RawMessage) (bytes int) {
	for _, d := range list {
		bytes += len(d)
	}
	return bytes
}

func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%d,%03d", n/1000, n%1000)
}

// The permission of a tool is that of the route that it stands for, by the one table; and it is that route that it asks.
func TestAToolNeedsWhatItsRouteNeeds(t *testing.T) {
	for tool, route := range map[string]string{
		"hangar_approve":                    "POST /api/discovery/approve/{name}",
		"hangar_details/{provider_id}":      "GET /api/providers/{provider_id}",
		"hangar_discover":                   "POST /api/discovery/sources/{source_id}/scan",
		"hangar_discovered":                 "GET /api/discovery/pending",
		"hangar_group_list":                 "GET /api/groups",
		"hangar_group_rebalance/{group_id}": "POST /api/groups/{group_id}/rebalance",
		"hangar_health":                     "GET /api/system",
		"hangar_list":                       "GET /api/providers",
		"hangar_load":                       "POST /api/catalog/{entry_id}/deploy",
		"hangar_metrics":                    "GET /api/observability/metrics",
		"hangar_quarantine":                 "GET /api/discovery/quarantined",
		"hangar_reload_config":              "POST /api/config/reload",
		"hangar_sources":                    "GET /api/discovery/sources",
		"hangar_start/{provider_id}":        "POST /api/providers/{provider_id}/start",
		"hangar_status":                     "GET /api/providers",
		"hangar_stop/{provider_id}":         "POST /api/providers/{provider_id}/stop",
		"hangar_tools/{provider_id}":        "GET /api/providers/{provider_id}/tools",
		"hangar_unload/{provider_id}":       "DELETE /api/providers/{provider_id}",
		"hangar_warm/{provider_id}":         "POST /api/providers/{provider_id}/start",
		"hangar_call":                       "MCP tools/call",
		"hangar_find_tools":                 "MCP tools/call",
		"hangar_describe_tool":              "MCP tools/call",
		"hangar_fetch_continuation":         "MCP tools/call",
		"hangar_delete_continuation":        "MCP tools/call",
	} {
		rules, name := auth.Rules(), strings.Split(tool, "/")[0]
		if need := rules["TOOL "+tool]; need == "" || need != rules[route] {
			t.Errorf("%s needs %q, and %s needs %q", tool, need, route, rules[route])
		}
		if !strings.Contains(route, " /api/") || name == reload { // this one has its verb without the route, which says who asked
			continue
		}
		tools, _ := setup(t)
		asked := map[string]bool{}
		tools.o.Do = func(_ context.Context, method, target string, _ []byte) (int, []byte) {
			asked[method+" "+strings.Split(target, "?")[0]] = true
			return 200, []byte(`{"providers":[{"provider":"x","state":"cold"}],"groups":[],"sources":[{"source_id":"x","enabled":true}],"system":{},"summary":{},"source":"catalog","entries":[{"entry_id":"x","name":"x","verified":true}],"started":true}`)
		}
		arguments := map[string]string{}
		row, _ := tools.row(name)
		for _, p := range row.takes {
			if p.required {
				arguments[p.name] = "x"
			}
		}
		raw, _ := json.Marshal(arguments)
		if _, err := tools.Call(as(t.Context(), "ada"), gateway.OwnCall{Name: name, Arguments: raw}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if want := regexp.MustCompile(`\{.*?\}`).ReplaceAllString(route, "x"); !asked[want] {
			t.Errorf("%s asks %v, not %s", name, asked, want)
		}
	}
}

// What each tool says of itself can be read, and no two are called the same.
func TestEveryToolIsWellDefined(t *testing.T) {
	tools, _ := setup(t)
	names := tools.Names()
	slices.Sort(names)
	if len(slices.Compact(slices.Clone(names))) != len(names) {
		t.Errorf("a name twice: %v", names)
	}
	for _, row := range tools.table {
		var d struct {
			Name, Title, Description string
			InputSchema              struct {
				Type       string
				Properties map[string]struct{ Type string }
			}
			Annotations map[string]bool
		}
		if err := json.Unmarshal(row.definition(), &d); err != nil || d.Name != row.name || d.Title == "" || d.Description == "" || d.InputSchema.Type != "object" {
			t.Errorf("%s: %v: %+v", row.name, err, d)
		}
		if _, marked := d.Annotations["destructiveHint"]; marked == row.reads || !strings.HasPrefix(row.name, "hangar_") {
			t.Errorf("%s: %v", row.name, d.Annotations)
		}
	}
	if len(names) != 24 {
		t.Errorf("%d tools: the reference has 22, and two find", len(names))
	}
}

// Who may not call a tool does not see it, and is told that there is none.
func TestNobodySeesWhatTheyMayNotCall(t *testing.T) {
	tools, _ := setup(t)
	for _, search := range []bool{true, false} {
		if list := tools.Tools(everybody().Rights("nobody"), search); len(list) != 0 {
			t.Errorf("search %v: %s", search, list)
		}
	}
	for _, name := range append(tools.Names(), "hangar_none") {
		if _, err := tools.Call(as(t.Context(), "nobody"), gateway.OwnCall{Name: name, Arguments: json.RawMessage(`{}`)}); !fault.Is(err, fault.Missing) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The search mode finds the tools of Hangar as well, and calls them.
func TestTheSearchModeReachesHangarsOwnTools(t *testing.T) {
	tools, _ := setup(t)
	tools.o.Do = func(_ context.Context, method, target string, _ []byte) (int, []byte) {
		return 200, []byte(fmt.Sprintf(`{"sources":[],"asked":%q}`, method+" "+target))
	}
	raw, err := tools.Call(as(t.Context(), "ada"), gateway.OwnCall{Name: find, Arguments: json.RawMessage(`{"query":"discovery sources"}`)})
	if err != nil || !strings.Contains(string(raw), `"provider":"hangar","tool":"hangar_sources"`) {
		t.Errorf("%v: %s", err, raw)
	}
	r := run(t, tools, `{"calls":[{"provider":"hangar","tool":"hangar_sources","arguments":{}},{"provider":"hangar","tool":"hangar_sources","arguments":{"x":1}}]}`)
	if r.Succeeded != 1 || r.Failed != 1 || !strings.Contains(string(r.Results[0].Result), "GET /api/discovery/sources") {
		t.Errorf("%+v", r)
	}
}

// Arguments go into the path, the query and the body; an error comes back in the words of the tools.
func TestAToolStandsForARoute(t *testing.T) {
	tools, _ := setup(t)
	var asked []string
	tools.o.Do = func(_ context.Context, method, target string, body []byte) (int, []byte) {
		asked = append(asked, method+" "+target+" "+string(body))
		if strings.Contains(target, "missing") {
			return 404, []byte(`{"error":"ProviderNotFoundError","message":"there is none","status_code":404,"details":{"a":1}}`)
		}
		return 200, []byte(`{"ok":true,"providers":[],"groups":[]}`)
	}
	use := func(name, arguments string) string {
		raw, err := tools.Call(as(t.Context(), "ada"), gateway.OwnCall{Name: name, Arguments: json.RawMessage(arguments)})
		return fmt.Sprint(string(raw), err)
	}
	use("hangar_stop", `{"provider":"a/b c","reason":"r"}`)
	use("hangar_list", `{"state_filter":"cold"}`)
	got := use("hangar_details", `{"provider":"missing"}`)
	want := []string{
		`POST /api/providers/a%2Fb%20c/stop {"reason":"r"}`, `GET /api/providers?state=cold `, `GET /api/groups `, `GET /api/providers/missing `,
	}
	if !slices.Equal(asked, want) {
		t.Errorf("%q\nwant %q", asked, want)
	}
	if !strings.Contains(got, `"structuredContent":{"error":"there is none","type":"ProviderNotFoundError","details":{"a":1}}`) || !strings.Contains(got, `"isError":true`) {
		t.Error(got)
	}
	if got := use("hangar_list", `{"state_filter":"warm"}`); !strings.Contains(got, "must be one of cold") {
		t.Error(got)
	}
}
