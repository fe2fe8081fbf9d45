package clientconfig

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"path"
	"slices"
	"strings"

	"hangar/backend/fault"
	"hangar/backend/provider"
)

// reader goes over the servers of a file; names of providers and of variables are unique among them.
type reader struct {
	Options
	ids       map[provider.ID]bool
	variables map[string]string // variable -> the value that it stands for, "" for a reference of the file's own
}

func (r *reader) all(found []named) []Candidate {
	list := make([]Candidate, 0, len(found))
	for _, n := range found {
		c := Candidate{Name: n.name, ID: r.id(n.name)}
		var s server
		if err := json.Unmarshal(n.raw, &s); err != nil {
			c.Problem = unreadable(err)
		} else {
			r.read(&c, s)
		}
		if c.Problem == "" {
			if err := c.Spec.WithDefaults().Check(); err != nil {
				c.Problem = fault.From(err).Message
			}
		}
		list = append(list, c)
	}
	return list
}

// unreadable words what is wrong with the shape of an entry, without what stands there.
func unreadable(err error) string {
	var wrong *json.UnmarshalTypeError
	if !errors.As(err, &wrong) {
		return "it cannot be read"
	}
	kind, _, _ := strings.Cut(wrong.Value, " ")
	if wrong.Field == "" {
		return fmt.Sprintf("it is a %s, not an object", kind)
	}
	field := wrong.Field[strings.LastIndexByte(wrong.Field, '.')+1:]
	return fmt.Sprintf("its %s is a %s, which it must not be", field, kind)
}

// id is a name in the letters of an id, and another one than those before.
func (r *reader) id(name string) provider.ID {
	var b strings.Builder
	for _, c := range name {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '_':
			b.WriteRune(c)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	base := strings.Trim(b.String(), "-_")
	if base == "" {
		base = "server"
	}
	base = strings.TrimRight(base[:min(len(base), 60)], "-_")
	id := provider.ID(base)
	for n := 2; r.ids[id]; n++ {
		id = provider.ID(fmt.Sprintf("%s-%d", base, n))
	}
	r.ids[id] = true
	return id
}

func (r *reader) read(c *Candidate, s server) {
	s.Command = append(s.Command, s.Args...)
	if s.Env == nil {
		s.Env = s.Environment
	}
	switch {
	case s.Disabled || s.Enabled != nil && !*s.Enabled:
		c.Skip, c.Disabled = "it is disabled there", true
	case itself(c.Name, s):
		c.Skip = "it is Hangar itself"
	}
	if s.Cwd != "" {
		c.Notes = append(c.Notes, "its directory (cwd) is not kept: it runs where Hangar runs")
	}
	if s.EnvFile != "" {
		c.Notes = append(c.Notes, "the variables of its envFile are not read")
	}
	address, headers, bridged := bridge(s.Command)
	switch {
	case s.url() != "":
		r.remote(c, s.url(), texts(s.Headers), kind(s))
	case bridged:
		c.Notes = append(c.Notes, "mcp-remote is not needed: Hangar connects by itself")
		r.remote(c, address, headers, "")
	case len(s.Command) > 0:
		r.local(c, s)
	default:
		c.Problem = "it has neither a command nor a url"
	}
}

func kind(s server) string {
	if s.Type == "" {
		return s.Transport
	}
	return s.Type
}

// itself recognises our own entry, so that Hangar does not become a provider of Hangar.
func itself(name string, s server) bool {
	if len(s.Command) > 0 {
		base := strings.TrimSuffix(path.Base(strings.ReplaceAll(s.Command[0], `\`, "/")), ".exe")
		return (base == "hangar" || base == "mcp-hangar") && !slices.Contains(s.Command[1:], "demo")
	}
	u, err := url.Parse(s.url())
	return err == nil && strings.EqualFold(name, "hangar") && strings.HasPrefix(u.Path, "/mcp")
}

// local is a program, or a container where the program is `docker run` with options that have a counterpart here.
func (r *reader) local(c *Candidate, s server) {
	if run, why := dockerRun(s.Command, texts(s.Env)); run != nil {
		c.Spec = *run
		c.Spec.Args = r.open(c, "argument", run.Args)
		c.Spec.Volumes = r.open(c, "volume", run.Volumes)
		c.Spec.Env = r.hidden(c, "env.", run.Env)
		c.Notes = append(c.Notes, "docker run becomes a container of Hangar's: read-only but for /tmp, without capabilities")
		return
	} else if why != "" {
		c.Notes = append(c.Notes, "it stays a program that runs docker itself: "+why)
	}
	c.Spec = provider.Spec{Mode: provider.Subprocess, Command: r.open(c, "argument", s.Command), Env: r.hidden(c, "env.", texts(s.Env))}
}

// remote is a server behind an address. Without credentials it may still want a sign-in, so oauth stands by.
func (r *reader) remote(c *Candidate, address string, headers map[string]string, kind string) {
	c.Spec = provider.Spec{Mode: provider.Remote, Endpoint: strings.Join(r.open(c, "address", []string{address}), "")}
	if u, err := url.Parse(c.Spec.Endpoint); err == nil {
		for _, name := range slices.Sorted(maps.Keys(u.Query())) {
			if provider.SecretName(name) || secretValue(u.Query().Get(name)) {
				c.Exposed = append(c.Exposed, fmt.Sprintf("%s in its address", name))
			}
		}
	}
	http := &provider.HTTP{Headers: map[string]string{}}
	if kind == "sse" {
		http.Protocol = "sse"
	}
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		token, isBearer := strings.CutPrefix(headers[name], "Bearer ")
		if strings.EqualFold(name, "Authorization") && isBearer && strings.TrimSpace(token) != "" {
			c.Spec.Auth = &provider.Auth{Type: "bearer", BearerToken: r.secret(c, "auth.bearer_token", snake(string(c.ID))+"_TOKEN", strings.TrimSpace(token))}
			continue
		}
		http.Headers[name] = headers[name]
	}
	http.Headers = r.hidden(c, "http.headers.", http.Headers)
	if len(headers) == 0 {
		c.Spec.Auth = &provider.Auth{Type: "oauth"}
	}
	if len(http.Headers) > 0 || http.Protocol != "" {
		c.Spec.HTTP = http
	}
}

// bridge recognises `npx mcp-remote URL --header "Name: value"`, the way to a remote server for clients that know none.
func bridge(command []string) (address string, headers map[string]string, ok bool) {
	at := slices.IndexFunc(command, func(w string) bool { return w == "mcp-remote" || strings.HasPrefix(w, "mcp-remote@") })
	if at < 0 || at+1 >= len(command) || path.Base(command[0]) != "npx" {
		return "", nil, false
	}
	headers = map[string]string{}
	rest := command[at+1:]
	for i := 0; i < len(rest); i++ {
		switch w := rest[i]; {
		case w == "--header" && i+1 < len(rest):
			i++
			name, value, _ := strings.Cut(rest[i], ":")
			headers[strings.TrimSpace(name)] = strings.TrimSpace(value)
		case w == "--allow-http" || w == "--debug":
		case w == "--transport" && i+1 < len(rest):
			i++
		case address == "" && (strings.HasPrefix(w, "http://") || strings.HasPrefix(w, "https://")):
			address = w
		default:
			return "", nil, false // an option that means something we do not know
		}
	}
	return address, headers, address != ""
}
