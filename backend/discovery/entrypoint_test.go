package discovery

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// install writes a file with its mode, and the directories to it.
func install(t *testing.T, dir, name, text string, mode os.FileMode) string {
	t.Helper()
	file := filepath.Join(dir, name)
	must(t, os.MkdirAll(filepath.Dir(file), 0o755))
	must(t, os.WriteFile(file, []byte(text), 0o600))
	must(t, os.Chmod(file, mode)) // whatever the umask says
	return file
}

// Each program would leave a trace if it were run; finding it must not.
func trap(dir string) string { return "#!/bin/sh\ntouch " + filepath.Join(dir, "SPRUNG") + "\n" }

func TestInstalledProgramsAreFoundAndNotRun(t *testing.T) {
	dir := t.TempDir()
	bin, lib, venv, path := filepath.Join(dir, "bin"), filepath.Join(dir, "app"), filepath.Join(dir, "venv"), filepath.Join(dir, "path")
	script := trap(dir)
	for _, d := range []string{bin, lib, venv, path} {
		must(t, os.Mkdir(d, 0o755))
	}

	install(t, bin, "mcp-server-git", script, 0o755)
	install(t, bin, "mcp-server-time.sh", script, 0o755)
	install(t, bin, "mcp-server-plain", script, 0o644) // not a program
	install(t, bin, "reboot", script, 0o755)           // does not want to be found
	install(t, bin, "mcp-server-open", script, 0o777)  // anybody could exchange it
	install(t, bin, "mcp-server-bad name", script, 0o755)
	must(t, os.Symlink("/nowhere", filepath.Join(bin, "mcp-server-dangling")))
	must(t, os.Mkdir(filepath.Join(bin, "mcp-server-dir"), 0o755))
	install(t, dir, "tmp/mcp-server-real", script, 0o755)
	must(t, os.Chmod(filepath.Join(dir, "tmp"), 0o777))
	must(t, os.Symlink("../tmp/mcp-server-real", filepath.Join(bin, "mcp-server-link")))

	install(t, lib, "package.json", `{"name":"@acme/mcp-server-self","version":"1.2.3","bin":"cli.js"}`, 0o644)
	install(t, lib, "cli.js", script, 0o644)
	install(t, lib, "node_modules/one/package.json", `{"name":"one","bin":{"mcp-server-one":"dist/index.js","one-helper":"x.js"}}`, 0o644)
	install(t, lib, "node_modules/one/dist/index.js", script, 0o644)
	install(t, lib, "node_modules/@acme/two/package.json", `{"name":"@acme/two","bin":{"mcp-server-two":"./i.js"}}`, 0o644)
	install(t, lib, "node_modules/@acme/two/i.js", script, 0o644)
	install(t, lib, "node_modules/climb/package.json", `{"name":"climb","bin":{"mcp-server-climb":"../../../bin/reboot"}}`, 0o644)
	install(t, lib, "node_modules/abs/package.json", `{"name":"abs","bin":{"mcp-server-abs":"/bin/sh"}}`, 0o644)
	install(t, lib, "node_modules/gone/package.json", `{"name":"gone","bin":{"mcp-server-gone":"dist/none.js"}}`, 0o644)
	install(t, lib, "node_modules/mcp-server-torn/package.json", `{"bin":`, 0o644)
	install(t, lib, "node_modules/other/package.json", `{"bin":[1,2]}`, 0o644)
	must(t, os.Symlink("/etc", filepath.Join(lib, "node_modules/etc")))

	const site = "lib/python3.12/site-packages/"
	install(t, venv, "bin/python3", script, 0o755)
	install(t, venv, "bin/mcp-server-fetch", script, 0o755)
	install(t, venv, "bin/pip", script, 0o755)
	install(t, venv, site+"fetch-1.0.dist-info/entry_points.txt", "# c\n[console_scripts]\nmcp-server-fetch = fetch:main [extra]\npip = pip:main\nmcp-server-unmade = fetch:other\n\n[gui]\nmcp-server-gui = a:b\n", 0o644)
	install(t, venv, site+"weather-2.dist-info/entry_points.txt", "[mcp.providers]\nweather = weather.server:create\nevil = os;import x\nworse = -c:print\n", 0o644)

	install(t, path, "mcp-server-path", script, 0o755)
	install(t, dir, "path2/mcp-server-path", script, 0o755)
	t.Setenv("PATH", strings.Join([]string{"relative", path, filepath.Join(dir, "path2"), filepath.Join(dir, "missing")}, ":"))

	b := setup(t)
	config := Config{Directories: []string{bin, lib, venv}, SearchPath: true, AutoApprove: true}
	_, err := b.AddSource(b.ctx, Source{ID: "ep", Type: Entrypoint, Mode: Authoritative, Enabled: true, Config: config})
	must(t, err)
	f, err := openEntrypoint(config, means{})
	must(t, err)
	if _, err := b.cycle(b.system(), b.find("ep"), f, true); err != nil {
		t.Fatal(err)
	}
	b.wantState(
		"evil quarantined invalid_definition",
		"mcp-server-abs quarantined invalid_definition",
		"mcp-server-bad name quarantined invalid_name",
		"mcp-server-climb quarantined invalid_definition",
		"mcp-server-fetch registered",
		"mcp-server-git registered",
		"mcp-server-gone quarantined invalid_definition",
		"mcp-server-link quarantined unsafe_permissions",
		"mcp-server-one registered",
		"mcp-server-open quarantined unsafe_permissions",
		"mcp-server-path registered",
		"mcp-server-self registered",
		"mcp-server-time registered",
		"mcp-server-torn quarantined invalid_definition",
		"mcp-server-two registered",
		"mcp-server-unmade quarantined invalid_definition",
		"weather registered",
		"worse quarantined invalid_definition",
	)
	b.wantDefined(
		"mcp-server-fetch discovery "+filepath.Join(venv, "bin/mcp-server-fetch"),
		"mcp-server-git discovery "+filepath.Join(bin, "mcp-server-git"),
		"mcp-server-one discovery node "+filepath.Join(lib, "node_modules/one/dist/index.js"),
		"mcp-server-path discovery "+filepath.Join(path, "mcp-server-path"),
		"mcp-server-self discovery node "+filepath.Join(lib, "cli.js"),
		"mcp-server-time discovery "+filepath.Join(bin, "mcp-server-time.sh"),
		"mcp-server-two discovery node "+filepath.Join(lib, "node_modules/@acme/two/i.js"),
		"weather discovery "+filepath.Join(venv, "bin/python3")+" -m weather.server",
	)
	if _, err := os.Stat(filepath.Join(dir, "SPRUNG")); !os.IsNotExist(err) {
		t.Error("something was run")
	}

	// Directories are followed; one that is gone takes nothing along.
	b.begin()
	b.await("the look at the start", func() bool { r, err := b.Scan(b.ctx, "ep"); return err == nil && r.Found == 18 })
	install(t, bin, "mcp-server-new", script, 0o755)
	b.await("a new program", func() bool { return slices.Contains(b.state(), "mcp-server-new registered") })
	must(t, os.Rename(venv, venv+".away"))
	b.await("it is told", func() bool { return !b.find("ep").Healthy })
	if got := b.state(); !slices.Contains(got, "weather registered") {
		t.Errorf("%q", got)
	}
}
