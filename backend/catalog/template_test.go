package catalog

import (
	"testing"

	"hangar/backend/fault"
	"hangar/backend/provider"
)

func TestHowARecipeIsFilled(t *testing.T) {
	command := func(words ...string) provider.Spec {
		return provider.Spec{Mode: provider.Subprocess, Command: words}
	}
	one := Variable{Name: "x", Required: true}
	many := Variable{Name: "x", Required: true, Many: true}
	maybe := Variable{Name: "x"}
	for name, c := range map[string]struct {
		recipe Recipe
		given  map[string]any
		want   string // the spec as JSON, without what is always there
	}{
		"a value stays one argument, whatever it holds": {
			Recipe{Spec: command("run", "{x}"), Variables: []Variable{one}}, map[string]any{"x": `a b; rm -rf "$HOME" | {x} $(id)`},
			`["run","a b; rm -rf \"$HOME\" | {x} $(id)"]`},
		"a value inside an argument": {
			Recipe{Spec: command("run", "--to={x}:{x}"), Variables: []Variable{one}}, map[string]any{"x": "-1"}, `["run","--to=-1:-1"]`},
		"braces that are no variable are text": {
			Recipe{Spec: command("run", `{"a":{x}}`, "{y}", "{", "{}"), Variables: []Variable{one}}, map[string]any{"x": 1}, `["run","{\"a\":1}","{y}","{","{}"]`},
		"many values are many arguments": {
			Recipe{Spec: command("run", "{x}", "end"), Variables: []Variable{many}}, map[string]any{"x": []string{"a", "b c"}}, `["run","a","b c","end"]`},
		"many values take one as well": {
			Recipe{Spec: command("run", "{x}"), Variables: []Variable{many}}, map[string]any{"x": "a"}, `["run","a"]`},
		"a part repeats for each value": {
			Recipe{Spec: command("run"), More: []Part{{Args: []string{"--dir", "{x}"}}}, Variables: []Variable{many}}, map[string]any{"x": []string{"a", "b"}},
			`["run","--dir","a","--dir","b"]`},
		"a part without its value is left out": {
			Recipe{Spec: command("run"), More: []Part{{Args: []string{"--dir", "{x}"}}, {Args: []string{"end"}}}, Variables: []Variable{maybe}}, nil, `["run","end"]`},
		"a switch that is on": {
			Recipe{Spec: command("run"), More: []Part{{When: "x", Args: []string{"--fast"}}}, Variables: []Variable{{Name: "x", Type: Boolean}}}, map[string]any{"x": true},
			`["run","--fast"]`},
		"a switch that is off": {
			Recipe{Spec: command("run"), More: []Part{{When: "x", Args: []string{"--fast"}}}, Variables: []Variable{{Name: "x", Type: Boolean, Default: "true"}}}, map[string]any{"x": "false"},
			`["run"]`},
		"a default stands in": {
			Recipe{Spec: command("run", "{x}"), Variables: []Variable{{Name: "x", Default: "d"}}}, map[string]any{"x": ""}, `["run","d"]`},
		"a number may be negative": {
			Recipe{Spec: command("run", "{x}"), Variables: []Variable{{Name: "x", Type: Integer, Required: true}}}, map[string]any{"x": -5}, `["run","-5"]`},
	} {
		must(t, c.recipe.check())
		given, err := c.recipe.answers(raw(c.given), nil)
		must(t, err)
		s, err := c.recipe.fill(given)
		if got := text(s.Command); err != nil || got != c.want {
			t.Errorf("%s: %s, %v; want %s", name, got, err, c.want)
		}
	}
}

func TestWhereElseValuesGo(t *testing.T) {
	secret := Variable{Name: "s", Secret: true}
	for name, c := range map[string]struct {
		spec  provider.Spec
		more  []Part
		asked []Variable
		given map[string]any
		hides map[string]any
		want  func(provider.Spec) any
		says  string
	}{
		"the environment": {
			provider.Spec{Mode: provider.Subprocess, Command: []string{"run"}, Env: map[string]string{"A": "Bearer {s}", "B": "{o}", "C": "fixed"}}, nil,
			[]Variable{secret, {Name: "o"}}, nil, map[string]any{"s": "t"},
			func(s provider.Spec) any { return s.Env }, `{"A":"Bearer t","C":"fixed"}`},
		"headers": {
			provider.Spec{Mode: provider.Remote, Endpoint: "https://a.example", HTTP: &provider.HTTP{Headers: map[string]string{"X-Key": "{s}"}}}, nil,
			[]Variable{secret}, nil, map[string]any{"s": "t"}, func(s provider.Spec) any { return s.HTTP.Headers }, `{"X-Key":"t"}`},
		"credentials": {
			provider.Spec{Mode: provider.Remote, Endpoint: "https://a.example", Auth: &provider.Auth{Type: "bearer", BearerToken: "{s}"}}, nil,
			[]Variable{secret}, nil, map[string]any{"s": "t"}, func(s provider.Spec) any { return s.Auth }, `{"type":"bearer","bearer_token":"t"}`},
		"credentials that nobody gave are none": {
			provider.Spec{Mode: provider.Remote, Endpoint: "https://a.example", Auth: &provider.Auth{Type: "bearer", BearerToken: "{s}"}}, nil,
			[]Variable{secret}, nil, nil, func(s provider.Spec) any { return s.Auth }, `null`},
		"an address, escaped": {
			provider.Spec{Mode: provider.Remote, Endpoint: "https://{t}.example.com/{p}?q={p}"}, nil,
			[]Variable{{Name: "t", Required: true}, {Name: "p", Required: true}}, map[string]any{"t": "acme", "p": "a/b c&d=e?"}, nil,
			func(s provider.Spec) any { return s.Endpoint }, `"https://acme.example.com/a%2Fb%20c%26d%3De%3F?q=a%2Fb%20c%26d%3De%3F"`},
		"the beginning of an address, as it is": {
			provider.Spec{Mode: provider.Remote, Endpoint: "{t}/mcp"}, nil, []Variable{{Name: "t", Required: true}}, map[string]any{"t": "https://a.example/x"}, nil,
			func(s provider.Spec) any { return s.Endpoint }, `"https://a.example/x/mcp"`},
		"arguments of an image": {
			provider.Spec{Mode: provider.Docker, Image: "a/b", Args: []string{"{o}"}}, []Part{{Args: []string{"end"}}},
			[]Variable{{Name: "o", Default: "x"}}, nil, nil, func(s provider.Spec) any { return s.Args }, `["x","end"]`},
		"volumes": {
			provider.Spec{Mode: provider.Docker, Image: "a/b", Volumes: []string{"{o}:/data:ro", "{p}:/more"}}, nil,
			[]Variable{{Name: "o", Type: Path, Required: true}, {Name: "p", Type: Path}}, map[string]any{"o": "/srv/x"}, nil,
			func(s provider.Spec) any { return s.Volumes }, `["/srv/x:/data:ro"]`},
	} {
		r := Recipe{Spec: c.spec, More: c.more, Variables: c.asked}
		must(t, r.check())
		given, err := r.answers(raw(c.given), raw(c.hides))
		must(t, err)
		s, err := r.fill(given)
		if got := text(c.want(s)); err != nil || got != c.says {
			t.Errorf("%s: %s, %v; want %s", name, got, err, c.says)
		}
	}
}

// What a value can do to the place where it stands ends as a refusal.
func TestValuesThatWouldMeanMore(t *testing.T) {
	for name, c := range map[string]struct {
		spec  provider.Spec
		typ   string
		value string
		field string
	}{
		"an option instead of an argument":  {provider.Spec{Mode: provider.Subprocess, Command: []string{"run", "{x}"}}, String, "--config=/evil", "variables.x"},
		"an option at the beginning of one": {provider.Spec{Mode: provider.Subprocess, Command: []string{"run", "{x}.txt"}}, String, "-o", "variables.x"},
		"another volume":                    {provider.Spec{Mode: provider.Docker, Image: "a", Volumes: []string{"{x}:/data"}}, Path, "/srv/a:/etc", "variables.x"},
		"another host":                      {provider.Spec{Mode: provider.Remote, Endpoint: "https://{x}.example.com/"}, String, "evil.test/", "endpoint"},
		"somebody's credentials":            {provider.Spec{Mode: provider.Remote, Endpoint: "https://{x}example.com/"}, String, "me@", "endpoint"},
		"another scheme":                    {provider.Spec{Mode: provider.Remote, Endpoint: "{x}"}, String, "file:///etc/passwd", "endpoint"},
		"the metadata service":              {provider.Spec{Mode: provider.Remote, Endpoint: "{x}"}, String, "http://169.254.169.254/", "endpoint"},
		"a second header":                   {provider.Spec{Mode: provider.Remote, Endpoint: "https://a.example", HTTP: &provider.HTTP{Headers: map[string]string{"X-A": "{x}"}}}, String, "a\nX-B: c", "http.headers.X-A"},
		"the host's own files":              {provider.Spec{Mode: provider.Docker, Image: "a", Volumes: []string{"{x}:/data"}}, Path, "/etc", "volumes[0]"},
	} {
		b := setup(t)
		e, err := b.Add(b.ctx, Entry{Name: "x", Description: "d", Recipe: Recipe{Spec: c.spec, Variables: []Variable{{Name: "x", Type: c.typ, Required: true}}}})
		must(t, err)
		_, err = b.Deploy(b.ctx, e.ID, Order{Variables: raw(map[string]any{"x": c.value})})
		if err == nil {
			t.Errorf("%s: %s", name, text(b.spec("x")))
			continue
		}
		refused(t, err, fault.Invalid, c.field)
	}
}
