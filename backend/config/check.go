package config

import (
	"errors"
	"log/slog"
	"maps"
	"net"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"

	"hangar/backend/fault"
)

// check tells everything that was read well but must not be.
func (c *Config) check(found *finder) {
	c.checkListen(found, "listen", c.Listen)
	if c.WebSocket.Enabled {
		c.checkListen(found, "websocket.listen", c.WebSocket.Listen)
	}
	c.checkBasePath(found)
	c.checkLogging(found)
	c.checkNames(found)
	c.checkNumbers(found)
	if c.PublicURL != "" {
		if u, err := url.Parse(c.PublicURL); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
			found.at(c, "public_url", "must be an http or https address, such as https://ops.example.com/, not %q", c.PublicURL)
		}
	}
	if c.CatalogRegistry != "" {
		if u, err := url.Parse(c.CatalogRegistry); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			found.at(c, "catalog_registry", "must be an http or https address, such as https://registry.modelcontextprotocol.io, not %q", c.CatalogRegistry)
		}
	}
	if c.DevURL != "" {
		if u, err := url.Parse(c.DevURL); err != nil || !origin(u) || !Loopback(net.JoinHostPort(u.Hostname(), "0")) {
			found.at(c, "dev_url", "must be an http address on this machine, such as http://localhost:5173, not %q", c.DevURL)
		}
	}
	c.checkProviders(found)
}

func (c *Config) checkNumbers(found *finder) {
	for key, n := range map[string]int{"call_timeout_s": c.CallTimeoutS, "queue_timeout_s": c.QueueTimeoutS} {
		if n < 1 || n > 3600 {
			found.at(c, key, "must be between 1 and 3600 seconds, not %d", n)
		}
	}
	if c.OperationsKept < 10 || c.OperationsKept > 100_000 {
		found.at(c, "operations_kept", "must be between 10 and 100000, not %d", c.OperationsKept)
	}
	for key, n := range map[string]int{"max_concurrency": c.MaxConcurrency, "provider_concurrency": c.ProviderConcurrency} {
		if n < 0 || n > 100_000 {
			found.at(c, key, "must be between 0 (no limit) and 100000 calls, not %d", n)
		}
	}
}

func (c *Config) checkListen(found *finder, key, listen string) {
	_, port, err := net.SplitHostPort(listen)
	if _, perr := strconv.ParseUint(port, 10, 16); err != nil || perr != nil {
		found.at(c, key, "must be host:port, such as 127.0.0.1:8000, not %q", listen)
		return
	}
	if !Loopback(listen) && !c.UnsafeNoAuth {
		found.at(c, key, "%s can be reached from other machines and nobody has to sign in: every one of them could run "+
			"commands here. Listen on 127.0.0.1, or give --unsafe-no-auth if something in front of Hangar keeps others out", listen)
	}
}

// checkBasePath refuses a prefix that could not be told from our own paths, which are served at the root as well.
func (c *Config) checkBasePath(found *finder) {
	clean := path.Clean("/" + c.BasePath)
	first, _, _ := strings.Cut(clean[1:], "/")
	switch {
	case strings.ContainsAny(c.BasePath, "?#%\\\"'<> \t\n") || strings.HasPrefix(c.BasePath, "//") || strings.Contains(c.BasePath, ".."):
		found.at(c, "base_path", "must be a plain path such as /ops/, not %q", c.BasePath)
		return
	case slices.Contains([]string{"api", "mcp", "docs", "assets", "vendor", "ws", "livez", "readyz", "startupz", "health", "metrics", "debug"}, first):
		found.at(c, "base_path", "must not begin with /%s, which is one of Hangar's own paths", first)
		return
	}
	if c.BasePath = clean; clean != "/" {
		c.BasePath += "/"
	}
}

func (c *Config) checkLogging(found *finder) {
	var level slog.Level
	if level.UnmarshalText([]byte(c.LogLevel)) != nil {
		found.at(c, "log_level", "must be debug, info, warn or error, not %q", c.LogLevel)
	}
	if !slices.Contains([]string{"auto", "text", "json"}, c.LogFormat) {
		found.at(c, "log_format", "must be auto, text or json, not %q", c.LogFormat)
	}
}

func (c *Config) checkNames(found *finder) {
	for _, h := range c.AllowedHosts {
		if u, err := url.Parse("http://" + h); err != nil || u.Host != h || h == "" {
			found.at(c, "allowed_hosts", "must be a host name, with a port or without, not %q", h)
		}
	}
	for _, o := range c.AllowedOrigins {
		if u, err := url.Parse(o); err != nil || !origin(u) {
			found.at(c, "allowed_origins", "must be an origin such as https://ops.example.com, without a path, not %q", o)
		}
	}
}

// origin says whether a URL is scheme, host and port, and nothing more.
func origin(u *url.URL) bool {
	return (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil &&
		(u.Path == "" || u.Path == "/") && u.RawQuery == "" && u.Fragment == ""
}

// checkProviders applies the provider's own rules and fills its defaults.
func (c *Config) checkProviders(found *finder) {
	for _, id := range slices.Sorted(maps.Keys(c.Providers)) {
		at := "providers." + string(id)
		spec := c.Providers[id].WithDefaults()
		c.Providers[id] = spec
		found.fault(at, false, id.Check())
		found.fault(at, true, spec.Check())
	}
}

// fault reports a refusal of a noun on the line of its field. inside is false where the key itself is what is wrong.
func (f *finder) fault(key string, inside bool, err error) {
	if err == nil {
		return
	}
	var e *fault.Error
	if errors.As(err, &e) {
		if list, ok := e.Details["errors"].([]fault.FieldError); ok {
			for _, one := range list {
				at := key
				if inside {
					at = join(key, one.Field)
				}
				f.inFile(f.line(at), at, "%s", one.Message)
			}
			return
		}
	}
	f.inFile(f.line(key), key, "%s", err)
}
