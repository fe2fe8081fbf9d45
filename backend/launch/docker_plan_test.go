package launch

import (
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"hangar/backend/engine"
	"hangar/backend/provider"
)

func TestContainerOfADefinition(t *testing.T) {
	no := false
	base := provider.Spec{Mode: provider.Docker, Image: "a:1"}
	for _, row := range []struct {
		name   string
		change func(*provider.Spec)
		want   engine.Container
	}{
		{"nothing said is the engine's safe defaults", func(*provider.Spec) {}, engine.Container{Image: "a:1"}},
		{"a command replaces the entrypoint, arguments follow", func(s *provider.Spec) { s.Command, s.Args = []string{"node", "x.js"}, []string{"--y"} },
			engine.Container{Image: "a:1", Entrypoint: []string{"node"}, Args: []string{"x.js", "--y"}}},
		{"arguments alone leave the entrypoint", func(s *provider.Spec) { s.Args = []string{"--y"} }, engine.Container{Image: "a:1", Args: []string{"--y"}}},
		{"read_only false opens the root file system", func(s *provider.Spec) { s.ReadOnly = &no }, engine.Container{Image: "a:1", Writable: true}},
		{"host network only when it is written", func(s *provider.Spec) { s.Network = "host" }, engine.Container{Image: "a:1", Network: "host"}},
		{"current is our own user", func(s *provider.Spec) { s.User = "current" },
			engine.Container{Image: "a:1", User: fmt.Sprintf("%d:%d", os.Getuid(), os.Getgid())}},
		{"resources", func(s *provider.Spec) { s.Resources = &provider.Resources{Memory: "64m", CPU: 0.5, PIDs: 9} },
			engine.Container{Image: "a:1", Memory: 64 << 20, CPU: 5e8, PIDs: 9}},
		{"volumes", func(s *provider.Spec) { s.Volumes = []string{"/srv/x:/x:ro", "named:/y"} },
			engine.Container{Image: "a:1", Mounts: []engine.Mount{{Source: "/srv/x", Target: "/x", ReadOnly: true}, {Source: "named", Volume: true, Target: "/y"}}}},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := base.WithDefaults()
			row.change(&s)
			got, err := containerOf(s)
			if err != nil {
				t.Fatal(err)
			}
			row.want.Network, row.want.Env = s.Network, s.Env
			if !reflect.DeepEqual(got, row.want) {
				t.Errorf("\n got %+v\nwant %+v", got, row.want)
			}
		})
	}
}

// What an earlier version stored, or another path let in, is judged again before an engine hears of it.
func TestContainerOfADefinitionThatShouldNotExist(t *testing.T) {
	for _, s := range []provider.Spec{
		{Mode: provider.Subprocess, Command: []string{"x"}},
		{Mode: provider.Docker, Image: "a", Volumes: []string{"/:/host"}},
		{Mode: provider.Docker, Image: "a", Network: "container:b"},
	} {
		if c, err := containerOf(s.WithDefaults()); err == nil {
			t.Errorf("%+v became %+v", s, c)
		}
	}
}

func TestMountsAreFollowed(t *testing.T) {
	dir := realPath(t.TempDir())
	home := filepath.Join(dir, "people", "ann")
	data := filepath.Join(dir, "srv", "hangar", "data")
	for _, d := range []string{home + "/.ssh", home + "/notes", data + "/deep", dir + "/srv/free"} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("HOME", home)
	link := func(target string) string {
		name := filepath.Join(dir, strings.ReplaceAll(target, "/", "_"))
		if err := os.Symlink(target, name); err != nil {
			t.Fatal(err)
		}
		return name
	}
	for _, row := range []struct{ name, source, want, denied string }{
		{"a directory", dir + "/srv/free", dir + "/srv/free", ""},
		{"a link to a directory", link(dir + "/srv/free"), dir + "/srv/free", ""},
		{"something that is not there is the engine's to judge", dir + "/none", dir + "/none", ""},
		{"a link to the system", link("/etc"), "", "belongs to the host's system"},
		{"a link to everything", link("/"), "", "whole host"},
		{"our data", data, "", "Hangar's own data"},
		{"what holds our data", dir + "/srv", "", "Hangar's own data"},
		{"what our data holds", data + "/deep", "", "Hangar's own data"},
		{"our home", home, "", "home directory"},
		{"what holds our home", dir + "/people", "", "home directory"},
		{"our keys", link(home + "/.ssh"), "", "hidden entries"},
		{"a directory in our home", home + "/notes", home + "/notes", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			mounts := []engine.Mount{{Source: "named", Volume: true}, {Source: row.source}}
			err := resolveMounts(mounts, data)
			switch {
			case row.denied == "" && err != nil:
				t.Error(err)
			case row.denied != "" && (err == nil || !strings.Contains(err.Error(), row.denied)):
				t.Errorf("%v does not say %q", err, row.denied)
			case row.denied == "" && mounts[1].Source != row.want:
				t.Errorf("mounts %s", mounts[1].Source)
			}
		})
	}
}

// Whatever a definition says, what the engine is asked for is on the allow-list: all but the few things that a
// definition may choose is what the empty container gets, and those few are within bounds.
func FuzzDockerSpec(f *testing.F) {
	f.Add("a:1", "", "", "", "", "", "", 0.0, 0, true)
	f.Add("mcp/x@sha256:"+strings.Repeat("0", 64), "node\nx.js", "--y", "/srv/a:/a:ro\nnamed:/b", "bridge", "1000:1000", "1g", 0.5, 9, false)
	f.Add("a", "--privileged", "--pid=host", "/:/host\n/etc:/a", "container:x", "root", "-1", -1.0, -1, false)
	f.Add("a", "", "", "/srv/../etc:/a\n/var/run/docker.sock:/s\nx:/tmp", "host", "current", "9999999999g", 1e300, 1<<40, true)
	f.Fuzz(func(t *testing.T, image, command, args, volumes, network, user, memory string, cpu float64, pids int, readOnly bool) {
		s := provider.Spec{
			Mode: provider.Docker, Image: image, Command: lines(command), Args: lines(args), Volumes: lines(volumes),
			Network: network, User: user, Resources: &provider.Resources{Memory: memory, CPU: cpu, PIDs: pids}, ReadOnly: &readOnly,
			Env: map[string]string{"A": command},
		}.WithDefaults()
		c, err := containerOf(s)
		if err != nil {
			return
		}
		for _, problem := range beyond(c) {
			t.Errorf("%s: %+v", problem, s)
		}
	})
}

func lines(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, "\n")
}

// beyond lists what is not on the allow-list. It repeats the rule in its own words on purpose.
func beyond(c engine.Container) (problems []string) {
	say := func(ok bool, format string, args ...any) {
		if !ok {
			problems = append(problems, fmt.Sprintf(format, args...))
		}
	}
	h, safe := engine.HostConfig(c), engine.HostConfig(engine.Container{})
	network := string(h.NetworkMode)
	say(network != "" && !strings.ContainsAny(network, ":/ \x00") && network[0] != '-', "network %q", network)
	say(h.Memory >= 6<<20 && h.Memory <= 1<<40 && h.MemorySwap == h.Memory, "memory %d, with swap %d", h.Memory, h.MemorySwap)
	say(h.NanoCPUs > 0 && h.NanoCPUs <= 1024e9, "cpu %d", h.NanoCPUs)
	say(h.PidsLimit != nil && *h.PidsLimit > 0 && *h.PidsLimit <= 1<<15, "pids %v", h.PidsLimit)
	targets := map[string]bool{}
	for _, m := range h.Mounts {
		say(!targets[m.Target], "two mounts at %s", m.Target)
		targets[m.Target] = true
		say(path.IsAbs(m.Target) && path.Clean(m.Target) == m.Target && m.Target != "/", "target %q", m.Target)
		say(m.TmpfsOptions == nil && m.VolumeOptions == nil && m.ImageOptions == nil && m.ClusterOptions == nil && m.Consistency == "", "options of %q", m.Target)
		switch m.Type {
		case "volume":
			say(m.Source != "" && !strings.ContainsAny(m.Source, "/\\:, ") && m.BindOptions == nil, "volume %q", m.Source)
		case "bind":
			say(path.IsAbs(m.Source) && path.Clean(m.Source) == m.Source && m.Source != "/", "source %q", m.Source)
			for _, tree := range []string{"/etc", "/proc", "/sys", "/dev", "/var", "/root", "/run", "/boot", "/usr"} {
				say(!strings.HasPrefix(m.Source+"/", tree+"/"), "source %q", m.Source)
			}
			say(!slices.Contains([]string{"/home", "/Users"}, path.Dir(m.Source)) && !strings.HasSuffix(m.Source, ".sock"), "source %q", m.Source)
			say(m.BindOptions.Propagation == "rprivate" && !m.BindOptions.CreateMountpoint, "options of %q", m.Target)
		default:
			say(false, "mount of type %q", m.Type)
		}
	}
	if targets["/tmp"] {
		say(len(h.Tmpfs) == 0, "two mounts at /tmp")
		h.Tmpfs = safe.Tmpfs
	}
	h.NetworkMode, h.Memory, h.MemorySwap, h.NanoCPUs, h.PidsLimit = safe.NetworkMode, safe.Memory, safe.MemorySwap, safe.NanoCPUs, safe.PidsLimit
	h.Mounts, h.ReadonlyRootfs = safe.Mounts, safe.ReadonlyRootfs
	got, _ := json.Marshal(h)
	want, _ := json.Marshal(safe)
	say(string(got) == string(want), "beside what may be chosen: %s, not %s", got, want)
	return problems
}

// The predicate is worth something only if it can say no.
func TestThePredicateSaysNo(t *testing.T) {
	for name, c := range map[string]engine.Container{
		"system":       {Mounts: []engine.Mount{{Source: "/etc", Target: "/a"}}},
		"traversal":    {Mounts: []engine.Mount{{Source: "/srv/../etc", Target: "/a"}}},
		"socket":       {Mounts: []engine.Mount{{Source: "/srv/docker.sock", Target: "/a"}}},
		"join":         {Network: "container:x"},
		"no bound":     {PIDs: -1},
		"little":       {Memory: 1},
		"twice":        {Mounts: []engine.Mount{{Source: "/srv", Target: "/a"}, {Source: "/srv", Target: "/a"}}},
		"volume path":  {Mounts: []engine.Mount{{Source: "../x", Volume: true, Target: "/a"}}},
		"over the top": {Mounts: []engine.Mount{{Source: "/srv", Target: "/"}}},
	} {
		if len(beyond(c)) == 0 {
			t.Errorf("%s passes", name)
		}
	}
}
