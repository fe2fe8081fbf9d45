package main

import (
	"bytes"
	"runtime"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"hangar/backend/apptest"
	"hangar/backend/mcptest"
)

func TestMain(m *testing.M) {
	mcptest.Child()
	goleak.VerifyTestMain(m)
}

// result is what a command said, and how it ended.
type result struct {
	out, err string
	code     int
}

// command runs a command of the program.
func command(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	var out, talk bytes.Buffer
	cmd := root()
	cmd.SetArgs(args)
	cmd.SetIn(strings.NewReader(stdin))
	cmd.SetOut(&out)
	cmd.SetErr(&talk)
	code := conclude(cmd.ExecuteContext(t.Context()), &talk)
	return result{out.String(), talk.String(), code}
}

// running is an app that the commands find.
func running(t *testing.T) *apptest.App {
	t.Helper()
	a := apptest.Start(t)
	t.Setenv("HANGAR_URL", a.URL)
	return a
}

func (r result) expect(t *testing.T, what string, code int, out, talk string) {
	t.Helper()
	if r.code != code || !strings.Contains(r.out, out) || !strings.Contains(r.err, talk) {
		t.Errorf("%s: exit code %d, want %d\nstdout: %s\nwant:   %s\nstderr: %s\nwant:   %s", what, r.code, code, r.out, out, r.err, talk)
	}
}

func TestWrongUsageIsTwo(t *testing.T) {
	for what, args := range map[string][]string{
		"an unknown flag":          {"status", "--loud"},
		"an argument too many":     {"status", "now"},
		"an unknown format":        {"status", "-o", "xml"},
		"no address":               {"status", "--url", "localhost"},
		"too few arguments":        {"call", "demo"},
		"a strange timeout":        {"call", "demo", "add", "--timeout", "1h"},
		"no file":                  {"import"},
		"a file that is not there": {"import", "/nonexistent/mcp.json"},
		"secrets into a file":      {"import", "-", "--copy-secrets", "--write", "x.yaml"},
	} {
		if r := command(t, "{}", args...); r.code != exitUsage || r.out != "" || !strings.HasPrefix(r.err, "hangar: ") {
			t.Errorf("%s: exit code %d, %q, %q", what, r.code, r.out, r.err)
		}
	}
}

func TestWhatIsNotTakenIsSaid(t *testing.T) {
	for line, says := range map[string]string{
		"backup":         "an argument is missing: hangar backup FILE",
		"call demo":      "an argument is missing: hangar call PROVIDER|GROUP TOOL",
		"restore a b":    "more arguments than it takes: hangar restore FILE",
		"serve now":      "more arguments than it takes: hangar serve",
		"statsu":         `there is no command "hangar statsu"; did you mean status? (hangar --help lists them)`,
		"config chekc x": `there is no command "hangar config chekc"; did you mean check? (hangar config --help lists them)`,
		"keys list":      `there is no command "hangar keys list" (hangar keys --help lists them)`,
	} {
		command(t, "", strings.Fields(line)...).expect(t, line, exitUsage, "", "hangar: "+says)
	}
	command(t, "", "config").expect(t, "only the name for others", 0, "Available Commands:", "")
}

func TestNobodyThereIsThree(t *testing.T) {
	t.Setenv("HANGAR_URL", "http://127.0.0.1:1")
	for _, args := range [][]string{{"status"}, {"call", "demo", "add", "a=1"}, {"import", "-", "--yes"}} {
		command(t, `{"mcpServers": {"a": {"command": "a"}}}`, args...).expect(t, args[0], exitUnreachable, "", "no answer from Hangar at http://127.0.0.1:1")
	}
}

func TestTheHelpOfStoreCommandsShowsWhereTheStoreIs(t *testing.T) {
	for _, args := range [][]string{{"backup"}, {"restore"}, {"migrate"}, {"config", "check"}, {"config", "export"}} {
		got := command(t, "", append(args, "--help")...)
		for _, flag := range []string{"--data", "--config", "--storage-url"} {
			if !strings.Contains(got.out, flag) {
				t.Errorf("%v --help says nothing of %s", args, flag)
			}
		}
		if strings.Contains(got.out, "--call-timeout-s") {
			t.Errorf("%v --help shows settings of the server", args)
		}
	}
}

func TestVersionSaysWhatItWasBuiltWith(t *testing.T) {
	command(t, "", "version").expect(t, "for people", 0, "hangar "+version+" ("+runtime.Version(), "")
	command(t, "", "version", "-o", "json").expect(t, "for programs", 0, `"version": "`+version+`"`, "")
}
