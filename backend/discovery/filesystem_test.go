package discovery

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"hangar/backend/provider"
)

// put writes a file as careful people do: beside, then renamed.
func put(t *testing.T, dir, name, text string) {
	t.Helper()
	must(t, os.WriteFile(filepath.Join(dir, ".tmp"), []byte(text), 0o600))
	must(t, os.Rename(filepath.Join(dir, ".tmp"), filepath.Join(dir, name)))
}

func TestADirectoryIsFollowed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b := setup(t)
	_, err := b.AddSource(b.ctx, Source{ID: "fs", Type: Filesystem, Mode: Authoritative, Enabled: true, Config: Config{
		Path: dir, TTL: 1, Interval: 86_400, AutoApprove: true,
	}})
	must(t, err)
	b.begin()
	b.await("the first look", func() bool { return b.find("fs").LastScan != nil })
	put(t, dir, "math.yaml", "mode: subprocess\ncommand: [run, math]\n")
	b.await("a new file", func() bool { return slices.Equal(b.defined(), []string{"math discovery run math"}) })
	put(t, dir, "math.yaml", "mode: subprocess\ncommand: [run, math, again]\n")
	b.await("a changed file", func() bool { return slices.Equal(b.defined(), []string{"math discovery run math again"}) })
	b.await("what ran with the old definition is stopped", func() bool { halted, _ := b.fleet.halts(); return slices.Contains(halted, "math") })
	put(t, dir, "other.json", `{"name": "geo", "mode": "remote", "endpoint": "http://10.0.0.7:8080/mcp"}`)
	b.await("a second file", func() bool { return len(b.defined()) == 2 })
	must(t, os.Remove(filepath.Join(dir, "math.yaml")))
	b.await("a file that is gone", func() bool { return slices.Equal(b.defined(), []string{"geo discovery"}) })

	// The directory goes, and comes back as another one: nothing is taken away meanwhile, and the new one is followed.
	must(t, os.Rename(dir, dir+".away"))
	b.await("it is told", func() bool { return !b.find("fs").Healthy })
	must(t, os.Mkdir(dir, 0o700))
	put(t, dir, "geo.yaml", "name: geo\nmode: remote\nendpoint: http://10.0.0.7:8080/mcp\n")
	b.await("it is healthy again", func() bool { return b.find("fs").Healthy })
	if got := b.defined(); !slices.Equal(got, []string{"geo discovery"}) {
		t.Errorf("%q", got)
	}
	b.await("the new one is followed", func() bool {
		put(t, dir, "later.yaml", "command: [run, later]\nname: later\nmetadata: {n: "+time.Now().String()[20:26]+"}\n")
		return len(b.defined()) == 2
	})
}

func TestScanTellsWhatItFound(t *testing.T) {
	dir := t.TempDir()
	b := setup(t)
	put(t, dir, "one.yaml", "command: [run]\n")
	put(t, dir, "two.yaml", "command: [run]\nnonsense: 1\n")
	put(t, dir, "notes.txt", "name: three\n")
	_, err := b.AddSource(b.ctx, Source{ID: "fs", Type: Filesystem, Mode: Additive, Enabled: true, Config: Config{Path: dir}})
	must(t, err)
	b.begin()
	r, err := b.Scan(b.ctx, "fs") // although Run has not taken it up yet
	if err != nil || r.Found != 2 || r.Pending != 1 || r.Quarantined != 1 || len(r.Names) != 2 {
		t.Fatalf("%+v, %v", r, err)
	}
	no := false
	must(t, b.UpdateSource(b.ctx, "fs", SourcePatch{Enabled: &no}))
	if _, err = b.Scan(b.ctx, "fs"); err == nil || !strings.Contains(err.Error(), "disabled") {
		t.Errorf("%v", err)
	}
}

// kinds of files that someone hostile, or careless, may put into the directory.
func TestHostileFiles(t *testing.T) {
	dir := t.TempDir()
	secret := filepath.Join(t.TempDir(), "secret.yaml")
	const canary = "sk-canary-91bc"
	must(t, os.WriteFile(secret, []byte("name: leaked\ncommand: ["+canary+"]\n"), 0o600))
	link := func(name, to string) { must(t, os.Symlink(to, filepath.Join(dir, name))) }
	for name, text := range map[string]string{
		"good.yaml":       "name: good\ncommand: [run, good]\n",
		"long.yaml":       "name: long\ncommand: [run]\n#" + strings.Repeat("x", maxFile),
		"deep.yaml":       "name: deep\ncommand: " + strings.Repeat("[", 20_000),
		"deeper.yaml":     "name: deeper\n" + strings.Repeat("{a: ", 10_000),
		"laughs.yaml":     "name: laughs\nenv: &a {x: y}\nmetadata: {b: *a}\n",
		"merge.yaml":      "name: merge\n<<: {command: [run]}\n",
		"two.yaml":        "name: two\ncommand: [run]\n---\nname: evil\ncommand: [run]\n",
		"torn.yaml":       "name: torn\ncommand: [run, \"" + canary,
		"list.yaml":       "- name: list\n",
		"text.yaml":       "just text\n",
		"empty.yaml":      "",
		"binary.yaml":     "\x00\x01\x02\xff\xfe",
		"typo.yaml":       "name: typo\ncomand: [run]\n",
		"wrong.yaml":      "name: wrong\ncommand: {run: true}\n",
		"path.yaml":       "name: ../../root\ncommand: [run]\n",
		"hidden.yaml":     "name: hidden\ncommand: [run, \"a\\rb\"]\n",
		"steal.yaml":      "name: steal\ncommand: [run]\nenv: {A: \"${env:HANGAR_TOKEN}\"}\n",
		"root.yaml":       "name: root\nmode: docker\nimage: alpine\nvolumes: [\"/:/host\"]\n",
		"privileged.yaml": "name: privileged\nmode: docker\nimage: alpine\nprivileged: true\n",
		"compose.yaml":    "services: {web: {image: nginx}}\nname: stack\n",
		"deployment.yml":  "apiVersion: v1\nkind: Pod\nname: x\n",
		"unrelated.yaml":  "colour: red\n",
		"off.yaml":        "name: off\nenabled: false\ncommand: [run]\n",
		".hidden.yaml":    "name: dotfile\ncommand: [run]\n",
	} {
		must(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	must(t, syscall.Mkfifo(filepath.Join(dir, "pipe.yaml"), 0o600)) // reading it would never end
	must(t, os.Mkdir(filepath.Join(dir, "dir.yaml"), 0o700))
	link("outside.yaml", secret)
	link("up.yaml", "../../../../../etc/passwd")
	link("loop.yaml", "loop.yaml")
	link("alias.yaml", "good.yaml")

	b := setup(t)
	b.source("fs", Filesystem, Additive, Config{Path: dir, AutoApprove: true})
	f, err := openFilesystem(b.find("fs").Config, means{})
	must(t, err)
	if _, err := b.cycle(b.system(), b.find("fs"), f, true); err != nil {
		t.Fatal(err)
	}
	b.wantState(
		"../../root quarantined invalid_name",
		"binary quarantined invalid_definition",
		"deep quarantined invalid_definition",
		"deeper quarantined invalid_definition",
		"good registered",
		"hidden quarantined hidden_characters",
		"laughs quarantined invalid_definition",
		"list quarantined invalid_definition",
		"long quarantined invalid_definition",
		"loop quarantined invalid_definition",
		"merge quarantined invalid_definition",
		"outside quarantined invalid_definition",
		"privileged quarantined invalid_definition",
		"root quarantined invalid_definition",
		"steal quarantined reference_to_secrets",
		"text quarantined invalid_definition",
		"torn quarantined invalid_definition",
		"two quarantined invalid_definition",
		"typo quarantined invalid_definition",
		"up quarantined invalid_definition",
		"wrong quarantined invalid_definition",
	)
	b.wantDefined("good discovery run good")
	all, err := b.Entries(b.ctx, "")
	must(t, err)
	for _, e := range all {
		if strings.Contains(fmt.Sprintf("%+v", e), canary) {
			t.Errorf("%s holds what stands in the file: %s", e.Name, e.Evidence)
		}
		if e.Status == Quarantined && e.Evidence == "" {
			t.Errorf("%s has no evidence", e.Name)
		}
		if e.Name == "typo" && e.Evidence != `line 2: unknown field "comand"` {
			t.Errorf("%q", e.Evidence)
		}
	}
}

func TestDefinitionsInEitherFormat(t *testing.T) {
	sub := provider.Subprocess
	for _, row := range []struct {
		name, text string
		want       provider.Spec
	}{
		{"the configuration file's own words", "name: x\nmode: docker\nimage: a:1\nread_only: false\nidle_ttl_s: 5\nresources: {memory: 1g}", provider.Spec{Mode: provider.Docker, Image: "a:1", IdleTTL: 5}},
		{"an image says that it is a container", "image: a:1", provider.Spec{Mode: provider.Docker, Image: "a:1"}},
		{"an older program", "name: x\nconnection: {command: [run], args: [a, b], env: {K: v}}", provider.Spec{Mode: sub, Command: []string{"run", "a", "b"}}},
		{"an older program in one line", "name: x\nmode: stdio\nconnection: {command: run -q, args: [b]}", provider.Spec{Mode: sub, Command: []string{"run", "-q", "b"}}},
		{"an older server by host and port", "name: x\nmode: http\nconnection: {host: 10.1.2.3, port: 9000, health_path: /ok}", provider.Spec{Mode: provider.Remote, Endpoint: "http://10.1.2.3:9000/mcp"}},
		{"an older server by address", "mode: sse\nconnection: {endpoint: \"http://10.1.2.3/sse\"}", provider.Spec{Mode: provider.Remote, Endpoint: "http://10.1.2.3/sse"}},
		{"an older container", "name: x\nmode: container\nconnection: {image: a:2, volumes: [\"data:/d\"]}", provider.Spec{Mode: provider.Docker, Image: "a:2", Volumes: []string{"data:/d"}}},
		{"JSON", `{"name":"x","command":["run"]}`, provider.Spec{Mode: sub, Command: []string{"run"}}},
	} {
		c, there := parseManifest([]byte(row.text))
		s := c.Spec
		if !there || c.Problem != nil || s.Mode != row.want.Mode || !slices.Equal(s.Command, row.want.Command) || s.Image != row.want.Image ||
			s.Endpoint != row.want.Endpoint || !slices.Equal(s.Volumes, row.want.Volumes) || row.want.IdleTTL != s.IdleTTL {
			t.Errorf("%s: %+v %v", row.name, c, c.Problem)
		}
	}
}

// What the documentation shows must work.
func TestTheDocumentedDefinition(t *testing.T) {
	page, err := os.ReadFile("../../docs/discovery.md")
	must(t, err)
	_, text, ok := strings.Cut(string(page), "```yaml\nname: ")
	text, _, closed := strings.Cut(text, "```")
	c, there := parseManifest([]byte("name: " + text))
	if c = c.examined(Filesystem); !ok || !closed || !there || c.Problem != nil || c.Name != "weather" || c.TTL != 300 {
		t.Errorf("%+v %v", c, c.Problem)
	}
	for _, kind := range Kinds() {
		if !strings.Contains(string(page), kind) {
			t.Errorf("it does not name %s", kind)
		}
	}
	for _, k := range kinds() {
		for key := range strings.FieldsSeq(k.keys + " " + commonKeys) {
			if !strings.Contains(string(page), "`"+key) && !strings.Contains(string(page), "("+key) {
				t.Errorf("it does not name %s", key)
			}
		}
	}
}

// Whatever stands in a file: reading ends, and what comes out is fit to be run or has a problem.
func FuzzManifest(f *testing.F) {
	for _, s := range []string{"name: x\ncommand: [a]", "{", "a: &a [*a]", "connection: {port: -1}", "name: {a: b}\ncommand: 7", "- - - -", "? a : b", "mode: docker\nimage: !!binary x"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		c, there := parseManifest(text)
		if !there {
			return
		}
		c = c.examined(Filesystem)
		if c.Problem == nil && (c.Spec.Check() != nil || provider.ID(c.Name).Check() != nil) {
			t.Fatalf("%+v", c)
		}
		if c.Problem != nil && c.Problem.Evidence == "" {
			t.Fatalf("no evidence: %+v", c)
		}
	})
}

func TestADefinitionNestedWithoutEndIsNotParsed(t *testing.T) {
	for _, text := range []string{strings.Repeat("[", 100_000), "name: deep\ncommand: " + strings.Repeat("[", 100_000)} {
		c, there := parseManifest([]byte(text))
		if !there || c.Problem == nil || c.Problem.Reason != ReasonDefinition || !strings.Contains(c.Problem.Evidence, "nested more than") {
			t.Errorf("%.20s: %v %+v", text, there, c.Problem)
		}
	}
}
