package app_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"hangar/backend/apptest"
)

// The configuration is reloaded by a tool, too: listed where that is wanted, and never for somebody who may not say what is run.
func TestAToolReloadsTheConfiguration(t *testing.T) {
	a := apptest.Start(t, apptest.WithFile("mcp: {management_tools: true}\nproviders: {}\n"))
	if names := toolNames(t, a.URL+"/mcp"); !slices.Equal(names, []string{"hangar_reload_config"}) {
		t.Errorf("lists %v", names)
	}
	use := func() string {
		m := stateless(t, a.URL+"/mcp", "tools/call", object{}, object{"name": "hangar_reload_config", "arguments": object{}}).message(isAnswer)
		text, _ := json.Marshal(m)
		return string(text)
	}
	a.Write("mcp: {management_tools: true}\nproviders: {fresh: {command: [/bin/true]}}\n")
	if got := use(); !strings.Contains(got, `"providers_added":["fresh"]`) {
		t.Errorf("%s", got)
	}
	a.Want(200, "GET", "/api/providers/fresh", nil)
	a.Write("providers: [\n")
	if got := use(); !strings.Contains(got, "hangar.yaml:") || !strings.Contains(got, `"isError":true`) {
		t.Errorf("a broken file: %s", got)
	}
	if last := systemEvents(a, "ConfigurationReloaded"); len(last) != 1 || last[0]["requested_by"] != "tool" {
		t.Errorf("%v", last)
	}
	plain := apptest.Start(t, apptest.WithFile("providers: {}\n"))
	if names := toolNames(t, plain.URL+"/mcp"); len(names) != 0 {
		t.Errorf("unasked, it lists %v", names)
	}
}
