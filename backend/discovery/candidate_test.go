package discovery

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"hangar/backend/provider"
)

func TestWhatIsWrongWithACandidate(t *testing.T) {
	remote := func(endpoint string) Candidate {
		return Candidate{Name: "far", Spec: provider.Spec{Mode: provider.Remote, Endpoint: endpoint}}
	}
	container := func(change func(*provider.Spec)) Candidate {
		s := provider.Spec{Mode: provider.Docker, Image: "alpine:3"}
		change(&s)
		return Candidate{Name: "box", Spec: s}
	}
	env := func(k, v string) Candidate { c := server("x"); c.Spec.Env = map[string]string{k: v}; return c }
	for _, row := range []struct {
		name   string
		c      Candidate
		reason Reason // "" means fine
		says   string
	}{
		{"a plain program", server("math"), "", ""},
		{"a container with the safe defaults", container(func(*provider.Spec) {}), "", ""},
		{"a server in a private network", remote("http://172.17.0.2:8080/mcp"), "", ""},
		{"a server by its name in a cluster", remote("http://math.tools.svc:8080/mcp"), "", ""},
		{"line breaks in a script are plain to see", server("math", "-c", "a\nb\tc"), "", ""},
		{"a shell's own variables are no references", server("math", "-c", "echo ${HOME} ${env:-x}"), "", ""},

		{"no name", server(""), ReasonName, "letters"},
		{"a path as a name", server("../../etc/passwd"), ReasonName, "letters"},
		{"a blank in a name", server("a b"), ReasonName, ""},
		{"a name in other letters", server("mаth"), ReasonName, ""}, // the second letter is Cyrillic
		{"markup as a name", server("<script>alert(1)</script>"), ReasonName, ""},
		{"a name without end", server(strings.Repeat("a", 1<<20)), ReasonName, ""},
		{"a name that drives a terminal", server("\x1b[2Jmath"), ReasonName, ""},
		{"no command", Candidate{Name: "x", Spec: provider.Spec{Mode: provider.Subprocess}}, ReasonDefinition, "command"},
		{"an unknown mode", Candidate{Name: "x", Spec: provider.Spec{Mode: "vm"}}, ReasonDefinition, "mode"},
		{"no mode", Candidate{Name: "x"}, ReasonDefinition, "mode"},
		{"a time to live without end", func() Candidate { c := server("x"); c.TTL = 1 << 40; return c }(), ReasonDefinition, "ttl"},
		{"a command that hides its end from a terminal", server("x", "--safe\r\x1b[8m--evil"), ReasonDeceptive, "command[1]"},
		{"a command that reads from right to left", server("x", "\u202egpj.exe"), ReasonDeceptive, "command[1]"},
		{"a command with a blank that cannot be seen", server("x", "a\u200bb"), ReasonDeceptive, "command[1]"},
		{"a command that is no text", server("x", "\xff\xfe"), ReasonDeceptive, "command[1]"},
		{"a variable whose name hides", env("A\u202eB", "1"), ReasonDeceptive, "env"},
		{"our environment", env("TOKEN", "${env:HANGAR_KEY}"), ReasonReference, "env.TOKEN"},
		{"our files", server("x", "${file:/etc/shadow}"), ReasonReference, "command[1]"},
		{"our sealed secrets", remote("http://10.0.0.1/${secret:github}"), ReasonReference, "endpoint"},
		{"a variable that is ours", env("HANGAR_DATA", "/x"), ReasonDefinition, "HANGAR_DATA"},
		{"an option as an image", container(func(s *provider.Spec) { s.Image = "--privileged" }), ReasonDefinition, "image"},
		{"the host's file system", container(func(s *provider.Spec) { s.Volumes = []string{"/:/host"} }), ReasonDefinition, "whole host"},
		{"the engine's socket", container(func(s *provider.Spec) { s.Volumes = []string{"/var/run/docker.sock:/s"} }), ReasonDefinition, "socket"},
		{"another container's network", container(func(s *provider.Spec) { s.Network = "container:db" }), ReasonDefinition, "network"},
		{"this machine", remote("http://127.0.0.1:2375/mcp"), ReasonAddress, "loopback"},
		{"this machine by name", remote("http://localhost:6379"), ReasonAddress, "loopback"},
		{"a metadata service", remote("http://169.254.169.254/latest"), ReasonDefinition, "metadata"},
		{"this machine in disguise", remote("http://2130706433/"), ReasonDefinition, "disguise"},
		{"a file as a server", remote("file:///etc/passwd"), ReasonDefinition, "http"},
		{"a password in an address", remote("http://u:p@10.0.0.1/"), ReasonDefinition, "credentials"},
	} {
		got := row.c.examined(Docker)
		switch {
		case got.Problem == nil && row.reason != "":
			t.Errorf("%s: nothing is wrong", row.name)
		case got.Problem != nil && (got.Problem.Reason != row.reason || !strings.Contains(got.Problem.Evidence, row.says)):
			t.Errorf("%s: %+v", row.name, *got.Problem)
		case got.Problem != nil && (len(got.Spec.Command) > 0 || got.Spec.Image != "" || got.Spec.Endpoint != ""):
			t.Errorf("%s: it is kept: %+v", row.name, got.Spec)
		}
		for _, text := range []string{got.Name, got.Origin, fmt.Sprint(got.Problem)} {
			if deceptive(strings.ReplaceAll(text, string(utf8.RuneError), "")) || len(text) > 3000 {
				t.Errorf("%s: shown as %.100q", row.name, text)
			}
		}
	}
}

func TestTheFingerprintIsOfWhatWouldRun(t *testing.T) {
	of := func(c Candidate) string {
		f, err := c.examined(Filesystem).fingerprint()
		must(t, err)
		return f
	}
	a := server("math", "one")
	plain := of(a)
	if len(plain) != 16 || strings.Trim(plain, "0123456789abcdef") != "" {
		t.Errorf("%q is not 16 hex digits", plain)
	}
	a.Metadata, a.Origin, a.TTL = map[string]string{"note": "new"}, "elsewhere", 7
	if of(a) != plain {
		t.Error("a note changes it")
	}
	if of(server("math", "two")) == plain {
		t.Error("another argument does not change it")
	}
	b := server("math", "one")
	b.Spec.Env = map[string]string{"LD_PRELOAD": "/tmp/x.so"}
	if of(b) == plain {
		t.Error("a variable does not change it")
	}
}

func TestOneCandidateForAName(t *testing.T) {
	at := func(origin string, c Candidate) Candidate { c.Origin = origin; return c }
	one, two := at("b", server("x", "1")), at("a", server("x", "2"))
	broken := at("0", bad("x", "0", ReasonDefinition, "no"))
	second, err := two.examined(Docker).fingerprint()
	must(t, err)
	first, err := one.examined(Docker).fingerprint()
	must(t, err)
	for _, row := range []struct {
		name   string
		list   []Candidate
		known  map[string]Entry
		origin string
		rivals []string
	}{
		{"the first by origin", []Candidate{one, two}, nil, "a", []string{"b"}},
		{"whatever the order", []Candidate{two, one}, nil, "a", []string{"b"}},
		{"one that can be used", []Candidate{broken, one}, nil, "b", []string{"0"}},
		{"the one that is registered, though another one would come first", []Candidate{one, two}, map[string]Entry{"x": {Registered: first, Fingerprint: second}}, "b", []string{"a"}},
		{"the one that was there before", []Candidate{one, two}, map[string]Entry{"x": {Fingerprint: first}}, "b", []string{"a"}},
	} {
		got, err := unite(Docker, row.list, row.known)
		if err != nil || len(got) != 1 || got[0].Origin != row.origin || !slices.Equal(got[0].Rivals, row.rivals) {
			t.Errorf("%s: %+v, %v", row.name, got, err)
		}
	}
	var many []Candidate
	for i := range 100 {
		many = append(many, at(fmt.Sprint(i), server("x", fmt.Sprint(i))))
	}
	if got, err := unite(Docker, many, nil); err != nil || len(got) != 1 || len(got[0].Rivals) != maxRivals {
		t.Errorf("%d rivals are kept, %v", len(got[0].Rivals), err)
	}
}

func TestASourceIsKeptToItsNumber(t *testing.T) {
	var list []Candidate
	for i := range 50 {
		list = append(list, server(fmt.Sprintf("s%02d", i)))
	}
	known := map[string]Entry{"s40": {Registered: "x"}, "s30": {Status: Pending}}
	seen, err := unite(Docker, list, known)
	must(t, err)
	got, left, err := within(seen, 10, known)
	must(t, err)
	var fine, beyond []string
	for _, s := range got {
		if s.Problem == nil {
			fine = append(fine, s.Name)
		} else if s.Problem.Reason == ReasonLimit && strings.Contains(s.Problem.Evidence, "more than 10") {
			beyond = append(beyond, s.Name)
		}
	}
	if want := strings.Fields("s40 s30 s00 s01 s02 s03 s04 s05 s06 s07"); !slices.Equal(fine, want) {
		t.Errorf("kept %q", fine)
	}
	if len(beyond) != 10 || left != 30 {
		t.Errorf("%d quarantined, %d left out", len(beyond), left)
	}
	if got, left, err := within(seen, 50, known); len(got) != 50 || left != 0 || err != nil {
		t.Errorf("%d, %d, %v", len(got), left, err)
	}
}
