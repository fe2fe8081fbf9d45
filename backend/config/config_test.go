package config

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"hangar/backend/provider"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// load writes the text as hangar.yaml into a directory of its own and loads it with nothing else around.
func load(t *testing.T, text string, env, flags map[string]string) (*Config, string, error) {
	t.Helper()
	dir := t.TempDir()
	src := Source{Flags: flags, Dir: dir, Binary: "/opt/hangar", Env: lookup(env)}
	if text != "" {
		src.File = "hangar.yaml"
		if err := os.WriteFile(filepath.Join(dir, src.File), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, err := Load(src)
	return c, dir, err
}

// text is a key's value as set would take it.
func (c *Config) text(k Key) string {
	v := reflect.ValueOf(c).Elem().FieldByIndex(k.field)
	if list, ok := v.Interface().([]string); ok {
		return strings.Join(list, ",")
	}
	return fmt.Sprint(v.Interface())
}

func lookup(env map[string]string) func(string) (string, bool) {
	return func(key string) (string, bool) { v, ok := env[key]; return v, ok }
}

func TestWhoWins(t *testing.T) {
	file := "listen: 127.0.0.1:1\nlogging: {level: warn}\n"
	env := map[string]string{"HANGAR_LISTEN": "127.0.0.1:2"}
	flags := map[string]string{"listen": "127.0.0.1:3"}
	tests := []struct {
		name         string
		file         string
		env, flags   map[string]string
		want, origin string
	}{
		{"the default stands where nobody speaks", "logging:\n  level: warn\n", nil, nil, "127.0.0.1:8000", "default"},
		{"the file beats the default", file, nil, nil, "127.0.0.1:1", "file hangar.yaml"},
		{"the environment beats the file", file, env, nil, "127.0.0.1:2", "variable HANGAR_LISTEN"},
		{"a flag beats them all", file, env, flags, "127.0.0.1:3", "flag --listen"},
		{"an empty variable is an absent one", file, map[string]string{"HANGAR_LISTEN": ""}, nil, "127.0.0.1:1", "file hangar.yaml"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, _, err := load(t, tt.file, tt.env, tt.flags)
			if err != nil {
				t.Fatal(err)
			}
			if c.Listen != tt.want || c.Origin("listen") != tt.origin {
				t.Errorf("listen %s from %s, want %s from %s", c.Listen, c.Origin("listen"), tt.want, tt.origin)
			}
			if c.Level() != slog.LevelWarn {
				t.Errorf("level %v", c.Level())
			}
		})
	}
}

func indent(section string) string {
	if section == "" {
		return ""
	}
	return "  "
}

// The variables of seed 002; our own names for the same settings win over them.
func TestTheGuidesVariables(t *testing.T) {
	for name, tt := range map[string]struct {
		file    string
		env     map[string]string
		want    WebSocket
		refused string
	}{
		"by default it listens on loopback":      {want: WebSocket{true, "127.0.0.1:8765"}},
		"it can be left out":                     {env: map[string]string{"ENABLE_WEBSOCKET": "false"}, want: WebSocket{false, "127.0.0.1:8765"}},
		"its port can be moved":                  {env: map[string]string{"WEBSOCKET_PORT": "9000"}, want: WebSocket{true, "127.0.0.1:9000"}},
		"the port of the file's address moves":   {file: "websocket:\n  listen: '[::1]:1'\n", env: map[string]string{"WEBSOCKET_PORT": "2"}, want: WebSocket{true, "[::1]:2"}},
		"our own variable wins":                  {env: map[string]string{"WEBSOCKET_PORT": "2", "HANGAR_WEBSOCKET_LISTEN": "127.0.0.1:3"}, want: WebSocket{true, "127.0.0.1:3"}},
		"what is no port is refused":             {env: map[string]string{"WEBSOCKET_PORT": "http"}, refused: "variable WEBSOCKET_PORT"},
		"what is no yes or no is refused":        {env: map[string]string{"ENABLE_WEBSOCKET": "maybe"}, refused: "variable ENABLE_WEBSOCKET"},
		"beyond loopback is refused with a line": {file: "websocket:\n  listen: 0.0.0.0:8765\n", refused: "hangar.yaml:2"},
		"what is off may listen anywhere":        {file: "websocket:\n  enabled: false\n  listen: 0.0.0.0:8765\n", want: WebSocket{false, "0.0.0.0:8765"}},
	} {
		t.Run(name, func(t *testing.T) {
			c, _, err := load(t, tt.file, tt.env, nil)
			if tt.refused != "" {
				if err == nil || !strings.Contains(err.Error(), tt.refused) {
					t.Errorf("%v, want %s", err, tt.refused)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if c.WebSocket != tt.want {
				t.Errorf("%+v, want %+v", c.WebSocket, tt.want)
			}
		})
	}
}

func TestEveryKeyTakesEveryWay(t *testing.T) {
	values := map[string]string{
		"listen": "127.0.0.1:9", "data": "/var/lib/hangar", "base_path": "/ops/", "public_url": "https://x.example/ops/", "logging.level": "debug", "logging.format": "json",
		"allowed_hosts": "a.example,b.example:80", "allowed_origins": "https://a.example", "unsafe_no_auth": "true",
		"trusted_proxies":       "10.0.0.0/8,::1",
		"limits.call_timeout_s": "7", "limits.max_concurrency": "8", "limits.provider_concurrency": "9", "limits.queue_timeout_s": "10", "dev_url": "http://localhost:5173",
		"storage.url": "postgres://me@db.example/hangar", "storage.operations_kept": "11", "storage.backups_kept": "3", "storage.event_days": "31", "storage.events_kept": "32", "storage.call_days": "33", "storage.calls_kept": "34", "storage.snapshot_events": "35",
		"records.calls": "false", "records.arguments": "full", "records.strict": "true",
		"alerts.error_percent": "21", "alerts.slow_s": "22", "alerts.calls": "23", "alerts.cold_start_s": "24", "alerts.disk_free_percent": "25", "config_reload.watch": "false", "websocket.enabled": "false", "websocket.listen": "127.0.0.1:10",
		"mcp.prefix": "never", "mcp.management_tools": "false", "mcp.result_bytes": "50000", "mcp.result_keep_s": "60", "mcp.result_memory_bytes": "2000000", "catalog.registry": "https://registry.example.com",
	}
	want := Config{
		Listen: "127.0.0.1:9", DataDir: "/var/lib/hangar", BasePath: "/ops/", PublicURL: "https://x.example/ops/", Logging: Logging{"debug", "json"},
		AllowedHosts: []string{"a.example", "b.example:80"}, AllowedOrigins: []string{"https://a.example"}, UnsafeNoAuth: true,
		TrustedProxies: []string{"10.0.0.0/8", "::1"},
		Limits:         Limits{7, 8, 9, 10}, DevURL: "http://localhost:5173", Storage: Storage{"postgres://me@db.example/hangar", 11, 31, 32, 33, 34, 35, 3}, MCP: MCP{"never", false, 50_000, 60, 2_000_000}, Records: Records{Arguments: "full", Strict: true}, Alerts: Alerts{21, 22, 23, 24, 25},
		WebSocket: WebSocket{Listen: "127.0.0.1:10"},
		Catalog:   Catalog{"https://registry.example.com"},
	}
	flags, env, file := map[string]string{}, map[string]string{}, ""
	for _, k := range Keys() {
		v, ok := values[k.Name]
		if !ok {
			t.Fatalf("key %s has no value in this test", k.Name)
		}
		flags[k.Flag], env[k.Env] = v, v
		if strings.HasPrefix(k.Name, "allowed_") || k.Name == "trusted_proxies" {
			v = "[" + v + "]"
		}
		section, name, inside := strings.Cut(k.Name, ".")
		if !inside {
			section, name = "", k.Name
		} else if !strings.Contains(file, section+":\n") {
			file += section + ":\n"
		}
		file += indent(section) + name + ": " + v + "\n"
		if k.Default != "" {
			if err := new(Config).set(k, k.Default); err != nil {
				t.Errorf("default of %s: %v", k.Name, err)
			}
		}
		if k.Usage == "" {
			t.Errorf("%s has no help", k.Name)
		}
	}
	for name, got := range map[string]func() (*Config, string, error){
		"flags": func() (*Config, string, error) { return load(t, "", nil, flags) },
		"env":   func() (*Config, string, error) { return load(t, "", env, nil) },
		"file":  func() (*Config, string, error) { return load(t, file, nil, nil) },
	} {
		c, _, err := got()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, k := range Keys() {
			if c.text(k) != want.text(k) {
				t.Errorf("%s: %s is %s, want %s", name, k.Name, c.text(k), want.text(k))
			}
		}
		if c.CallTimeout() != 7*time.Second {
			t.Errorf("%s: call timeout %v", name, c.CallTimeout())
		}
	}
}

func TestPathsAreFinal(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "etc"), 0o700); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "etc", "h.yaml")
	if err := os.WriteFile(file, []byte("data: state\nbase_path: ops\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	src := Source{Dir: dir, Binary: "/opt/hangar", Env: lookup(map[string]string{"HANGAR_CONFIG": "etc/h.yaml"})}
	c, err := Load(src)
	if err != nil {
		t.Fatal(err)
	}
	if c.DataDir != filepath.Join(dir, "etc", "state") || c.BasePath != "/ops/" || c.File() != "etc/h.yaml" {
		t.Errorf("data %s, base %s, file %s", c.DataDir, c.BasePath, c.File())
	}
	src.Flags = map[string]string{"data": "state"}
	if c, err = Load(src); err != nil || c.DataDir != filepath.Join(dir, "state") {
		t.Errorf("data from a flag: %v %v", c, err)
	}
}

func TestProvidersFromTheFile(t *testing.T) {
	c, _, err := load(t, `
base: &base
  mode: subprocess
`, nil, nil)
	if err == nil || !strings.Contains(err.Error(), "hangar.yaml:2:1: base: unknown key") {
		t.Fatalf("%v %v", c, err)
	}
	c, _, err = load(t, `
providers:
  math: &math
    mode: subprocess
    command: [python3, -m, math_server]
    env: {TOKEN: "secret: yes", LISTEN: "1"}
    idle_ttl_s: 20
  copy:
    <<: *math
    idle_ttl_s: 30
  far: {mode: remote, endpoint: "https://mcp.example.com/mcp"}
`, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	m, cp, far := c.Providers["math"], c.Providers["copy"], c.Providers["far"]
	if len(c.Providers) != 3 || m.Command[2] != "math_server" || m.Env["TOKEN"] != "secret: yes" || m.IdleTTL != 20 ||
		m.HealthCheckInterval != provider.DefaultInterval || cp.IdleTTL != 30 || cp.Command[0] != "python3" || far.Mode != provider.Remote {
		t.Errorf("providers %+v", c.Providers)
	}
}

func TestWhatIsWrongIsSaid(t *testing.T) {
	tests := []struct {
		name, file string
		env, flags map[string]string
		want       []string // lines of the error, in order
	}{
		{"unknown keys, all of them, with what was probably meant", "listne: x\nprovider: {}\nproviders:\n  a:\n    mod: remote\n    xyzzyx: 1\n", nil, nil, []string{
			"hangar.yaml:1:1: listne: unknown key; did you mean listen?",
			"hangar.yaml:2:1: provider: unknown key; did you mean providers?",
			"hangar.yaml:5:5: providers.a.mod: unknown key; did you mean mode?",
			"hangar.yaml:6:5: providers.a.xyzzyx: unknown key; known are args auth",
		}},
		{"a key of a section, beside the section", "log_level: info\ncall_timeout_s: 5\nlimits: {level: 1}\n", nil, nil, []string{
			"hangar.yaml:1:1: log_level: unknown key; did you mean logging.level?",
			"hangar.yaml:2:1: call_timeout_s: unknown key; did you mean limits.call_timeout_s?",
			"hangar.yaml:3:10: limits.level: unknown key; known are call_timeout_s max_concurrency",
		}},
		{"a wrong type, at its place", "listen: 127.0.0.1:1\nlimits:\n  call_timeout_s: soon\n", nil, nil,
			[]string{`hangar.yaml:3:19: limits.call_timeout_s: must be a whole number, not "soon"`}},
		{"a fraction is no whole number", "limits: {call_timeout_s: 2.5}\n", nil, nil, []string{`hangar.yaml:1:26: limits.call_timeout_s: must be a whole number, not "2.5"`}},
		{"a 0 where more is needed", "providers:\n  a: {command: [x], idle_ttl_s: 0}\n", nil, nil, []string{"hangar.yaml:2:33: providers.a.idle_ttl_s: must be at least 1, not 0"}},
		{"a word for a yes", "unsafe_no_auth: yes\n", nil, nil, []string{`hangar.yaml:1:17: unsafe_no_auth: must be true or false, not "yes"`}},
		{"a mapping where a value belongs", "listen:\n  host: x\n", nil, nil, []string{"hangar.yaml:2:3: listen: must be text, not a mapping"}},
		{"a value where a list belongs", "allowed_hosts: a.example\n", nil, nil, []string{"hangar.yaml:1:16: allowed_hosts: must be a list, not a plain value"}},
		{"a value where a mapping belongs", "providers: x\ngroups: [a]\n", nil, nil, []string{
			"hangar.yaml:1:12: providers: must be a mapping, not a plain value", "hangar.yaml:2:9: groups: must be a mapping, not a list"}},
		{"nothing in a list", "allowed_hosts: [a.example, ~]\n", nil, nil, []string{"hangar.yaml:1:28: allowed_hosts[1]: is empty"}},
		{"a list where the file's mapping belongs", "- a\n", nil, nil, []string{"hangar.yaml:1:1: must be a mapping of keys, not a list"}},
		{"no YAML", "listen: [\n", nil, nil, []string{"hangar.yaml:1:9:"}},
		{"a key twice", "listen: 127.0.0.1:1\nlisten: 127.0.0.1:2\n", nil, nil, []string{"hangar.yaml:2:1:"}},
		{"two documents", "listen: 127.0.0.1:1\n---\nlisten: 127.0.0.1:2\n", nil, nil, []string{"hangar.yaml:3:1: only one document"}},
		{"an alias of nothing", "listen: *a\n", nil, nil, []string{"hangar.yaml:1:9: listen: there is no anchor of this name"}},
		{"a definition that contains itself", "providers:\n  a: &a\n    <<: *a\n", nil, nil, []string{"hangar.yaml:3:"}},
		{"a merge of what is no mapping", "providers:\n  a: {<<: x, command: [y]}\n", nil, nil, []string{"hangar.yaml:2:11: providers.a: << merges a mapping"}},
		{"a tag that nobody knows", "listen: !secret x\n", nil, nil, []string{"hangar.yaml:1:9: listen: the tag !secret is not known here"}},
		{"both names of one key", "providers: {}\nmcp_servers: {}\n", nil, nil, []string{"hangar.yaml:2:1: mcp_servers: is another name for providers, which is given too"}},
		{"a provider without anything to run, where the provider stands", "providers:\n  a:\n    mode: subprocess\n", nil, nil,
			[]string{"hangar.yaml:2:3: providers.a.command: mode subprocess needs a command"}},
		{"a provider from which no mode follows", "providers:\n  a: {}\n", nil, nil, []string{"hangar.yaml:2:3: providers.a.mode: is missing"}},
		{"a provider's field, at its own place", "providers:\n  a:\n    mode: remote\n    endpoint: ftp://x\n", nil, nil,
			[]string{"hangar.yaml:4:5: providers.a.endpoint: must be an http"}},
		{"a provider's name", "providers:\n  a/b: {mode: remote, endpoint: 'http://x'}\n", nil, nil, []string{"hangar.yaml:2:3: providers.a/b: must be 1 to 64"}},
		{"an address for all machines", "listen: 0.0.0.0:8000\n", nil, nil, []string{"hangar.yaml:1:1: listen: 0.0.0.0:8000 can be reached from other machines"}},
		{"a flag is blamed for its own value", "", nil, map[string]string{"listen": ":8000"}, []string{"flag --listen: :8000 can be reached"}},
		{"a variable too", "", map[string]string{"HANGAR_CALL_TIMEOUT_S": "0"}, nil, []string{"variable HANGAR_CALL_TIMEOUT_S: must be between 1 and 3600"}},
		{"a variable that is no number", "", map[string]string{"HANGAR_CALL_TIMEOUT_S": "1s"}, nil, []string{`variable HANGAR_CALL_TIMEOUT_S: must be a whole number, not "1s"`}},
		{"a flag that is no boolean", "", nil, map[string]string{"unsafe-no-auth": "perhaps"}, []string{"flag --unsafe-no-auth: must be true or false"}},
		{"no port", "", nil, map[string]string{"listen": "127.0.0.1"}, []string{"flag --listen: must be host:port"}},
		{"a port too high", "", nil, map[string]string{"listen": "127.0.0.1:70000"}, []string{"flag --listen: must be host:port"}},
		{"a base path of our own", "", nil, map[string]string{"base-path": "/api/x"}, []string{"flag --base-path: must not begin with /api"}},
		{"a base path that is a URL", "", nil, map[string]string{"base-path": "//evil.example"}, []string{"flag --base-path: must be a plain path"}},
		{"an unknown level", "", nil, map[string]string{"log-level": "loud"}, []string{"flag --log-level: must be debug"}},
		{"an unknown format", "", nil, map[string]string{"log-format": "xml"}, []string{"flag --log-format: must be auto"}},
		{"a host with a path", "", nil, map[string]string{"allowed-hosts": "a.example/x"}, []string{"flag --allowed-hosts: must be a host name"}},
		{"an origin with a path", "", nil, map[string]string{"allowed-origins": "https://a.example/x"}, []string{"flag --allowed-origins: must be an origin"}},
		{"a proxy by name", "", nil, map[string]string{"trusted-proxies": "proxy.example"}, []string{"flag --trusted-proxies: must be an address or a network"}},
		{"a session of a second, on its line", "auth:\n  enabled: true\n  session_idle_s: 1\n", nil, nil, []string{"hangar.yaml:3:3: auth.session_idle_s: must be between 60 seconds"}},
		{"a misspelt key of auth", "auth:\n  enable: true\n", nil, nil, []string{"hangar.yaml:2:3: auth.enable: unknown key; did you mean enabled?"}},
		{"Vite elsewhere", "", nil, map[string]string{"dev-url": "http://evil.example"}, []string{"flag --dev-url: must be an http address on this machine"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := load(t, tt.file, tt.env, tt.flags)
			var ps Problems
			if !errors.As(err, &ps) {
				t.Fatalf("error %T %v, want Problems", err, err)
			}
			lines := strings.Split(err.Error(), "\n")
			if len(lines) != len(tt.want) {
				t.Fatalf("%d problems, want %d:\n%v", len(lines), len(tt.want), err)
			}
			for i, want := range tt.want {
				if !strings.HasPrefix(lines[i], want) {
					t.Errorf("problem %d\n got %s\nwant %s", i, lines[i], want)
				}
			}
		})
	}
}

func TestAMissingFileIsNamed(t *testing.T) {
	_, err := Load(Source{File: "gone.yaml", Dir: t.TempDir(), Env: lookup(nil)})
	if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "gone.yaml") {
		t.Errorf("error %v", err)
	}
}

func TestBeyondLoopbackWhenSaidSo(t *testing.T) {
	for _, flags := range []map[string]string{
		{"listen": "0.0.0.0:0", "unsafe-no-auth": "true"}, {"listen": "[::1]:8000"}, {"listen": "localhost:8000"}, {"listen": "[::ffff:127.0.0.1]:1"},
	} {
		if _, _, err := load(t, "", nil, flags); err != nil {
			t.Errorf("%v: %v", flags, err)
		}
	}
	for _, addr := range []string{"[::]:1", "192.168.1.5:1", "example.com:1", "127.0.0.1.example.com:1", "[fe80::1%lo]:1", "nonsense"} {
		if Loopback(addr) {
			t.Errorf("%s counts as loopback", addr)
		}
	}
}

func TestBeyondLoopbackWhenEverybodySignsIn(t *testing.T) {
	c, _, err := load(t, "listen: 0.0.0.0:8000\nauth: {enabled: true, rate_limit: {per_second: 5}}\ntrusted_proxies: [10.1.2.3/8, '::1']\n", nil, nil)
	if err != nil || !c.Auth.Enabled || c.Auth.RateLimit.Burst != 10 || c.Auth.SessionIdleS != 8*3600 {
		t.Fatalf("%+v, %v", c, err)
	}
	if got := fmt.Sprint(c.Proxies()); got != "[10.0.0.0/8 ::1/128]" {
		t.Errorf("proxies %s", got)
	}
	for key, want := range map[string]string{"auth.rate_limit.per_second": "file hangar.yaml", "auth.rate_limit": "", "auth.session_idle_s": ""} {
		if got := c.Origin(key); got != want {
			t.Errorf("%s comes from %q, want %q", key, got, want)
		}
	}
}

func TestAnEmptyFileIsAConfiguration(t *testing.T) {
	for _, text := range []string{"\n", "# nothing yet\n", "---\n", "providers:\n"} {
		c, _, err := load(t, text, nil, nil)
		if err != nil || len(c.Providers) != 0 || c.Listen != "127.0.0.1:8000" {
			t.Errorf("%q: %+v, %v", text, c, err)
		}
	}
}

func TestDiscoverySources(t *testing.T) {
	page, err := os.ReadFile("../../docs/discovery.md")
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := strings.Cut(string(page), "```yaml\n")
	example, _, _ = strings.Cut(example, "```")
	if c, _, err := load(t, example, nil, nil); err != nil || len(c.Discovery.Sources) != 4 {
		t.Errorf("the documented example gives %+v, %v", c, err)
	}
	c, _, err := load(t, "discovery:\n  sources:\n    - type: docker\n    - {id: local, type: filesystem, mode: authoritative, config: {path: /srv, ttl_s: 30}}\n", nil, nil)
	if err != nil || len(c.Discovery.Sources) != 2 || c.Discovery.Sources[1].Config.TTL != 30 {
		t.Fatalf("%+v, %v", c, err)
	}
	for text, want := range map[string]string{
		"discovery:\n  sources:\n    - type: docker\n      confg: {}\n":                                "hangar.yaml:4:7: discovery.sources[0].confg: unknown key; did you mean config?",
		"discovery:\n  sources:\n    - type: docker\n    - type: filesystem\n      config: {pth: x}\n": "hangar.yaml:5:16: discovery.sources[1].config.pth: unknown key; did you mean path?",
		"discovery:\n  sources:\n    - type: consul\n":                                                 "hangar.yaml:3:7: discovery.sources[0].type: must be docker",
		"discovery:\n  sources:\n    - type: docker\n      config: {ttl_s: -1}\n":                      "hangar.yaml:4:16: discovery.sources[0].config.ttl_s: must be between",
		"discovery:\n  sources:\n    - type: docker\n    - type: docker\n":                             "hangar.yaml:4:7: discovery.sources[1].id: \"docker\" names two",
	} {
		if _, _, err := load(t, text, nil, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", want, err)
		}
	}
}
