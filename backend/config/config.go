package config

import (
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"hangar/backend/provider"
)

// Config is what one run of Hangar was told. It does not change; a reload makes another one.
type Config struct {
	Listen              string   `yaml:"listen" default:"127.0.0.1:8000" usage:"address and port to listen on; beyond loopback only with unsafe_no_auth"`
	DataDir             string   `yaml:"data" default:"data" usage:"directory of the store; in a file, relative to the file"`
	BasePath            string   `yaml:"base_path" default:"/" usage:"path prefix under which browsers reach Hangar, such as /ops/"`
	PublicURL           string   `yaml:"public_url" usage:"address under which browsers reach Hangar from outside, such as https://ops.example.com/ops/; for the way back from OAuth sign-ins"`
	LogLevel            string   `yaml:"log_level" default:"info" usage:"debug, info, warn or error"`
	LogFormat           string   `yaml:"log_format" default:"auto" usage:"text, json, or auto: text on a terminal"`
	AllowedHosts        []string `yaml:"allowed_hosts" usage:"names, beside loopback, that a Host header may carry (a proxy's public name)"`
	AllowedOrigins      []string `yaml:"allowed_origins" usage:"origins, beside our own, whose pages may call us, such as https://ops.example.com"`
	UnsafeNoAuth        bool     `yaml:"unsafe_no_auth" usage:"listen beyond loopback although nobody has to sign in"`
	CallTimeoutS        int      `yaml:"call_timeout_s" default:"300" usage:"seconds until a tool call without a deadline of its own is given up (1 to 3600)"`
	MaxConcurrency      int      `yaml:"max_concurrency" default:"256" usage:"tool calls at once, in all; 0 is no limit"`
	ProviderConcurrency int      `yaml:"provider_concurrency" default:"64" usage:"tool calls at once of a provider whose definition says nothing; 0 is no limit"`
	QueueTimeoutS       int      `yaml:"queue_timeout_s" default:"30" usage:"seconds that a call may wait for its place (1 to 3600)"`
	OperationsKept      int      `yaml:"operations_kept" default:"1000" usage:"operations that are remembered; the oldest that have ended go first (10 to 100000)"`
	CatalogRegistry     string   `yaml:"catalog_registry" usage:"address of an MCP registry whose servers the catalog mirrors, such as https://registry.modelcontextprotocol.io; empty: none"`
	DevURL              string   `yaml:"dev_url" usage:"address of Vite's server, for work on the dashboard"`

	Records   Records                       `yaml:"records"`
	WebSocket WebSocket                     `yaml:"websocket"`
	Providers map[provider.ID]provider.Spec `yaml:"providers"`

	file    string            // "" means the sample
	origins map[string]string // key -> where its value came from
}

// Records is what is kept of what happened, and for how long.
type Records struct {
	Calls bool `yaml:"calls" default:"true" usage:"keep a record of every tool call; without it calls are in no list, no history and no metric"`
}

// WebSocket is the second listener, with the operations socket at its root (seed 002).
type WebSocket struct {
	Enabled bool   `yaml:"enabled" default:"true" usage:"serve the operations socket at the root of a listener of its own, too (also ENABLE_WEBSOCKET)"`
	Listen  string `yaml:"listen" default:"127.0.0.1:8765" usage:"address and port of that listener (also WEBSOCKET_PORT); port 0 is any that is free"`
}

// Source is where a Config comes from. The zero value reads the real environment and nothing else.
type Source struct {
	File   string                      // --config; "" looks at HANGAR_CONFIG, then takes the sample
	Flags  map[string]string           // by flag name ("base-path"), only those that were given
	Env    func(string) (string, bool) // nil means os.LookupEnv
	Dir    string                      // working directory; "" means the process's own
	Binary string                      // this program, which the sample's demo provider runs; "" means os.Executable
}

func (s Source) complete() (Source, error) {
	var err error
	if s.Env == nil {
		s.Env = os.LookupEnv
	}
	if s.Dir == "" {
		if s.Dir, err = os.Getwd(); err != nil {
			return s, fmt.Errorf("find the working directory: %w", err)
		}
	}
	if s.Binary == "" {
		if s.Binary, err = os.Executable(); err != nil {
			return s, fmt.Errorf("find this program: %w", err)
		}
	}
	if s.File == "" {
		s.File, _ = s.Env(configVariable)
	}
	return s, nil
}

// configVariable names the file where no flag does; it is no key, because a file cannot name itself.
const configVariable = "HANGAR_CONFIG"

// Load reads everything and checks it. Its error is Problems where a person can mend it.
func Load(src Source) (*Config, error) {
	src, err := src.complete()
	if err != nil {
		return nil, err
	}
	c := &Config{origins: map[string]string{}, file: src.File}
	found := &finder{name: src.File}
	c.defaults()
	if src.File != "" {
		text, err := os.ReadFile(absolute(src.Dir, src.File))
		if err != nil {
			return nil, fmt.Errorf("read the configuration: %w", err)
		}
		c.read(text, found)
	}
	c.override(src, found)
	c.clean(src)
	if src.File == "" {
		if err := c.addSample(src, found); err != nil {
			return nil, err
		}
	}
	c.check(found)
	return c, found.err()
}

// clean gives paths their final form. A relative directory from a file is relative to that file, wherever Hangar is
// started; from a flag or a variable it is what the shell would make of it.
func (c *Config) clean(src Source) {
	base := src.Dir
	if c.origins["data"] == c.fileOrigin() {
		base = filepath.Dir(absolute(src.Dir, src.File))
	}
	c.DataDir = absolute(base, c.DataDir)
}

func absolute(base, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(base, path)
}

// File is the configuration file, or "" where the sample stands in.
func (c *Config) File() string { return c.file }

// Origin says where the value of a key came from: "flag --listen", "variable HANGAR_LISTEN", "file hangar.yaml" or
// "default".
func (c *Config) Origin(key string) string { return c.origins[key] }

func (c *Config) fileOrigin() string { return "file " + c.file }

// CallTimeout is how long a call may take that has no deadline of its own.
func (c *Config) CallTimeout() time.Duration { return time.Duration(c.CallTimeoutS) * time.Second }

// QueueTimeout is how long a call may wait for its place.
func (c *Config) QueueTimeout() time.Duration { return time.Duration(c.QueueTimeoutS) * time.Second }

// Level is the log level; Load has checked its name.
func (c *Config) Level() slog.Level {
	var l slog.Level
	if err := l.UnmarshalText([]byte(c.LogLevel)); err != nil {
		return slog.LevelInfo
	}
	return l
}

// Loopback says whether an address is reached from this machine only (decisions.md 18). A name other than localhost is
// not: what it means is somebody else's decision.
func Loopback(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}
