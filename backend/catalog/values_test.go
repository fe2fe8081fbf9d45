package catalog

import (
	"strings"
	"testing"

	"hangar/backend/fault"
	"hangar/backend/provider"
)

func TestWhatADeployMayNotSay(t *testing.T) {
	r := Recipe{
		Spec: provider.Spec{Mode: provider.Subprocess, Command: []string{"run", "{dir}", "{n}", "{c}", "{on}", "{list}", "{f}"}, Env: map[string]string{"T": "{token}"}},
		Variables: []Variable{
			{Name: "dir", Type: Path, Required: true, Description: "Where to look"}, {Name: "n", Type: Integer, Default: "1"}, {Name: "c", Choices: []string{"a", "b"}, Default: "a"},
			{Name: "on", Type: Boolean, Default: "true"}, {Name: "list", Many: true, Default: "x"}, {Name: "f", Type: Number, Default: "1.5"}, {Name: "token", Secret: true, Required: true},
		},
	}
	must(t, r.check())
	for name, c := range map[string]struct {
		variables, secrets map[string]any
		says               []string
	}{
		"nothing at all":             {nil, nil, []string{"variables.dir: is needed: Where to look", "secrets.token: is needed"}},
		"an unknown variable":        {map[string]any{"dri": "/a"}, nil, []string{"variables.dri: there is no such variable; known are dir, n, c, on, list, f"}},
		"an unknown secret":          {nil, map[string]any{"tokn": canary}, []string{"secrets.tokn: there is no such variable; known are token"}},
		"a secret among variables":   {map[string]any{"token": canary}, nil, []string{"variables.token: is a secret; give it in secrets"}},
		"a variable among secrets":   {nil, map[string]any{"dir": "/a"}, []string{"secrets.dir: is no secret"}},
		"a path that is relative":    {map[string]any{"dir": "notes"}, nil, []string{"variables.dir: must be an absolute path"}},
		"a number that is text":      {map[string]any{"n": "many"}, nil, []string{"variables.n: must be a whole number"}},
		"a fraction":                 {map[string]any{"n": 1.5}, nil, []string{"variables.n: must be a whole number"}},
		"no number":                  {map[string]any{"f": "x"}, nil, []string{"variables.f: must be a number"}},
		"not one of the choices":     {map[string]any{"c": "z"}, nil, []string{"variables.c: must be one of a, b"}},
		"neither on nor off":         {map[string]any{"on": "yes"}, nil, []string{"variables.on: must be true or false"}},
		"a list where one is wanted": {map[string]any{"n": []int{1, 2}}, nil, []string{"variables.n: takes one value"}},
		"an object":                  {map[string]any{"dir": map[string]any{}}, nil, []string{"variables.dir: must be a text, a number or a boolean"}},
		"a control character":        {map[string]any{"dir": "/a\x00b"}, nil, []string{"variables.dir: must be text without control characters"}},
		"a secret of two parts":      {nil, map[string]any{"token": []string{canary, canary}}, []string{"secrets.token: takes one value"}},
		"a secret that is too long":  {nil, map[string]any{"token": strings.Repeat(canary, 10_000)}, []string{"secrets.token: at most"}},
		"too many values":            {map[string]any{"list": strings.Split(strings.Repeat("a", 51), "")}, nil, []string{"variables.list: at most 50"}},
		"only empty ones":            {map[string]any{"dir": ""}, map[string]any{"token": nil}, []string{"variables.dir: is needed", "secrets.token: is needed"}},
	} {
		_, err := r.answers(raw(c.variables), raw(c.secrets))
		if err == nil {
			t.Errorf("%s was taken", name)
			continue
		}
		refused(t, err, fault.Invalid, c.says...)
		if strings.Contains(err.Error(), canary) {
			t.Errorf("%s: the error tells a secret: %v", name, err)
		}
	}
}

func TestTheFormOfAnEntry(t *testing.T) {
	r := Recipe{Variables: []Variable{
		{Name: "dirs", Type: Path, Many: true, Required: true, Example: "/srv"}, {Name: "mode", Choices: []string{"a", "b"}, Default: "a", Description: "How"},
		{Name: "api_token", Secret: true, Required: true}, {Name: "n", Type: Integer, Default: "3", Required: true},
	}}
	want := `{"additionalProperties":false,"properties":{` +
		`"api_token":{"format":"password","title":"api token","type":"string","writeOnly":true,"x-order":2},` +
		`"dirs":{"examples":[["/srv"]],"items":{"format":"path","type":"string"},"maxItems":50,"title":"dirs","type":"array","x-order":0},` +
		`"mode":{"default":"a","description":"How","enum":["a","b"],"title":"mode","type":"string","x-order":1},` +
		`"n":{"default":3,"title":"n","type":"integer","x-order":3}},` +
		`"required":["dirs","api_token"],"type":"object"}`
	if got := text(r.Form()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestWhatAnEntryMayNotBe(t *testing.T) {
	fine := func() Entry {
		return Entry{Name: "x", Description: "d", Recipe: Recipe{Spec: provider.Spec{Mode: provider.Subprocess, Command: []string{"run"}}}}
	}
	asks := func(e *Entry, v ...Variable) { e.Recipe.Variables = v }
	must(t, fine().check())
	for name, c := range map[string]struct {
		change func(*Entry)
		field  string
	}{
		"no name":                       {func(e *Entry) { e.Name = "" }, "name"},
		"a name of other characters":    {func(e *Entry) { e.Name = "a<b" }, "name"},
		"no description":                {func(e *Entry) { e.Description = " " }, "description"},
		"a description of two lines":    {func(e *Entry) { e.Description = "a\nb" }, "description"},
		"a homepage that is a script":   {func(e *Entry) { e.Homepage = "javascript:alert(1)" }, "homepage"},
		"a tag in upper case":           {func(e *Entry) { e.Tags = []string{"ok", "No"} }, "tags[1]"},
		"too many tags":                 {func(e *Entry) { e.Tags = strings.Split(strings.Repeat("a", 31), "") }, "tags"},
		"no mode":                       {func(e *Entry) { e.Recipe.Spec.Mode = "" }, "mode"},
		"an unknown mode":               {func(e *Entry) { e.Recipe.Spec.Mode = "vm" }, "mode"},
		"no command":                    {func(e *Entry) { e.Recipe.Spec.Command = nil }, "command"},
		"no image":                      {func(e *Entry) { e.Recipe.Spec = provider.Spec{Mode: provider.Docker} }, "image"},
		"no endpoint":                   {func(e *Entry) { e.Recipe.Spec = provider.Spec{Mode: provider.Remote} }, "endpoint"},
		"a program that is a variable":  {func(e *Entry) { e.Recipe.Spec.Command = []string{"{x}"}; asks(e, Variable{Name: "x", Required: true}) }, "command"},
		"a variable that nothing uses":  {func(e *Entry) { asks(e, Variable{Name: "x"}) }, "variables[0].name"},
		"a variable twice":              {func(e *Entry) { asks(e, Variable{Name: "x"}, Variable{Name: "x"}) }, "variables[1].name"},
		"a variable of a strange name":  {func(e *Entry) { asks(e, Variable{Name: "x y"}) }, "variables[0].name"},
		"a variable of a strange type":  {func(e *Entry) { asks(e, Variable{Name: "x", Type: "date"}) }, "variables[0].type"},
		"a secret with a default":       {func(e *Entry) { asks(e, Variable{Name: "x", Secret: true, Default: "s"}) }, "variables[0].secret"},
		"a default that is not allowed": {func(e *Entry) { asks(e, Variable{Name: "x", Choices: []string{"a"}, Default: "b"}) }, "variables[0].default"},
		"a switch that is no boolean":   {func(e *Entry) { asks(e, Variable{Name: "x"}); e.Recipe.More = []Part{{When: "x", Args: []string{"a"}}} }, "more[0].when"},
		"a part of nothing":             {func(e *Entry) { e.Recipe.More = []Part{{}} }, "more[0].args"},
		"a secret on the command line": {func(e *Entry) {
			e.Recipe.Spec.Command = []string{"run", "--token={x}"}
			asks(e, Variable{Name: "x", Secret: true, Required: true})
		}, "command[1]"},
		"a secret in a part": {func(e *Entry) {
			e.Recipe.More = []Part{{Args: []string{"{x}"}}}
			asks(e, Variable{Name: "x", Secret: true})
		}, "more[0].args[0]"},
		"a secret in an address": {func(e *Entry) {
			e.Recipe.Spec = provider.Spec{Mode: provider.Remote, Endpoint: "https://a.example/?key={x}"}
			asks(e, Variable{Name: "x", Secret: true, Required: true})
		}, "endpoint"},
		"an argument that may be missing": {func(e *Entry) { e.Recipe.Spec.Command = []string{"run", "{x}"}; asks(e, Variable{Name: "x"}) }, "command[1]"},
		"many values inside an argument": {func(e *Entry) {
			e.Recipe.Spec.Command = []string{"run", "a{x}"}
			asks(e, Variable{Name: "x", Required: true, Many: true})
		}, "command[1]"},
		"a reference to a secret of ours": {func(e *Entry) { e.Recipe.Spec.Env = map[string]string{"A": "${env:AWS_SECRET}"} }, "env.A"},
		"a default that refers to one": {func(e *Entry) {
			e.Recipe.Spec.Env = map[string]string{"A": "{x}{y}"}
			asks(e, Variable{Name: "x", Default: "$"}, Variable{Name: "y", Default: "{env:AWS_SECRET}"})
		}, "variables[0]"},
		"a reserved variable of the environment": {func(e *Entry) { e.Recipe.Spec.Env = map[string]string{"HANGAR_X": "1"} }, "env.HANGAR_X"},
	} {
		e := fine()
		c.change(&e)
		err := e.check()
		if err == nil {
			t.Errorf("%s was taken", name)
			continue
		}
		if !strings.HasPrefix(fault.From(err).Message, c.field+":") || !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v, want field %s", name, err, c.field)
		}
	}
}
