package clientconfig

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"hangar/backend/fault"
	"hangar/backend/provider"
)

func reach(signed bool) Reach {
	return Reach{URL: "https://ops.example.com/ops/mcp?tools=search&x='1'", Signed: signed, Stdio: []string{"/opt/my programs/hangar", "serve", "--stdio", "--data", `C:\data`}}
}

// What a client is given is read back as the client would read it, and leads here.
func TestSetupsAreReadBack(t *testing.T) {
	for _, client := range []string{"claude-code", "cursor", "vscode", "claude-desktop"} {
		for _, signed := range []bool{false, true} {
			s, err := Connect(client, reach(signed))
			if err != nil {
				t.Fatal(err)
			}
			found, err := Parse([]byte(s.Text), Options{})
			if err != nil || len(found) != 1 || found[0].Name != entry {
				t.Fatalf("%s: %+v, %v\n%s", client, found, err, s.Text)
			}
			spec := found[0].Spec
			if client == "claude-desktop" {
				if spec.Mode != provider.Subprocess || !slices.Equal(spec.Command, reach(signed).Stdio) {
					t.Errorf("%s: %+v", client, spec)
				}
				continue
			}
			if spec.Mode != provider.Remote || spec.Endpoint != reach(signed).URL || found[0].Problem != "" {
				t.Errorf("%s: %+v", client, found[0])
			}
			if strings.Contains(s.Text, "Authorization") != signed || (len(s.Notes) > 0) != signed {
				t.Errorf("%s, signed %v: %s %v", client, signed, s.Text, s.Notes)
			}
		}
	}
}

func TestCodexIsToldInItsOwnFormat(t *testing.T) {
	s, err := Connect("codex", reach(true))
	if err != nil || s.Format != "toml" {
		t.Fatalf("%+v, %v", s, err)
	}
	lines := strings.Split(strings.TrimSpace(s.Text), "\n")
	if len(lines) != 3 || lines[0] != "[mcp_servers.hangar]" {
		t.Fatalf("%q", lines)
	}
	values := map[string]string{}
	for _, line := range lines[1:] { // a basic string of TOML is one of Go here: nothing in it is escaped differently
		key, text, _ := strings.Cut(line, " = ")
		if values[key], err = strconv.Unquote(text); err != nil {
			t.Fatal(err)
		}
	}
	if values["url"] != reach(true).URL || values["bearer_token_env_var"] != KeyVariable {
		t.Errorf("%v", values)
	}
}

func TestLinksHoldTheSame(t *testing.T) {
	c, err := Connect("cursor", reach(true))
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(c.Link)
	if err != nil {
		t.Fatal(err)
	}
	config, err := base64.StdEncoding.DecodeString(u.Query().Get("config"))
	var got remote
	if err != nil || json.Unmarshal(config, &got) != nil || got.URL != reach(true).URL || u.Query().Get("name") != entry {
		t.Errorf("%s %v", config, err)
	}
	v, err := Connect("vscode", reach(false))
	if err != nil {
		t.Fatal(err)
	}
	text, err := url.QueryUnescape(strings.TrimPrefix(v.Link, "vscode:mcp/install?"))
	var install struct{ Name, Type, URL string }
	if err != nil || json.Unmarshal([]byte(text), &install) != nil || install.Name != entry || install.Type != "http" || install.URL != reach(false).URL {
		t.Errorf("%s %v", text, err)
	}
	if want := `'` + strings.ReplaceAll(text, "'", `'\''`) + `'`; v.Command != "code --add-mcp "+want {
		t.Errorf("%s", v.Command)
	}
}

func TestAnUnknownClientIsNotFound(t *testing.T) {
	if _, err := Connect("word", reach(false)); !fault.Is(err, fault.Missing) {
		t.Errorf("%v", err)
	}
}
