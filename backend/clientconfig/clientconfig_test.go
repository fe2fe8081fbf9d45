package clientconfig

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"hangar/backend/fault"
	"hangar/backend/provider"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const canary = "canary-9d1e"

func env(name string) (string, bool) {
	v, ok := map[string]string{"REGION": "eu", "MY_TOKEN": canary}[name]
	return v, ok
}

func options() Options { return Options{Home: "/home/ada", Workspace: "/work/app", Env: env} }

// told sums a candidate up: what it is called, what it is, what is to be said of it.
func told(c Candidate) string {
	out := string(c.ID) + " "
	if c.Skip != "" {
		out += "skip(" + c.Skip + ") "
	}
	if c.Problem != "" {
		return out + "problem(" + c.Problem + ")"
	}
	s := c.Spec
	out += strings.TrimSpace(fmt.Sprintf("%s %s", s.Mode, strings.Join(append([]string{s.Image, s.Endpoint}, append(slices.Clone(s.Command), s.Args...)...), " ")))
	out = strings.Join(strings.Fields(out), " ")
	for _, part := range []struct {
		name string
		v    any
	}{{"env", s.Env}, {"auth", s.Auth}, {"http", s.HTTP}, {"volumes", s.Volumes}, {"exposed", c.Exposed}} {
		if b, _ := json.Marshal(part.v); !slices.Contains([]string{"null", "{}", "[]"}, string(b)) {
			out += " " + part.name + "=" + string(b)
		}
	}
	return out
}

// Files as people have them.
func TestFilesOfClients(t *testing.T) {
	for name, c := range map[string]struct {
		file string
		want []string
	}{
		"Claude Desktop": {`{
  "globalShortcut": "",
  "mcpServers": {
    "filesystem": {"command": "npx", "args": ["-y", "@modelcontextprotocol/server-filesystem", "/Users/ada/Desktop", "/Users/ada/Downloads"]},
    "github": {"command": "docker", "args": ["run", "-i", "--rm", "-e", "GITHUB_PERSONAL_ACCESS_TOKEN", "ghcr.io/github/github-mcp-server"], "env": {"GITHUB_PERSONAL_ACCESS_TOKEN": "ghp_canary-9d1e"}},
    "brave-search": {"command": "npx", "args": ["-y", "@modelcontextprotocol/server-brave-search"], "env": {"BRAVE_API_KEY": "canary-9d1e", "LOG_LEVEL": "debug"}},
    "hangar": {"command": "/opt/bin/hangar", "args": ["serve", "--stdio"]}
  }
}`, []string{
			`brave-search subprocess npx -y @modelcontextprotocol/server-brave-search env={"BRAVE_API_KEY":"${env:BRAVE_API_KEY}","LOG_LEVEL":"debug"}`,
			`filesystem subprocess npx -y @modelcontextprotocol/server-filesystem /Users/ada/Desktop /Users/ada/Downloads`,
			`github docker ghcr.io/github/github-mcp-server env={"GITHUB_PERSONAL_ACCESS_TOKEN":"${env:GITHUB_PERSONAL_ACCESS_TOKEN}"}`,
			`hangar skip(it is Hangar itself) subprocess /opt/bin/hangar serve --stdio`,
		}},
		"Claude Desktop with a bridge to a remote server": {`{"mcpServers": {
  "linear": {"command": "npx", "args": ["-y", "mcp-remote", "https://mcp.linear.app/sse"]},
  "api": {"command": "npx", "args": ["mcp-remote@latest", "https://api.example.com/mcp", "--header", "Authorization: Bearer canary-9d1e", "--header", "X-Region:eu"]},
  "odd": {"command": "npx", "args": ["mcp-remote", "https://api.example.com/mcp", "--static-oauth-client-info", "@x.json"]}
}}`, []string{
			`api remote https://api.example.com/mcp auth={"type":"bearer","bearer_token":"${env:API_TOKEN}"} http={"headers":{"X-Region":"eu"}}`,
			`linear remote https://mcp.linear.app/sse auth={"type":"oauth"}`,
			`odd subprocess npx mcp-remote https://api.example.com/mcp --static-oauth-client-info @x.json`,
		}},
		"Claude Code, a project's .mcp.json": {`{"mcpServers": {
  "api": {"type": "http", "url": "${API_BASE:-https://api.example.com}/mcp", "headers": {"Authorization": "Bearer ${API_KEY}"}},
  "db": {"type": "stdio", "command": "${HOME}/bin/db", "args": ["--region=${REGION}", "--mode=${MODE:-ro}"], "env": {"DB_URL": "${DB_URL}", "LEVEL": "${LEVEL:-info}"}}
}}`, []string{
			`api remote https://api.example.com/mcp auth={"type":"bearer","bearer_token":"${env:API_KEY}"}`,
			`db subprocess /home/ada/bin/db --region=eu --mode=ro env={"DB_URL":"${env:DB_URL}","LEVEL":"info"}`,
		}},
		"Claude Code, the user's file": {`{"numStartups": 7, "mcpServers": {"a": {"command": "a"}}, "projects": {"/work/x": {"mcpServers": {"a": {"command": "other"}}}, "/work/y": {"history": []}}}`, []string{
			`a subprocess a`, `a-2 subprocess other`,
		}},
		"Cursor": {`{"mcpServers": {
  "local": {"command": "python", "args": ["${workspaceFolder}/tools/mcp.py"], "env": {"API_KEY": "${env:API_KEY}"}},
  "notion": {"url": "https://mcp.notion.com/mcp"},
  "keyed": {"url": "https://x.example/sse", "type": "sse", "headers": {"X-API-Key": "${env:X_KEY}"}}
}}`, []string{
			`keyed remote https://x.example/sse http={"headers":{"X-API-Key":"${env:X_KEY}"},"protocol":"sse"}`,
			`local subprocess python /work/app/tools/mcp.py env={"API_KEY":"${env:API_KEY}"}`,
			`notion remote https://mcp.notion.com/mcp auth={"type":"oauth"}`,
		}},
		"VS Code, with inputs, comments and trailing commas": {"\ufeff" + `{
  // The keys are asked for.
  "inputs": [{"type": "promptString", "id": "perplexity-key", "description": "API key", "password": true}],
  "servers": {
    "perplexity": {"type": "stdio", "command": "npx", "args": ["-y", "server-perplexity-ask"], "env": {"PERPLEXITY_API_KEY": "${input:perplexity-key}"}},
    "github": {"type": "http", "url": "https://api.githubcopilot.com/mcp/", "headers": {"Authorization": "Bearer ${input:gh}"}, /* hosted */ },
    "asks": {"command": "x", "args": ["--key", "${input:gh}"]},
  },
}`, []string{
			`asks problem(argument 2 asks for an input, "gh"; write its value into the file first)`,
			`github remote https://api.githubcopilot.com/mcp/ auth={"type":"bearer","bearer_token":"${env:GH}"}`,
			`perplexity subprocess npx -y server-perplexity-ask env={"PERPLEXITY_API_KEY":"${env:PERPLEXITY_KEY}"}`,
		}},
		"VS Code's settings": {`{"editor.fontSize": 12, "mcp": {"servers": {"time": {"command": "uvx", "args": ["mcp-server-time"]}}}}`, []string{`time subprocess uvx mcp-server-time`}},
		"Zed":                {`{"theme": "One", "context_servers": {"a": {"source": "custom", "command": "x", "args": ["y"], "env": null}, "b": {"command": {"path": "z", "args": ["w"]}}}}`, []string{`a subprocess x y`, `b subprocess z w`}},
		"OpenCode":           {`{"$schema": "x", "mcp": {"a": {"type": "local", "command": ["bun", "x", "srv"], "environment": {"SECRET_KEY": "{env:SK}", "N": 3}, "enabled": true}, "b": {"type": "remote", "url": "https://b.example", "enabled": false}}}`, []string{`a subprocess bun x srv env={"N":"3","SECRET_KEY":"${env:SK}"}`, `b skip(it is disabled there) remote https://b.example auth={"type":"oauth"}`}},
		"Windsurf":           {`{"mcpServers": {"a": {"serverUrl": "https://a.example/mcp", "disabled": true}}}`, []string{`a skip(it is disabled there) remote https://a.example/mcp auth={"type":"oauth"}`}},
		"Gemini CLI":         {`{"mcpServers": {"a": {"httpUrl": "https://a.example/mcp", "timeout": 5000, "trust": true}, "b": {"command": "b", "env": {"GH_TOKEN": "$GITHUB_TOKEN"}}}}`, []string{`a remote https://a.example/mcp auth={"type":"oauth"}`, `b subprocess b env={"GH_TOKEN":"${env:GITHUB_TOKEN}"}`}},
		"Continue, as a list": {`{"mcpServers": [{"name": "My Server!", "command": "x"}, {"name": "My Server?", "command": "y"}, {"command": "z"}]}`, []string{
			`My-Server subprocess x`, `My-Server-2 subprocess y`, `server subprocess z`}},
		"the servers alone": {`{"a": {"command": "x"}, "b": {"url": "https://b.example"}, "note": "mine"}`, []string{`a subprocess x`, `b remote https://b.example auth={"type":"oauth"}`}},
		"containers": {`{"mcpServers": {
  "a": {"command": "docker", "args": ["run", "-i", "--rm", "--init", "-e", "DB_HOST=db", "-e", "DB_PASSWORD=canary-9d1e", "--env=LEFT", "-v", "${HOME}/data:/data:ro", "--mount", "type=bind,src=/srv/x,dst=/x,ro", "--network", "none", "--name", "x", "a/b:1", "--flag", "v"], "env": {"LEFT": "right", "IGNORED": "y"}},
  "b": {"command": "docker", "args": ["run", "-i", "--privileged", "a/b"]},
  "c": {"command": "docker", "args": ["compose", "up"]},
  "d": {"command": "docker", "args": ["run", "-v", "/:/host", "a/b"]}
}}`, []string{
			`a docker a/b:1 --flag v env={"DB_HOST":"db","DB_PASSWORD":"${env:DB_PASSWORD}","LEFT":"right"} volumes=["/home/ada/data:/data:ro","/srv/x:/x:ro"]`,
			`b subprocess docker run -i --privileged a/b`,
			`c subprocess docker compose up`,
			`d problem(volumes[0]: / must not be mounted: it is the whole host)`,
		}},
		"secrets that share a name": {`{"mcpServers": {"a": {"command": "a", "env": {"API_KEY": "canary-9d1e-1"}}, "b": {"command": "b", "env": {"API_KEY": "canary-9d1e-2"}}, "c": {"command": "c", "env": {"API_KEY": "canary-9d1e-1"}}}}`, []string{
			`a subprocess a env={"API_KEY":"${env:API_KEY}"}`, `b subprocess b env={"API_KEY":"${env:B_API_KEY}"}`, `c subprocess c env={"API_KEY":"${env:API_KEY}"}`}},
		"secrets by what they look like": {`{"mcpServers": {"a": {"command": "a", "env": {"THING": "sk-canary", "PLACE": "https://example.com", "STORE": "postgres://me:canary@db/x"}}}}`, []string{
			`a subprocess a env={"PLACE":"https://example.com","STORE":"${env:STORE}","THING":"${env:THING}"}`}},
		"secrets where everybody can read them": {`{"mcpServers": {
  "a": {"command": "a", "args": ["--api-key", "canary"]}, "b": {"command": "b", "args": ["--token=canary", "x"]}, "c": {"command": "c", "args": ["postgresql://me:canary@db/x"]},
  "d": {"url": "https://d.example/mcp?apiKey=canary"}, "e": {"command": "e", "args": ["${env:MY_TOKEN}"]}, "f": {"command": "f", "args": ["--token", "--verbose"]}
}}`, []string{
			`a subprocess a --api-key canary exposed=["argument 2"]`, `b subprocess b --token=canary x exposed=["argument 1"]`,
			`c subprocess c postgresql://me:canary@db/x exposed=["argument 1"]`,
			`d remote https://d.example/mcp?apiKey=canary auth={"type":"oauth"} exposed=["apiKey in its address"]`,
			`e subprocess e canary-9d1e exposed=["argument 1"]`, `f subprocess f --token --verbose`,
		}},
		"what is broken, beside what is not": {`{"mcpServers": {"a": {"command": 7}, "b": {"note": "x"}, "c": "x", "d": {"command": "d", "args": "x"}, "e": {"command": "e", "args": ["${env:GONE}"]}, "f": {"url": "file:///etc/passwd"}, "ok": {"command": "ok", "args": ["$HOME", "${UNSET}", "{x}"]}, "!!": {"command": "x"}}}`, []string{
			`server subprocess x`,
			`a problem(its command is a number, which it must not be)`,
			`b problem(it has neither a command nor a url)`,
			`c problem(it is a string, not an object)`,
			`d problem(its args is a string, which it must not be)`,
			`e problem(argument 1 needs the variable GONE, which is not set here; set it and import again)`,
			`f problem(endpoint: must be an http or https URL with a host)`,
			`ok subprocess ok $HOME ${UNSET} {x}`,
		}},
	} {
		list, err := Parse([]byte(c.file), options())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got []string
		for _, one := range list {
			got = append(got, told(one))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s:\ngot  %s\nwant %s", name, strings.Join(got, "\n     "), strings.Join(c.want, "\n     "))
		}
	}
}

func TestFilesThatAreNone(t *testing.T) {
	for name, c := range map[string]struct {
		file string
		kind fault.Kind
		says string
	}{
		"nothing":           {"", fault.Malformed, "no JSON"},
		"a broken file":     {"{\n  \"mcpServers\": {,}\n}", fault.Malformed, "line 2, column 18"},
		"a list":            {"[]", fault.Malformed, "no object"},
		"another file":      {`{"name": "x"}`, fault.Invalid, "no MCP servers"},
		"no servers":        {`{"mcpServers": {}}`, fault.Invalid, "no MCP servers"},
		"bytes of anything": {"\xff\xfe{}", fault.Malformed, "UTF-8"},
		"too much":          {strings.Repeat(" ", MaxSize+1), fault.TooLarge, "at most"},
	} {
		_, err := Parse([]byte(c.file), Options{})
		if !fault.Is(err, c.kind) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Where somebody wants the values rather than references, they come back in their places.
func TestTheValuesThemselves(t *testing.T) {
	list, err := Parse([]byte(`{"servers": {"a": {"command": "a", "env": {"API_KEY": "one", "OTHER_KEY": "${env:MINE}"}}, "b": {"url": "https://b.example", "headers": {"Authorization": "Bearer two", "X-Key": "three"}}}}`), options())
	if err != nil {
		t.Fatal(err)
	}
	a, b := list[0].WithValues(), list[1].WithValues()
	if a.Env["API_KEY"] != "one" || a.Env["OTHER_KEY"] != "${env:MINE}" || b.Auth.BearerToken != "two" || b.HTTP.Headers["X-Key"] != "three" {
		t.Errorf("%+v %+v %+v", a, b.Auth, b.HTTP)
	}
	if list[0].Spec.Env["API_KEY"] != "${env:API_KEY}" || list[1].Spec.HTTP.Headers["X-Key"] != "${env:B_X_KEY}" {
		t.Errorf("the references were overwritten: %+v", list)
	}
}

// Whatever is in a file: no panic, ids are ids and differ, what is no problem keeps the rules, and a value under the name
// of a secret never stays in the open.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		`{"mcpServers": {"a": {"command": "docker", "args": ["run", "-e", "K=v", "-v", "/a:/b", "img", "x"], "env": {"API_KEY": "canary-9d1e"}}}}`,
		`{"servers": {"a": {"url": "https://a.example/${X:-y}", "headers": {"Authorization": "Bearer canary-9d1e", "X-Token": "canary-9d1e"}}}, /* c */ }`,
		`{"mcp": {"a": {"command": ["x", "--token", "{env:T}"], "environment": {"PASSWORD": "canary-9d1e"}}}}`,
		`{"mcpServers": [{"name": "x", "command": "npx", "args": ["mcp-remote", "https://a.example", "--header", "A: canary-9d1e"]}]}`,
		`{"context_servers": {"a": {"command": {"path": "x"}}}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		list, err := Parse(file, options())
		if err != nil {
			return
		}
		seen := map[provider.ID]bool{}
		for _, c := range list {
			if seen[c.ID] || c.ID.Check() != nil {
				t.Fatalf("id %q", c.ID)
			}
			seen[c.ID] = true
			if c.Problem != "" {
				continue
			}
			if err := c.Spec.WithDefaults().Check(); err != nil {
				t.Fatal(err)
			}
			for name, value := range c.Spec.Env {
				if provider.SecretName(name) && value == canary {
					t.Fatalf("%s is in the open: %s", name, told(c))
				}
			}
			for _, s := range c.Secrets {
				if s.Variable == "" || strings.ContainsAny(s.Variable, " ${}\n") {
					t.Fatalf("variable %q", s.Variable)
				}
			}
			c.WithValues()
		}
	})
}
