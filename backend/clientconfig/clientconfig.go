package clientconfig

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tailscale/hujson"

	"hangar/backend/fault"
	"hangar/backend/provider"
)

// MaxSize bounds a file, in bytes.
const MaxSize = 4 << 20

// Candidate is a server of a client's file.
type Candidate struct {
	Name     string      // as the file has it
	ID       provider.ID // as it would be called here
	Spec     provider.Spec
	Skip     string   // why nobody wants it here; "" when somebody may
	Disabled bool     // it is skipped because its client has it switched off
	Problem  string   // why it cannot be taken; "" when it can
	Exposed  []string // what looks like a secret and cannot be hidden
	Notes    []string // what is different here
	Secrets  []Secret // the references in Spec
}

// Secret is a value that became a reference.
type Secret struct {
	Field    string // of the Spec: env.TOKEN
	Variable string // NAME of ${env:NAME}
	value    string // what the file has; "" when it had a reference itself
}

// Options are what a file may refer to.
type Options struct {
	Home      string                      // for ${userHome} and ~/
	Workspace string                      // for ${workspaceFolder}
	Env       func(string) (string, bool) // for variables on command lines and in addresses; nil knows none
}

// Parse reads a file. Its error is about the file as a whole; what is wrong with one server is that one's Problem.
func Parse(text []byte, o Options) ([]Candidate, error) {
	if len(text) > MaxSize {
		return nil, fault.New(fault.TooLarge, "the file has %d bytes; at most %d", len(text), MaxSize)
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if !utf8.Valid(text) {
		return nil, fault.New(fault.Malformed, "the file is not UTF-8 text")
	}
	plain, err := hujson.Standardize(bytes.Clone(text))
	if err != nil {
		return nil, fault.New(fault.Malformed, "the file is no JSON, with or without comments: %s", strings.TrimPrefix(err.Error(), "hujson: "))
	}
	var root map[string]json.RawMessage
	if err := json.Unmarshal(plain, &root); err != nil {
		return nil, fault.New(fault.Malformed, "the file is JSON, but no object")
	}
	found := servers(root)
	if len(found) == 0 {
		return nil, fault.New(fault.Invalid, "no MCP servers in it; looked for mcpServers, servers, context_servers and mcp")
	}
	if o.Env == nil {
		o.Env = func(string) (string, bool) { return "", false }
	}
	return (&reader{Options: o, ids: map[provider.ID]bool{}, variables: map[string]string{}}).all(found), nil
}

// named is a server and what the file calls it.
type named struct {
	name string
	raw  json.RawMessage
}

// servers finds the servers in every place that a client keeps them.
func servers(root map[string]json.RawMessage) []named {
	var list []named
	for _, key := range []string{"mcpServers", "servers", "context_servers"} {
		list = append(list, entries(root[key])...)
	}
	if inner := object(root["mcp"]); inner != nil {
		if nested := object(inner["servers"]); nested != nil {
			list = append(list, entries(inner["servers"])...)
		} else {
			list = append(list, entries(root["mcp"])...)
		}
	}
	projects := object(root["projects"]) // Claude Code
	for _, path := range slices.Sorted(maps.Keys(projects)) {
		list = append(list, entries(object(projects[path])["mcpServers"])...)
	}
	if len(list) > 0 {
		return list
	}
	for _, name := range slices.Sorted(maps.Keys(root)) { // the servers alone, as one pastes them
		if one := object(root[name]); one["command"] != nil || one["url"] != nil {
			list = append(list, named{name, root[name]})
		}
	}
	return list
}

// entries are the servers of an object, by name, or of a list whose members say their names.
func entries(raw json.RawMessage) []named {
	var list []named
	if m := object(raw); m != nil {
		for _, name := range slices.Sorted(maps.Keys(m)) {
			list = append(list, named{name, m[name]})
		}
		return list
	}
	var items []json.RawMessage
	if json.Unmarshal(raw, &items) != nil {
		return nil
	}
	for _, item := range items {
		var own struct {
			Name string `json:"name"`
		}
		_ = json.Unmarshal(item, &own) // one that is broken is told later, by its problem
		list = append(list, named{cmp.Or(own.Name, "server"), item})
	}
	return list
}

func object(raw json.RawMessage) map[string]json.RawMessage {
	var m map[string]json.RawMessage
	if json.Unmarshal(raw, &m) != nil {
		return nil
	}
	return m
}

// server is an entry of any client: the union of what they write.
type server struct {
	Type        string            `json:"type"`
	Transport   string            `json:"transport"`
	Command     words             `json:"command"`
	Args        []string          `json:"args"`
	Env         map[string]scalar `json:"env"`
	Environment map[string]scalar `json:"environment"` // OpenCode
	Cwd         string            `json:"cwd"`
	EnvFile     string            `json:"envFile"` // VS Code
	URL         string            `json:"url"`
	ServerURL   string            `json:"serverUrl"` // Windsurf
	HTTPURL     string            `json:"httpUrl"`   // Gemini CLI
	Headers     map[string]scalar `json:"headers"`
	Disabled    bool              `json:"disabled"`
	Enabled     *bool             `json:"enabled"`
}

func (s server) url() string { return cmp.Or(s.URL, s.ServerURL, s.HTTPURL) }

// words is a command that some clients write as one text and others as a list. Zed once wrote an object.
type words []string

// UnmarshalJSON takes all of them.
func (w *words) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*w = words{one}
		return nil
	}
	var zed struct {
		Path string   `json:"path"`
		Args []string `json:"args"`
	}
	if json.Unmarshal(b, &zed) == nil && zed.Path != "" {
		*w = append(words{zed.Path}, zed.Args...)
		return nil
	}
	return json.Unmarshal(b, (*[]string)(w))
}

// scalar is a text; numbers and booleans are taken as they are written, null as nothing.
type scalar string

// UnmarshalJSON takes all of them.
func (s *scalar) UnmarshalJSON(b []byte) error {
	switch c := b[0]; {
	case string(b) == "null":
		*s = ""
		return nil
	case c == '"':
		return json.Unmarshal(b, (*string)(s))
	case c == '{' || c == '[':
		return json.Unmarshal(b, new(string)) // the library's own words for what is wrong
	default:
		*s = scalar(b)
		return nil
	}
}

func texts(m map[string]scalar) map[string]string {
	out := make(map[string]string, len(m))
	for k, v := range m {
		out[k] = string(v)
	}
	return out
}
