package catalog

import (
	"encoding/json"
	"strings"
	"testing"

	"hangar/backend/provider"
)

const canary = "canary-7f3a"

// sample answers every question of a recipe; secrets are canaries.
func sample(r Recipe) (variables, secrets map[string]json.RawMessage) {
	variables, secrets = map[string]json.RawMessage{}, map[string]json.RawMessage{}
	for _, v := range r.Variables {
		value := "value"
		switch {
		case len(v.Choices) > 0:
			value = v.Choices[0]
		case v.kind() == Path:
			value = "/srv/" + v.Name
		case v.kind() == Boolean:
			value = "true"
		case v.kind() == Integer, v.kind() == Number:
			value = "7"
		case strings.Contains(strings.ToLower(v.Name), "url"):
			value = "https://example.com"
		}
		if v.Secret {
			secrets[v.Name] = raw(map[string]any{"x": canary})["x"]
			continue
		}
		variables[v.Name] = raw(map[string]any{"x": value})["x"]
	}
	return variables, secrets
}

func TestEveryBuiltInEntryDeploys(t *testing.T) {
	b := setup(t)
	all, total, err := b.Search(b.ctx, Query{})
	must(t, err)
	if total < 30 || len(all) != total {
		t.Fatalf("%d of %d entries", len(all), total)
	}
	for _, e := range all {
		if e.Source != Builtin || e.ID != e.Name || len(e.Tags) == 0 || e.Title == "" || e.Name != "demo" && e.Homepage == "" {
			t.Errorf("%s lacks something: %+v", e.Name, e)
		}
		variables, secrets := sample(e.Recipe)
		id, err := b.Deploy(b.ctx, e.ID, Order{Variables: variables, Secrets: secrets})
		if err != nil {
			t.Errorf("%s: %v", e.Name, err)
			continue
		}
		s := b.spec(id)
		open := text([]any{s.Command, s.Args, s.Endpoint, s.Volumes, s.Image, s.Description})
		if strings.Contains(open, canary) || strings.Contains(open, "{") {
			t.Errorf("%s: %s", e.Name, open)
		}
		if len(secrets) > 0 && !strings.Contains(text(s), canary) {
			t.Errorf("%s does not use its secret: %s", e.Name, text(s))
		}
		if e.Needs() == "" && s.Mode != provider.Remote && e.Name != "demo" {
			t.Errorf("%s does not say what it needs", e.Name)
		}
	}
	if got := b.spec("demo").Command; text(got) != `["/opt/hangar","demo"]` {
		t.Errorf("the demo runs %q", got)
	}
	for _, line := range b.said(0) {
		if strings.Contains(line, canary) {
			t.Errorf("an event tells a secret: %s", line)
		}
	}
}

// What is optional may be left out, and then leaves nothing behind.
func TestEveryBuiltInEntryDeploysWithWhatIsRequired(t *testing.T) {
	b := setup(t)
	all, _, err := b.Search(b.ctx, Query{})
	must(t, err)
	for _, e := range all {
		variables, secrets := sample(e.Recipe)
		for _, v := range e.Recipe.Variables {
			if !v.asked() {
				delete(variables, v.Name)
				delete(secrets, v.Name)
			}
		}
		id, err := b.Deploy(b.ctx, e.ID, Order{Variables: variables, Secrets: secrets})
		if err != nil {
			t.Errorf("%s: %v", e.Name, err)
			continue
		}
		if got := text(b.spec(id)); strings.Contains(got, "{") && strings.Contains(got[1:len(got)-1], `:"{`) {
			t.Errorf("%s keeps a placeholder: %s", e.Name, got)
		}
	}
}
