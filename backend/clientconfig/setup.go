package clientconfig

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"

	"hangar/backend/fault"
)

// KeyVariable holds the key where a client can read variables: so no key stands in its file.
const KeyVariable = "HANGAR_API_KEY"

// entry is how Hangar is called in the files of clients.
const entry = "hangar"

// Setup is what makes a client use Hangar.
type Setup struct {
	Client string // claude-code
	Name   string // Claude Code
	File   string // where Text belongs, for this user
	Format string // json or toml
	Text   string // what File holds then; or what is added where it holds more
	// Command does the same in a shell, and Link with a click; "" where there is none.
	Command, Link string
	Notes         []string
}

// Reach is how clients reach Hangar.
type Reach struct {
	URL    string // of an MCP endpoint
	Signed bool   // everybody has to sign in
	// Stdio starts a Hangar that carries messages to the one that runs, for clients that take no addresses.
	Stdio []string
}

// Clients are those that Connect knows.
func Clients() []string {
	return []string{"claude-code", "claude-desktop", "cursor", "vscode", "codex"}
}

// Connect is what a client's file needs.
func Connect(client string, to Reach) (Setup, error) {
	switch client {
	case "claude-code":
		return claudeCode(to), nil
	case "claude-desktop":
		return claudeDesktop(to), nil
	case "cursor":
		return cursor(to), nil
	case "vscode":
		return vscode(to), nil
	case "codex":
		return codex(to), nil
	}
	return Setup{}, fault.Named(fault.Missing, "ClientNotFoundError", "there is no set-up for %q; there are %s", client, strings.Join(Clients(), ", "))
}

// remote is a server by its address, as most clients write it.
type remote struct {
	Type    string            `json:"type,omitempty"`
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers,omitempty"`
}

func (to Reach) remote(kind, variable string) remote {
	r := remote{Type: kind, URL: to.URL}
	if to.Signed {
		r.Headers = map[string]string{"Authorization": "Bearer " + variable}
	}
	return r
}

// note says what is to be done about the key.
func (to Reach) note(how string) []string {
	if !to.Signed {
		return nil
	}
	return []string{"Make a key for this client (POST /api/auth/keys) and " + how + "."}
}

func claudeCode(to Reach) Setup {
	s := Setup{
		Client: "claude-code", Name: "Claude Code", File: "~/.claude.json, or .mcp.json of a project", Format: "json",
		Text: indented("mcpServers", to.remote("http", "${"+KeyVariable+"}"), nil), Notes: to.note("put it into the variable " + KeyVariable),
	}
	words := []string{"claude", "mcp", "add", "--transport", "http", "-s", "user", entry, quoted(to.URL)}
	if to.Signed {
		words = append(words, "--header", `"Authorization: Bearer $`+KeyVariable+`"`)
	}
	s.Command = strings.Join(words, " ")
	return s
}

// claudeDesktop takes programs only: a second Hangar on the same data directory carries messages to the first.
func claudeDesktop(to Reach) Setup {
	server := struct {
		Command string   `json:"command"`
		Args    []string `json:"args"`
	}{to.Stdio[0], to.Stdio[1:]}
	return Setup{
		Client: "claude-desktop", Name: "Claude Desktop", Format: "json", Text: indented("mcpServers", server, nil),
		File: "claude_desktop_config.json: ~/Library/Application Support/Claude (macOS), %APPDATA%\\Claude (Windows)",
		Notes: []string{
			"Claude Desktop starts programs and takes no addresses: this one finds the Hangar that runs on this machine by its data directory.",
			"Quit Claude Desktop and start it again.",
		},
	}
}

func cursor(to Reach) Setup {
	server := to.remote("", "${env:"+KeyVariable+"}")
	link := url.Values{"name": {entry}, "config": {base64.StdEncoding.EncodeToString(marshal(server))}}
	return Setup{
		Client: "cursor", Name: "Cursor", File: "~/.cursor/mcp.json, or .cursor/mcp.json of a project", Format: "json",
		Text: indented("mcpServers", server, nil), Link: "cursor://anysphere.cursor-deeplink/mcp/install?" + link.Encode(),
		Notes: to.note("put it into the variable " + KeyVariable + " where Cursor is started"),
	}
}

func vscode(to Reach) Setup {
	type input struct {
		Type        string `json:"type"`
		ID          string `json:"id"`
		Description string `json:"description"`
		Password    bool   `json:"password"`
	}
	const id = "hangar-api-key"
	server := to.remote("http", "${input:"+id+"}")
	var inputs any
	if to.Signed {
		inputs = []input{{"promptString", id, "API key of Hangar", true}}
	}
	install := map[string]any{"name": entry, "type": server.Type, "url": server.URL}
	if server.Headers != nil {
		install["headers"], install["inputs"] = server.Headers, inputs
	}
	text := string(marshal(install))
	return Setup{
		Client: "vscode", Name: "VS Code", File: "mcp.json of the profile (MCP: Open User Configuration), or .vscode/mcp.json of a project", Format: "json",
		Text: indented("servers", server, inputs), Command: "code --add-mcp " + quoted(text), Link: "vscode:mcp/install?" + url.QueryEscape(text),
		Notes: to.note("give it to VS Code when it asks"),
	}
}

func codex(to Reach) Setup {
	text := "[mcp_servers." + entry + "]\nurl = " + strconv.Quote(to.URL) + "\n"
	if to.Signed {
		text += "bearer_token_env_var = " + strconv.Quote(KeyVariable) + "\n"
	}
	return Setup{
		Client: "codex", Name: "Codex", File: "~/.codex/config.toml", Format: "toml", Text: text,
		Command: "codex mcp add " + entry + " --url " + quoted(to.URL), Notes: to.note("put it into the variable " + KeyVariable),
	}
}

// indented is a whole file with one server.
func indented(under string, server, inputs any) string {
	file := map[string]any{under: map[string]any{entry: server}}
	if inputs != nil {
		file["inputs"] = inputs
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	_ = e.Encode(file) // strings, which always encode
	return b.String()
}

func marshal(v any) []byte {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // strings, which always encode
	return []byte(strings.TrimSuffix(b.String(), "\n"))
}

// quoted is a word for a shell.
func quoted(word string) string { return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'" }
