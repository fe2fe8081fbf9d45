package config

import (
	"maps"
	"net"
	"net/url"
	"path"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"hangar/backend/fault"
	"hangar/backend/provider"
)

// check tells everything that was read well but must not be.
func (c *Config) check(found *finder) {
	c.checkListen(found, "listen", c.Listen)
	if c.WebSocket.Enabled {
		c.checkListen(found, "websocket.listen", c.WebSocket.Listen)
	}
	c.checkBasePath(found)
	c.checkNames(found)
	if c.PublicURL != "" {
		if u, err := url.Parse(c.PublicURL); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
			found.at(c, "public_url", "must be an http or https address, such as https://ops.example.com/, not %q", c.PublicURL)
		}
	}
	if c.DevURL != "" {
		if u, err := url.Parse(c.DevURL); err != nil || !origin(u) || !Loopback(net.JoinHostPort(u.Hostname(), "0")) {
			found.at(c, "dev_url", "must be an http address on this machine, such as http://localhost:5173, not %q", c.DevURL)
		}
	}
	c.checkSections(found)
	c.hoist(found)
	c.checkProviders(found)
	c.checkGroups(found)
}

// checkSections fills the defaults of every section that has any of its own, and asks every one that has something to say.
func (c *Config) checkSections(found *finder) {
	v := reflect.ValueOf(c).Elem()
	for _, f := range fields(v.Type()) {
		if f.Type.Kind() != reflect.Struct {
			continue
		}
		section := v.FieldByIndex(f.Index)
		if m := section.MethodByName("WithDefaults"); m.IsValid() && m.Type().NumIn() == 0 && m.Type().NumOut() == 1 && m.Type().Out(0) == f.Type {
			section.Set(m.Call(nil)[0])
		}
		if s, ok := section.Interface().(interface{ Check() error }); ok {
			found.fault(c, yamlName(f), true, s.Check())
		}
	}
}

func (c *Config) checkListen(found *finder, key, listen string) {
	_, port, err := net.SplitHostPort(listen)
	if _, perr := strconv.ParseUint(port, 10, 16); err != nil || perr != nil {
		found.at(c, key, "must be host:port, such as 127.0.0.1:8000, not %q", listen)
		return
	}
	if !Loopback(listen) && !c.UnsafeNoAuth && !c.Auth.Enabled {
		found.at(c, key, "%s can be reached from other machines and nobody has to sign in: every one of them could run "+
			"commands here. Listen on 127.0.0.1, or set auth: {enabled: true} in the file, or give --unsafe-no-auth if something "+
			"in front of Hangar keeps others out", listen)
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
	case slices.Contains([]string{"api", "mcp", "docs", "assets", "vendor", "ws", "livez", "readyz", "startupz", "health", "metrics", "debug", "login", "logout", "setup"}, first):
		found.at(c, "base_path", "must not begin with /%s, which is one of Hangar's own paths", first)
		return
	}
	if c.BasePath = clean; clean != "/" {
		c.BasePath += "/"
	}
}

func (c *Config) checkNames(found *finder) {
	for _, h := range c.AllowedHosts {
		if u, err := url.Parse("http://" + h); err != nil || u.Host != h || h == "" {
			found.at(c, "allowed_hosts", "must be a host name, with a port or without, not %q", h)
		}
	}
	for _, p := range c.TrustedProxies {
		if _, err := network(p); err != nil {
			found.at(c, "trusted_proxies", "must be an address or a network, such as 10.0.0.0/8, not %q", p)
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

// hoist makes providers of the members that are defined where they are named.
func (c *Config) hoist(found *finder) {
	for _, id := range slices.Sorted(maps.Keys(c.Groups)) {
		for i, m := range c.Groups[id].Members {
			at := memberKey(string(id), i)
			definition := m.Definition
			c.Groups[id].Members[i].Definition = provider.Spec{}
			if reflect.ValueOf(definition).IsZero() || m.ID == "" {
				continue
			}
			if _, twice := c.Providers[m.ID]; twice {
				found.at(c, at, "defines provider %q, which is defined at %s already; name it here by its id alone", string(m.ID), c.placeOf(m.ID))
				continue
			}
			if c.Providers == nil {
				c.Providers = map[provider.ID]provider.Spec{}
			}
			c.Providers[m.ID] = definition
			c.places[m.ID] = at
		}
	}
}

func memberKey(group string, i int) string {
	return "groups." + group + ".members[" + strconv.Itoa(i) + "]"
}

// placeOf is the key under which the file defines a provider.
func (c *Config) placeOf(id provider.ID) string {
	if at, ok := c.places[id]; ok {
		return at
	}
	return "providers." + string(id)
}

// checkProviders applies the provider's own rules and fills its defaults.
func (c *Config) checkProviders(found *finder) {
	for _, id := range slices.Sorted(maps.Keys(c.Providers)) {
		spec := c.Providers[id].WithDefaults()
		c.Providers[id] = spec
		found.fault(c, c.placeOf(id), false, id.Check())
		found.fault(c, c.placeOf(id), true, spec.Check())
	}
}

// checkGroups applies the group's own rules; members are providers that the file defines, so that a file means the same
// wherever it is read.
func (c *Config) checkGroups(found *finder) {
	for _, id := range slices.Sorted(maps.Keys(c.Groups)) {
		at, spec := "groups."+string(id), c.Groups[id]
		found.fault(c, at, false, id.Check())
		for i, m := range spec.Members {
			if _, ok := c.Providers[m.ID]; !ok && m.ID != "" {
				found.at(c, memberKey(string(id), i), "there is no provider %q in this file; define it under providers, or here by giving its command, image or endpoint", string(m.ID))
			}
		}
		ordered := spec.WithDefaults()
		spec.Strategy, spec.MinHealthy = ordered.Strategy, ordered.MinHealthy
		for i, m := range spec.Members { // checked in the file's order, so that an index means the file's
			if m.Weight == 0 {
				spec.Members[i].Weight = 1
			}
			if m.Priority == 0 {
				spec.Members[i].Priority = 1
			}
		}
		found.fault(c, at, true, spec.Check())
		c.Groups[id] = ordered
	}
}

// Invalid is the error for a client whose configuration cannot be used.
func Invalid(problems Problems) error {
	list := make([]fault.FieldError, len(problems))
	for i, p := range problems {
		field := p.Key
		if field == "" {
			field = p.Where
		}
		list[i] = fault.FieldError{Field: field, Message: p.String()}
	}
	return fault.Named(fault.Invalid, "ConfigurationError", "the configuration cannot be used: %s", problems).
		With("errors", list).With("problems", []Problem(problems))
}
