package config

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"hangar/backend/auth"
	"hangar/backend/discovery"
	"hangar/backend/group"
	"hangar/backend/provider"
)

// Config is what one run of Hangar was told. It does not change; a reload makes another one.
//
// Tags say what a key is. yaml: its name. usage: its help, and that a flag and a variable give it too; flag: the flag's name
// where it does not follow from the key's. doc: its help, when only the file gives it. default, enum, minimum, maximum: for
// people and editors. alias: another name. secret: its value is never shown. reload "live": a reload brings it into effect;
// anything else waits for a restart. A section is a struct of such fields, most often a noun's own type; when it has a
// method Check() error, that is asked.
type Config struct {
	Listen         string   `yaml:"listen" default:"127.0.0.1:8000" usage:"address and port to listen on; beyond loopback only with auth.enabled, or unsafe_no_auth"`
	DataDir        string   `yaml:"data" default:"data" usage:"directory of the store; in a file, relative to the file"`
	BasePath       string   `yaml:"base_path" default:"/" usage:"path prefix under which browsers reach Hangar, such as /ops/"`
	PublicURL      string   `yaml:"public_url" usage:"address under which browsers reach Hangar from outside, such as https://ops.example.com/ops/; for the way back from OAuth sign-ins"`
	AllowedHosts   []string `yaml:"allowed_hosts" reload:"live" usage:"names, beside loopback, that a Host header may carry (a proxy's public name)"`
	AllowedOrigins []string `yaml:"allowed_origins" reload:"live" usage:"origins, beside our own, whose pages may call us, such as https://ops.example.com"`
	TrustedProxies []string `yaml:"trusted_proxies" usage:"addresses or networks of reverse proxies that are believed about whom they speak for (X-Forwarded-For, X-Forwarded-Proto)"`
	UnsafeNoAuth   bool     `yaml:"unsafe_no_auth" usage:"listen beyond loopback although nobody has to sign in"`
	DevURL         string   `yaml:"dev_url" usage:"address of Vite's server, for work on the dashboard"`

	Auth      auth.Spec `yaml:"auth" doc:"who may come in"`
	Logging   Logging   `yaml:"logging" doc:"what Hangar says on standard error"`
	Limits    Limits    `yaml:"limits" doc:"what may run at once, and for how long"`
	Storage   Storage   `yaml:"storage" doc:"how much is kept"`
	MCP       MCP       `yaml:"mcp" doc:"the MCP endpoint"`
	Records   Records   `yaml:"records" doc:"what is kept of what happened"`
	Alerts    Alerts    `yaml:"alerts" doc:"where alerts begin"`
	WebSocket WebSocket `yaml:"websocket" doc:"the second listener, for the operations socket"`
	Catalog   Catalog   `yaml:"catalog" doc:"where the catalog finds servers beside the built-in ones"`
	Reloading Reloading `yaml:"config_reload" doc:"when this file is read again"`

	Providers map[provider.ID]provider.Spec `yaml:"providers" alias:"mcp_servers" doc:"the MCP servers, by id: 1 to 64 letters, digits, _ or -"`
	Groups    map[group.ID]group.Spec       `yaml:"groups" doc:"several providers that do the same work, called by one name"`
	Discovery discovery.Spec                `yaml:"discovery" doc:"where providers are looked for"`

	src     Source
	origins map[string]string      // key -> where its value came from
	sum     [sha256.Size]byte      // of the file's text
	places  map[provider.ID]string // the key under which the file defines a provider, when not under providers
	spots   map[string]position    // where in the file a key stands
}

// Source is where a Config comes from. The zero value reads the real environment and nothing else.
type Source struct {
	File   string                       // --config; "" looks at HANGAR_CONFIG, then takes the sample
	Flags  map[string]string            // by flag name ("base-path"), only those that were given
	Env    func(string) (string, bool)  // nil means os.LookupEnv
	Dir    string                       // working directory; "" means the process's own
	Binary string                       // this program, which the sample's demo provider runs; "" means os.Executable
	Read   func(string) ([]byte, error) // reads the file; nil means from the disk
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

// maxFile bounds a configuration file: thousands of providers fit.
const maxFile = 8 << 20

// Load reads everything and checks it. Its error is Problems where a person can mend it.
func Load(src Source) (*Config, error) {
	src, err := src.complete()
	if err != nil {
		return nil, err
	}
	c := &Config{origins: map[string]string{}, places: map[provider.ID]string{}, src: src}
	found := &finder{name: src.File, env: src.Env}
	c.defaults()
	if src.File != "" {
		text, err := src.text()
		if err != nil {
			return nil, fmt.Errorf("read the configuration: %w", err)
		}
		c.sum = sha256.Sum256(text)
		c.read(text, found)
	}
	broken := len(found.list) > 0 // then half of it is missing, and what is missing would be told as well
	c.override(src, found)
	c.clean()
	if src.File == "" {
		if err := c.addSample(src, found); err != nil {
			return nil, err
		}
	}
	if !broken {
		c.check(found)
	}
	return c, found.err()
}

func (s Source) text() ([]byte, error) {
	path := absolute(s.Dir, s.File)
	if s.Read != nil {
		return s.Read(path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return ReadFile(f)
}

// ReadFile reads the text of a configuration out of an open file.
func ReadFile(f fs.File) ([]byte, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("not a regular file")
	}
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(text) > maxFile {
		err = fmt.Errorf("longer than %d bytes", maxFile)
	}
	return text, err
}

// Reread loads again from where this Config came from: the same flags, the environment as it is, and the file, or another
// one when that is given, read by read when that is not nil.
func (c *Config) Reread(file string, read func(string) ([]byte, error)) (*Config, error) {
	src := c.src
	if file != "" {
		src.File = file
	}
	src.Read = read
	next, err := Load(src)
	if next != nil {
		next.src.Read = nil
	}
	return next, err
}

// clean gives paths their final form. A relative directory from a file is relative to that file, wherever Hangar is
// started; from a flag or a variable it is what the shell would make of it.
func (c *Config) clean() {
	base := c.src.Dir
	if c.origins["data"] == c.fileOrigin() {
		base = filepath.Dir(c.Path())
	}
	c.DataDir = absolute(base, c.DataDir)
}

func absolute(base, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(base, path)
}

// Proxies are the trusted proxies; Load has checked them.
func (c *Config) Proxies() []netip.Prefix {
	var list []netip.Prefix
	for _, text := range c.TrustedProxies {
		if p, err := network(text); err == nil {
			list = append(list, p)
		}
	}
	return list
}

// network reads an address or a network; an address is a network of one.
func network(text string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(addr.Unmap(), addr.Unmap().BitLen()), nil
	}
	p, err := netip.ParsePrefix(text)
	return p.Masked(), err
}

// File is the configuration file as it was named, or "" where the sample stands in.
func (c *Config) File() string { return c.src.File }

// Path is the configuration file's absolute path, or "" where the sample stands in.
func (c *Config) Path() string {
	if c.src.File == "" {
		return ""
	}
	return absolute(c.src.Dir, c.src.File)
}

// Sum is the SHA-256 of the file's text.
func (c *Config) Sum() [sha256.Size]byte { return c.sum }

// Origin says where the value of a key came from: "flag --listen", "variable HANGAR_LISTEN", "file hangar.yaml" or
// "default".
func (c *Config) Origin(key string) string { return c.origins[key] }

func (c *Config) fileOrigin() string { return "file " + c.src.File }

// CallTimeout is how long a call may take that has no deadline of its own.
func (c *Config) CallTimeout() time.Duration {
	return time.Duration(c.Limits.CallTimeoutS) * time.Second
}

// QueueTimeout is how long a call may wait for its place.
func (c *Config) QueueTimeout() time.Duration {
	return time.Duration(c.Limits.QueueTimeoutS) * time.Second
}

// Level is the log level; Load has checked its name.
func (c *Config) Level() slog.Level {
	var l slog.Level
	if err := l.UnmarshalText([]byte(c.Logging.Level)); err != nil {
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
