package config

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hangar/backend/group"
	"hangar/backend/provider"
	"hangar/backend/reference"
)

// again loads a text as a file and fails the test when it cannot be.
func again(t *testing.T, text string) *Config {
	t.Helper()
	c, _, err := load(t, text, nil, nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return c
}

// same compares providers and groups.
func same(t *testing.T, got, want *Config) {
	t.Helper()
	if ids, wants := slices.Sorted(maps.Keys(got.Providers)), slices.Sorted(maps.Keys(want.Providers)); !slices.Equal(ids, wants) {
		t.Fatalf("providers %v, want %v", ids, wants)
	}
	for id, spec := range want.Providers {
		if fields := got.Providers[id].Differs(spec.WithDefaults()); len(fields) > 0 {
			t.Errorf("provider %s differs in %v:\n%+v\n%+v", id, fields, got.Providers[id], spec)
		}
	}
	if len(got.Groups) != len(want.Groups) {
		t.Fatalf("%d groups, want %d", len(got.Groups), len(want.Groups))
	}
	for id, spec := range want.Groups {
		if fields := got.Groups[id].Differs(spec); len(fields) > 0 {
			t.Errorf("group %s differs in %v:\n%+v\n%+v", id, fields, got.Groups[id], spec)
		}
	}
}

func TestAnExportReadsBackAsTheSame(t *testing.T) {
	files, err := filepath.Glob("../../examples/config/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			c, err := Load(Source{File: file, Env: lookup(nil)})
			if err != nil {
				t.Fatal(err)
			}
			e := c.Export(Variables)
			back := again(t, e.YAML)
			for _, id := range slices.Sorted(maps.Keys(back.Providers)) {
				want := c.Providers[id].MapSecrets(func(field, value string) string {
					if reference.Plain(value) {
						return value
					}
					return back.Providers[id].Env[strings.TrimPrefix(field, "env.")] // a variable now
				})
				c.Providers[id] = want
			}
			same(t, back, c)
			if len(settingChanges(back, c)) > 0 {
				t.Errorf("settings differ: %+v\n%s", settingChanges(back, c), e.YAML)
			}
		})
	}
}

func TestTextsThatAYAMLReaderCouldMistake(t *testing.T) {
	c := again(t, "")
	c.Providers = map[provider.ID]provider.Spec{}
	c.Groups = map[group.ID]group.Spec{}
	for i, text := range []string{
		"plain", "true", "No", "~", "null", "012", "1e3", "0x1F", ".5", ".inf", "-", "- a", "a: b", "a #b", " lead", "trail ", "", "'", `"`, `\`, "\ttab",
		"two\nlines", "end\n", "\r\n", "${X}", "$$", "$", "{a", "[a", "*a", "&a", "!a", "%a", "@a", "`a", "ü 漢 🙂", "\u2028", "\u0085", "\ufeff", "\x01", "---", "...", "?", "? a", ": a", ",", "2026-01-01",
		"/usr/bin/x", "./x", "a/b:c", "http://x/?a=b#c", strings.Repeat("long ", 100),
	} {
		if text == "" {
			continue
		}
		id := provider.ID(strings.Repeat("p", 1+i%3) + string(rune('a'+i%26)) + strings.Repeat("x", i/26))
		c.Providers[id] = provider.Spec{Mode: provider.Subprocess, Command: []string{"x", text}, Description: text}.WithDefaults()
	}
	c.Providers["true"] = provider.Spec{Mode: provider.Subprocess, Command: []string{"x"}}.WithDefaults()
	c.Providers["123"] = provider.Spec{Mode: provider.Subprocess, Command: []string{"x"}}.WithDefaults()
	c.Groups["null"] = group.Spec{Members: []group.MemberSpec{{ID: "123", Weight: 1, Priority: 1}, {ID: "true", Weight: 2, Priority: 1}}}.WithDefaults()
	same(t, again(t, c.Export(Mask).YAML), c)
}

func TestWhatAnExportHides(t *testing.T) {
	c, _, err := load(t, `
data: state
limits: {call_timeout_s: 7}
logging: {level: warn}
providers:
  a-b:
    command: [x]
    env: {TOKEN: canary-1, OTHER: "${env:SET}", EMPTY: ""}
  a_b:
    command: [x]
    env: {TOKEN: canary-2, "W eird": canary-1}
  far:
    endpoint: https://x.example/mcp
    auth: {type: basic, username: u, password: canary-3}
    http: {headers: {X-Key: "Bearer ${file:/run/x}", X-Mixed: "canary-4${env:SET}"}}
`, nil, map[string]string{"log-level": "debug"})
	if err != nil {
		t.Fatal(err)
	}
	masked, named := c.Export(Mask), c.Export(Variables)
	for _, e := range []Exported{masked, named} {
		if strings.Contains(e.YAML, "canary") {
			t.Errorf("a secret is in it:\n%s", e.YAML)
		}
		if want := []string{"providers.a-b.env.TOKEN", "providers.a_b.env.TOKEN", "providers.a_b.env.W eird", "providers.far.auth.password", "providers.far.http.headers.X-Mixed"}; !slices.Equal(e.Secrets, want) {
			t.Errorf("hidden %v, want %v", e.Secrets, want)
		}
		for _, want := range []string{`OTHER: "${env:SET}"`, `EMPTY: ""`, `X-Key: "Bearer ${file:/run/x}"`, "call_timeout_s: 7", "logging.level (flag --log-level)"} {
			if !strings.Contains(e.YAML, want) {
				t.Errorf("it lacks %s:\n%s", want, e.YAML)
			}
		}
		if strings.Contains(e.YAML, "level: debug") {
			t.Errorf("what a flag said is in it:\n%s", e.YAML)
		}
	}
	_, _, err = load(t, masked.YAML, nil, nil)
	if err == nil || strings.Count(err.Error(), "which only stands for a value that was not shown") != 3 {
		t.Errorf("each provider with a mask must be refused: %v", err)
	}
	back := again(t, named.YAML)
	if v := back.Providers["a-b"].Env["TOKEN"]; v != "${env:A_B_TOKEN}" {
		t.Errorf("a-b has %s", v)
	}
	if v := back.Providers["a_b"].Env["TOKEN"]; v != "${env:A_B_TOKEN_2}" {
		t.Errorf("another secret under the same name has %s", v)
	}
}

func TestADifferenceShowsThatSecretsDifferAndNotThem(t *testing.T) {
	mask := Fingerprint([]byte("key"))
	one := again(t, "providers: {a: {command: [x], env: {T: canary-1, U: canary-1, V: '${env:V}'}}}\n")
	two := again(t, "providers: {a: {command: [x], env: {T: canary-2, U: canary-1, V: '${env:W}'}}}\n")
	two.DataDir = one.DataDir
	if d := Diff("a", one, "b", one, mask); d.HasChanges || d.Diff != "" {
		t.Errorf("the same: %+v", d)
	}
	d := Diff("on-disk", one, "in-memory", two, mask)
	if !d.HasChanges || strings.Contains(d.Diff, "canary") || !strings.HasPrefix(d.Diff, "--- on-disk\n+++ in-memory\n") {
		t.Errorf("%s", d.Diff)
	}
	if strings.Count(d.Diff, "\n-") != 2 || !strings.Contains(d.Diff, `+      V: "${env:W}"`) || !strings.Contains(d.Diff, "+      T: \"***:") {
		t.Errorf("%s", d.Diff)
	}
	if d2 := Diff("on-disk", one, "in-memory", two, Fingerprint([]byte("other"))); d2.Diff == d.Diff {
		t.Error("the fingerprint does not depend on its key")
	}
}

// The reader must not break on any text, and what it takes it must be able to write and read again.
func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("../../examples/config/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	for _, text := range []string{
		"a: &a [*a]\n", "providers: &p {a: {<<: *p}}\n", "? a\n: b\n", "providers: {a: {<<: [{command: [x]}, {image: y}]}}\n",
		"x: !!binary aGk=\n", "--- !!map\nlisten: |-\n  a\n", "groups: {g: {members: [a, {id: b, command: ['${X:-y}']}]}}\n", "%YAML 1.2\n---\n{}\n", "a: \"\\u0000\"\n",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		read := func(text string) (*Config, error) {
			return Load(Source{
				File: "f.yaml", Dir: "/", Binary: "/hangar", Env: func(key string) (string, bool) { return "v-" + key, !strings.HasPrefix(key, "HANGAR") && len(key) < 4 },
				Read: func(string) ([]byte, error) { return []byte(text), nil },
			})
		}
		c, err := read(text)
		if err != nil {
			return
		}
		back, err := read(c.Export(Variables).YAML)
		if err != nil {
			t.Fatalf("%v\n%s", err, c.Export(Variables).YAML)
		}
		if d := Diff("a", c, "b", back, func(string, string) string { return "secret" }); d.HasChanges && !hasReferences(d.Diff) {
			t.Fatalf("%s", d.Diff)
		}
	})
}

// hasReferences says that a secret became a variable, which is what an export makes of it.
func hasReferences(diff string) bool {
	return strings.Contains(diff, "${") || strings.Contains(diff, "secret")
}
