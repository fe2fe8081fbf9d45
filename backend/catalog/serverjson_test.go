package catalog

import (
	"encoding/json"
	"strings"
	"testing"

	"hangar/backend/fault"
	"hangar/backend/provider"
)

const (
	npmServer = `{
  "$schema": "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json",
  "name": "io.github.example/weather-mcp", "title": "Weather", "description": "Weather data and forecasts", "version": "1.2.0",
  "websiteUrl": "https://weather.example.com", "repository": {"url": "https://github.com/example/weather-mcp", "source": "github"},
  "packages": [{
    "registryType": "npm", "registryBaseUrl": "https://registry.npmjs.org", "identifier": "@example/weather-mcp", "version": "1.2.0",
    "runtimeHint": "npx", "transport": {"type": "stdio"},
    "packageArguments": [
      {"type": "positional", "value": "serve"},
      {"type": "named", "name": "--stdio"},
      {"type": "named", "name": "--units", "description": "Units", "default": "celsius", "choices": ["celsius", "fahrenheit"], "isRequired": true},
      {"type": "named", "name": "--port", "description": "A port", "format": "number"},
      {"type": "named", "name": "--verbose", "description": "Say more", "format": "boolean"},
      {"type": "positional", "valueHint": "target_dir", "description": "Where", "format": "filepath", "isRequired": true, "isRepeated": true}
    ],
    "environmentVariables": [
      {"name": "WEATHER_API_KEY", "description": "The key", "isRequired": true, "isSecret": true},
      {"name": "LOG_LEVEL", "default": "info"},
      {"name": "REGION", "value": "eu-{zone}", "variables": {"zone": {"description": "Zone", "isRequired": true}}},
      {"name": "FIXED", "value": "{not a variable}"}
    ]
  }]
}`
	ociServer = `{
  "name": "io.github.example/database", "description": "Databases", "version": "3.1.0",
  "packages": [{
    "registryType": "oci", "identifier": "docker.io/example/database-mcp:3.1.0", "transport": {"type": "stdio"}, "runtimeHint": "docker",
    "runtimeArguments": [
      {"type": "named", "name": "--network", "value": "host"},
      {"type": "named", "name": "--rm"}, {"type": "named", "name": "-i"},
      {"type": "named", "name": "-e", "value": "DB_TYPE={db_type}", "isRepeated": true, "variables": {"db_type": {"choices": ["postgres", "mysql"], "isRequired": true}}},
      {"type": "named", "name": "--mount", "value": "type=bind,src={source},dst=/project,readonly", "variables": {"source": {"format": "filepath", "isRequired": true}}},
      {"type": "named", "name": "-v", "value": "cache:/cache"}
    ],
    "packageArguments": [{"type": "positional", "value": "stdio"}, {"type": "named", "name": "--host", "default": "localhost"}],
    "environmentVariables": [{"name": "DB_PASSWORD", "isRequired": true, "isSecret": true}]
  }]
}`
	remoteServer = `{"server": {
  "name": "com.example/analytics", "description": "Numbers", "version": "2.0.0",
  "remotes": [
    {"type": "streamable-http", "url": "https://{tenant}.example.com/mcp", "variables": {"tenant": {"description": "Your tenant", "isRequired": true}},
     "headers": [{"name": "Authorization", "description": "A token", "isRequired": true, "isSecret": true, "value": "Bearer {token}", "variables": {"token": {"isSecret": true, "isRequired": true}}},
                 {"name": "X-Region", "default": "eu", "choices": ["eu", "us"]}]},
    {"type": "sse", "url": "https://old.example.com/sse"}
  ]
}, "_meta": {"io.modelcontextprotocol.registry/official": {"status": "active", "isLatest": true}}}`
	pypiServer = `{"name": "io.github.example/py", "description": "Python", "version": "0.5.0", "packages": [
  {"registryType": "pypi", "identifier": "weather-mcp-server", "version": "0.5.0", "runtimeHint": "uvx", "transport": {"type": "stdio"},
   "runtimeArguments": [{"type": "named", "name": "--python", "value": "3.12"}]},
  {"registryType": "nuget", "identifier": "Weather.Mcp", "version": "0.5.0", "transport": {"type": "stdio"}}],
  "remotes": [{"type": "streamable-http", "url": "https://mcp.example.com/mcp"}]}`
)

// The way from a server.json to what is run, as its author meant it.
func TestServersOfTheRegistrysFormat(t *testing.T) {
	for name, c := range map[string]struct {
		document           string
		variables, secrets map[string]any
		id                 string
		want               string
	}{
		"a package of npm": {
			npmServer, map[string]any{"target_dir": []string{"/a", "/b c"}, "verbose": true, "zone": "1"}, map[string]any{"WEATHER_API_KEY": "k"}, "io-github-example-weather-mcp-npm",
			`{"mode":"subprocess","command":["npx","-y","@example/weather-mcp@1.2.0","serve","--stdio","--units","celsius","--verbose","/a","/b c"],` +
				`"env":{"FIXED":"{not a variable}","LOG_LEVEL":"info","REGION":"eu-1","WEATHER_API_KEY":"k"}`},
		"an image": {
			ociServer, map[string]any{"db_type": "mysql", "source": "/srv/x"}, map[string]any{"DB_PASSWORD": "p"}, "io-github-example-database-oci",
			`{"mode":"docker","image":"docker.io/example/database-mcp:3.1.0","env":{"DB_PASSWORD":"p","DB_TYPE":"mysql"},`},
		"a remote server": {
			remoteServer, map[string]any{"tenant": "acme"}, map[string]any{"token": "t"}, "com-example-analytics-remote",
			`{"mode":"remote","endpoint":"https://acme.example.com/mcp",`},
		"a package of PyPI": {
			pypiServer, nil, nil, "io-github-example-py-pypi", `{"mode":"subprocess","command":["uvx","--python","3.12","weather-mcp-server@0.5.0"],`},
		"a remote server with a sign-in": {
			pypiServer, nil, nil, "io-github-example-py-remote", `{"mode":"remote","endpoint":"https://mcp.example.com/mcp",`},
	} {
		t.Run(name, func(t *testing.T) {
			b := setup(t)
			_, err := b.Import(b.ctx, []byte(c.document), false)
			must(t, err)
			id, err := b.Deploy(b.ctx, c.id, Order{Variables: raw(c.variables), Secrets: raw(c.secrets)})
			must(t, err)
			if got := text(b.spec(id)); !strings.HasPrefix(got, c.want) {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestTheRestOfAnImport(t *testing.T) {
	b := setup(t)
	for _, document := range []string{npmServer, ociServer, remoteServer} {
		_, err := b.Import(b.ctx, []byte(document), false)
		must(t, err)
	}
	e, err := b.Get(b.ctx, "io-github-example-weather-mcp-npm")
	must(t, err)
	if e.Title != "Weather" || e.Homepage != "https://weather.example.com" || e.Version != "1.2.0" || e.Source != Custom || e.ProviderID() != "weather-mcp" ||
		text(e.RequiredEnv()) != `["REGION","WEATHER_API_KEY"]` || e.Needs() != "npx" {
		t.Errorf("%+v", e)
	}
	id, err := b.Deploy(b.ctx, "io-github-example-database-oci", Order{Variables: raw(map[string]any{"db_type": "mysql", "source": "/srv/x"}), Secrets: raw(map[string]any{"DB_PASSWORD": "p"})})
	must(t, err)
	if s := b.spec(id); s.Network != "host" || text(s.Volumes) != `["/srv/x:/project:ro","cache:/cache"]` || text(s.Args) != `["stdio","--host","localhost"]` {
		t.Errorf("%s", text(s))
	}
	id, err = b.Deploy(b.ctx, "com-example-analytics-remote", Order{Variables: raw(map[string]any{"tenant": "acme"}), Secrets: raw(map[string]any{"token": "t"})})
	must(t, err)
	if s := b.spec(id); text(s.HTTP.Headers) != `{"Authorization":"Bearer t","X-Region":"eu"}` || s.Auth != nil {
		t.Errorf("%s", text(s))
	}
	imported, err := b.Import(b.ctx, []byte(pypiServer), false)
	must(t, err)
	if len(imported.Entries) != 2 || len(imported.Skipped) != 1 || imported.Skipped[0].Variant != "nuget" || !strings.Contains(imported.Skipped[0].Reason, "not supported") {
		t.Errorf("%+v", imported)
	}
}

func TestWhatCannotBeImported(t *testing.T) {
	server := func(packages string) string {
		return `{"name": "a.b/c", "description": "d", "version": "1", "packages": [` + packages + `]}`
	}
	for name, c := range map[string]struct {
		document string
		kind     fault.Kind
		says     string
	}{
		"no JSON":                         {"name: x", fault.Malformed, "no server.json"},
		"another document":                {`{"mcpServers": {}}`, fault.Invalid, "neither a name nor servers"},
		"the draft of July 2025":          {`{"name": "a/b", "version_detail": {"version": "1"}}`, fault.Invalid, "camelCase"},
		"a field of another type":         {`{"name": "a/b", "packages": {}}`, fault.Malformed, "no server.json"},
		"too much":                        {`{"name": "` + strings.Repeat("x", MaxDocument) + `"}`, fault.TooLarge, "at most"},
		"nothing to run":                  {server(""), fault.Invalid, "names no package"},
		"a bundle":                        {server(`{"registryType": "mcpb", "identifier": "https://x/y.mcpb", "transport": {"type": "stdio"}}`), fault.Invalid, `"mcpb" are not supported`},
		"a package with a port":           {server(`{"registryType": "npm", "identifier": "x", "transport": {"type": "streamable-http", "url": "http://localhost:{port}"}}`), fault.Invalid, "port of its own"},
		"an option for a name":            {server(`{"registryType": "npm", "identifier": "--eval", "transport": {"type": "stdio"}}`), fault.Invalid, "not the name of a package"},
		"an option of docker run":         {server(`{"registryType": "oci", "identifier": "a/b", "transport": {"type": "stdio"}, "runtimeArguments": [{"type": "named", "name": "--privileged"}]}`), fault.Invalid, "--privileged"},
		"a secret on the command line":    {server(`{"registryType": "npm", "identifier": "x", "transport": {"type": "stdio"}, "packageArguments": [{"type": "named", "name": "--token", "isSecret": true}]}`), fault.Invalid, "everybody can read"},
		"a secret in an address":          {`{"name": "a.b/c", "description": "d", "version": "1", "remotes": [{"type": "sse", "url": "https://x.example/{key}", "variables": {"key": {"isSecret": true, "isRequired": true}}}]}`, fault.Invalid, "everybody can read"},
		"a socket":                        {`{"name": "a.b/c", "description": "d", "version": "1", "remotes": [{"type": "websocket", "url": "wss://x"}]}`, fault.Invalid, "websocket"},
		"the metadata service":            {`{"name": "a.b/c", "description": "d", "version": "1", "remotes": [{"type": "sse", "url": "http://169.254.169.254/"}]}`, fault.Invalid, "endpoint"},
		"a name of other characters":      {`{"name": "<b>", "description": "d", "version": "1", "remotes": [{"type": "sse", "url": "https://x.example"}]}`, fault.Invalid, "name:"},
		"another runner with arguments":   {server(`{"registryType": "npm", "identifier": "x", "runtimeHint": "bunx", "transport": {"type": "stdio"}, "runtimeArguments": [{"type": "positional", "value": "--bun"}]}`), fault.Invalid, "bunx"},
		"a question for the runner":       {server(`{"registryType": "npm", "identifier": "x", "transport": {"type": "stdio"}, "runtimeArguments": [{"type": "positional", "value": "{x}", "variables": {"x": {}}}]}`), fault.Invalid, "npx itself"},
		"an argument of neither sort":     {server(`{"registryType": "npm", "identifier": "x", "transport": {"type": "stdio"}, "packageArguments": [{"type": "flag", "value": "x"}]}`), fault.Invalid, "neither positional nor named"},
		"a mount that is no volume":       {server(`{"registryType": "oci", "identifier": "a/b", "transport": {"type": "stdio"}, "runtimeArguments": [{"type": "named", "name": "--mount", "value": "type=tmpfs,dst=/x"}]}`), fault.Invalid, "mount"},
		"the socket of the engine itself": {server(`{"registryType": "oci", "identifier": "a/b", "transport": {"type": "stdio"}, "runtimeArguments": [{"type": "named", "name": "-v", "value": "/var/run/docker.sock:/var/run/docker.sock"}]}`), fault.Invalid, "volumes[0]"},
	} {
		b := setup(t)
		_, err := b.Import(b.ctx, []byte(c.document), false)
		if err == nil {
			t.Errorf("%s was taken", name)
			continue
		}
		refused(t, err, c.kind, c.says)
	}
}

func TestAPageOfARegistry(t *testing.T) {
	listed := func(server, meta string) string {
		return `{"server": ` + server + `, "_meta": {"io.modelcontextprotocol.registry/official": {` + meta + `}}}`
	}
	page := `{"servers": [` + strings.Join([]string{
		listed(npmServer, `"status": "active", "isLatest": true`),
		listed(ociServer, `"status": "deleted", "isLatest": true`),
		listed(pypiServer, `"status": "active", "isLatest": false`),
		listed(`{"name": "a.b/bundle", "description": "d", "version": "1", "packages": [{"registryType": "mcpb"}]}`, `"isLatest": true`),
		listed(`{"name": "a.b/broken", "description": "d", "packages": "none"}`, ``),
	}, ",") + `], "metadata": {"nextCursor": "c2"}}`
	p, servers, next, err := ReadPage([]byte(page))
	must(t, err)
	if servers != 5 || next != "c2" || len(p.Entries) != 1 || text(p.Gone) != `["io.github.example/database","a.b/bundle","a.b/broken"]` {
		t.Errorf("%d servers, next %q, %d entries, gone %v", servers, next, len(p.Entries), p.Gone)
	}
	if _, _, _, err := ReadPage([]byte("<html>")); err == nil {
		t.Error("a page of HTML was taken")
	}
}

// Whatever a registry says: no panic, every entry keeps the rules, and what is marked a secret never becomes readable.
func FuzzServers(f *testing.F) {
	for _, s := range []string{npmServer, ociServer, remoteServer, pypiServer, `{"servers":[` + remoteServer + `]}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		servers, err := parseServers(document)
		if err != nil {
			return
		}
		for _, s := range servers {
			made, _ := s.entries()
			for _, e := range made {
				must(t, e.check())
				if !json.Valid([]byte(text(e))) || !namePattern.MatchString(e.Name) {
					t.Fatalf("%+v", e)
				}
				variables, secrets := sample(e.Recipe)
				given, err := e.Recipe.answers(variables, secrets)
				if err != nil {
					continue
				}
				spec, err := e.Recipe.fill(given)
				if err != nil {
					continue
				}
				if open := text([]any{spec.Command, spec.Args, spec.Endpoint, spec.Volumes, spec.Image, spec.Network, spec.User}); strings.Contains(open, canary) {
					t.Fatalf("a secret can be read: %s", open)
				}
				if spec.Mode == provider.Subprocess && spec.Command[0] != "npx" && spec.Command[0] != "uvx" {
					t.Fatalf("it runs %q", spec.Command)
				}
			}
		}
	})
}
