package provider_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"hangar/backend/fault"
	"hangar/backend/provider"
)

func container(change func(*provider.Spec)) provider.Spec {
	s := provider.Spec{Mode: provider.Docker, Image: "mcp/fetch:1"}.WithDefaults()
	change(&s)
	return s
}

// field is the field that a ValidationError names, "" for no error.
func field(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	f := fault.From(err)
	if f.Kind != fault.Invalid {
		t.Fatalf("want a ValidationError, got %v", err)
	}
	return f.Details["errors"].([]fault.FieldError)[0].Field
}

func TestWhatAContainerMayBe(t *testing.T) {
	digest := "sha256:" + strings.Repeat("0a", 32)
	type row = struct {
		name   string
		change func(*provider.Spec)
		field  string // of the error; empty: it may
	}
	var rows []row
	try := func(field string, set func(*provider.Spec, string), values ...string) {
		for _, v := range values {
			rows = append(rows, row{v, func(s *provider.Spec) { set(s, v) }, field})
		}
	}
	image := func(s *provider.Spec, v string) { s.Image = v }
	try("", image, "a", "mcp/fetch", "mcp/fetch:1.2-x", "localhost:5000/a/b:t", "ghcr.io/a/b@"+digest, "a:1@"+digest, digest)
	try("image", image, "", " ", "-v", "--privileged", "a b", "a/B", "a:", "a@sha256:12", "../a", "a//b", "http://a/b", "a\nb", "a:b:c",
		strings.Repeat("a", 600))
	volumes := func(s *provider.Spec, v string) { s.Volumes = []string{v} }
	try("", volumes, "/srv/data:/data", "/srv/data/:/data/:ro", "/srv/data:/data:rw", "named:/data", "/home/ann/notes:/notes", "/tmp/a:/tmp", "/opt/a:/etc/a")
	try("volumes[0]", volumes,
		"", ":", "/srv", "/srv:", ":/data", "/srv:/data:rx", "/srv:/data:ro:z", "a,b:/data", "~/x:/data", "$HOME:/data", "./x:/data", "C:\\x:/data",
		"/:/data", "//:/data", "/.:/data", "/srv/../etc:/data", "/srv/./x:/data", "/srv//x:/data", "/srv/x/..:/data",
		"/etc:/data", "/etc/:/data", "/etc/passwd:/data", "/proc:/data", "/proc/1/root:/data", "/sys/fs/cgroup:/data", "/var:/data",
		"/var/run/docker.sock:/var/run/docker.sock", "/run/podman/podman.sock:/s", "/srv/my.sock:/s", "/var/lib/docker:/data", "/root:/data",
		"/root/.ssh:/data", "/home:/data", "/home/:/data", "/home/ann:/data", "/home/ann/.ssh:/data", "/Users/ann:/data", "/dev:/data",
		"/dev/sda:/data", "/boot:/data", "/usr/bin:/data", "/bin:/data", "/lib:/data", "/run:/data",
		"/srv:data", "/srv:/", "/srv:/proc", "/srv:/proc/x", "/srv:/sys/x", "/srv:/dev", "/srv:/a/../b", "/srv:/a\x00b", "/s\nrv:/a", "/srv\xff:/a")
	network := func(s *provider.Spec, v string) { s.Network = v }
	try("", network, "", "none", "bridge", "host", "my_net-1.x")
	try("network", network, "container:other", "container:", "ns:/proc/1/ns/net", "slirp4netns:x", "-x", "a b", "host,none", " none", strings.Repeat("n", 200))
	user := func(s *provider.Spec, v string) { s.User = v }
	try("", user, "", "current", "1000", "1000:1000", "nobody", "app:www-data")
	try("user", user, "-1", "a:b:c", ":", "a b", "$USER", "0:", "x\x00")
	try("pull", func(s *provider.Spec, v string) { s.Pull = v }, "Always", "missing", "no")
	try("", func(s *provider.Spec, v string) { s.Pull = v }, "", "never", "if_missing", "always")
	try("pull", func(s *provider.Spec, v string) { s.Pull, s.Image = "always", v }, digest)
	memory := func(s *provider.Spec, v string) { s.Resources = &provider.Resources{Memory: v} }
	try("", memory, "6m", "512m", "512M", "1g", "1GB", "1gib", "8388608", "1024g", "65536k")
	try("resources.memory", memory, "0", "-1", "-1m", "5m", "1t", "m", "1.5g", "1e9", "1025g", "99999999999999999999", "9999999999g", "0x10m", "512 m", "mm")

	cpu := func(v float64) func(*provider.Spec) {
		return func(s *provider.Spec) { s.Resources = &provider.Resources{CPU: v} }
	}
	pids := func(v int) func(*provider.Spec) {
		return func(s *provider.Spec) { s.Resources = &provider.Resources{PIDs: v} }
	}
	words := func(n int, v string) []string { return slices.Repeat([]string{v}, n) }
	rows = append(rows, []row{
		{"half a core", cpu(0.5), ""},
		{"negative cores", cpu(-1), "resources.cpu"},
		{"too little of a core", cpu(0.001), "resources.cpu"},
		{"too many cores", cpu(1e9), "resources.cpu"},
		{"cores that are no number", cpu(math.NaN()), "resources.cpu"},
		{"infinite cores", cpu(math.Inf(1)), "resources.cpu"},
		{"some processes", pids(32), ""},
		{"unlimited processes", pids(-1), "resources.pids"},
		{"too many processes", pids(1 << 20), "resources.pids"},
		{"a command and arguments", func(s *provider.Spec) { s.Command, s.Args = []string{"/x", ""}, []string{"--y", ""} }, ""},
		{"an empty program", func(s *provider.Spec) { s.Command = []string{" "} }, "command"},
		{"NUL in an argument", func(s *provider.Spec) { s.Args = []string{"a", "b\x00"} }, "args[1]"},
		{"bytes that are no text", func(s *provider.Spec) { s.Command = []string{"\xff"} }, "command[0]"},
		{"too many arguments", func(s *provider.Spec) { s.Args = words(101, "a") }, "args"},
		{"too many volumes", func(s *provider.Spec) { s.Volumes = words(33, "a:/a") }, "volumes"},
		{"two volumes at one place", func(s *provider.Spec) { s.Volumes = []string{"aa:/a", "/srv/b:/a/"} }, "volumes[1]"},
	}...)
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			if got := field(t, container(r.change).Check()); got != r.field {
				t.Errorf("field %q, want %q: %v", got, r.field, container(r.change).Check())
			}
		})
	}
}

func TestLimitsInTheEnginesUnits(t *testing.T) {
	for _, row := range []struct {
		name string
		r    *provider.Resources
		want provider.Limits
	}{
		{"nothing said", nil, provider.Limits{}},
		{"some said", &provider.Resources{Memory: "64M", CPU: 0.25}, provider.Limits{Memory: 64 << 20, CPU: 250_000_000}},
		{"all said", &provider.Resources{Memory: "1g", CPU: 2, PIDs: 9}, provider.Limits{Memory: 1 << 30, CPU: 2_000_000_000, PIDs: 9}},
	} {
		if got, err := row.r.Limits(); got != row.want || err != nil {
			t.Errorf("%s: %+v, %v", row.name, got, err)
		}
	}
}

func TestMountsAreRead(t *testing.T) {
	got, err := container(func(s *provider.Spec) { s.Volumes = []string{"/srv/a/:/x/:ro", "store:/y"} }).Mounts()
	want := []provider.Volume{{Source: "/srv/a", Target: "/x", ReadOnly: true}, {Source: "store", Named: true, Target: "/y"}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
}
