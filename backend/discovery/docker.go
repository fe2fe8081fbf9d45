package discovery

import (
	"context"
	"fmt"
	"net/url"
	"path"
	"strconv"
	"strings"

	"hangar/backend/egress"
	"hangar/backend/engine"
	"hangar/backend/fault"
	"hangar/backend/provider"
)

// Labels of containers that want to be found (reference/hangar.md 6.2).
const (
	labelPrefix  = "mcp.hangar."
	labelEnabled = labelPrefix + "enabled"
	// labelOwn is on every container that Hangar itself runs (package launch). Labels of an image are labels of its containers,
	// so without this an image that asks to be found would be found again each time it is started.
	labelOwn = "hangar.provider"
)

// containers finds containers by their labels.
type containers struct {
	engine *engine.Engine
	own    bool // the engine is ours alone
}

func checkDocker(c Config) error {
	u, err := url.Parse(c.Host)
	switch {
	case c.Host == "":
		return nil
	case err != nil || strings.Contains(c.Host, "@"): // what stands before it may be a password
		return fault.Field("config.host", "must be unix:///path/to/socket or tcp://host:port, without credentials")
	case u.RawQuery != "" || u.Fragment != "",
		u.Scheme == "unix" && (u.Host != "" || !path.IsAbs(u.Path)),
		u.Scheme == "tcp" && (u.Hostname() == "" || u.Port() == ""),
		u.Scheme != "unix" && u.Scheme != "tcp":
		return fault.Field("config.host", "must be unix:///path/to/socket or tcp://host:port, not %q", clean(c.Host))
	case u.Scheme == "tcp":
		if err := (egress.Policy{Loopback: true}).CheckHost(u.Hostname()); err != nil {
			return fault.Field("config.host", "%s", err)
		}
	}
	return nil
}

func openDocker(c Config, m means) (finder, error) {
	if c.Host == "" {
		return &containers{engine: m.engine}, nil
	}
	return &containers{engine: engine.New(engine.Options{Host: c.Host}), own: true}, nil
}

// Close lets go of the engine's connections.
func (f *containers) Close() error {
	if f.own {
		return f.engine.Close()
	}
	return nil
}

func (f *containers) labels() map[string]string { return map[string]string{labelEnabled: "true"} }

// Watch follows the engine's events.
func (f *containers) Watch(ctx context.Context, wake func()) error {
	return f.engine.Follow(ctx, f.labels(), wake, func(engine.Changed) { wake() })
}

// Scan lists the containers that want to be found.
func (f *containers) Scan(ctx context.Context) ([]Candidate, error) {
	list, err := f.engine.List(ctx, f.labels())
	if err != nil {
		return nil, err
	}
	found := []Candidate{}
	for _, c := range list {
		if _, ours := c.Labels[labelOwn]; ours {
			continue
		}
		if one, there := fromContainer(c); there {
			found = append(found, one)
		}
	}
	return found, nil
}

// fromContainer reads the labels of a container: as data, word by word, into the fields of a definition. there is false for
// a server that is not running.
func fromContainer(c engine.Listed) (one Candidate, there bool) {
	one = Candidate{Name: asID(c.Name), Origin: fmt.Sprintf("container %s (image %s)", c.Name, c.Image), Metadata: map[string]string{"container_id": c.ID, "image": c.Image}}
	l := labelled{given: map[string]string{}, used: map[string]bool{"enabled": true}}
	for name, value := range c.Labels {
		if key, ok := strings.CutPrefix(name, labelPrefix); ok {
			l.given[key] = value
		}
	}
	if name := l.text("name"); name != "" {
		one.Name = name
	}
	if group := l.text("group"); group != "" {
		one.Metadata["group"] = group
	}
	one.TTL = l.number("ttl", 0)
	switch mode := l.text("mode"); mode {
	case "", "container", "docker", "stdio", "subprocess":
		l.container(&one, c)
	case "http", "sse", "remote":
		if !c.Running() {
			return one, false
		}
		l.server(&one, mode, address(c))
	default:
		l.wrong("mode", "must be container, http or sse, not %q", mode)
	}
	one.Problem = l.end("label " + labelPrefix)
	return one, true
}

// container is a server that speaks over its own pipes: its image is run anew, with Hangar's walls around it.
func (l *labelled) container(one *Candidate, c engine.Listed) {
	one.Spec = provider.Spec{Mode: provider.Docker, Image: c.Image, Command: strings.Fields(l.text("command")), Network: l.text("network")}
	if text := l.text("read-only"); text != "" {
		readOnly, err := strconv.ParseBool(text)
		if err != nil {
			l.wrong("read-only", "must be true or false, not %q", text)
		}
		one.Spec.ReadOnly = &readOnly
	}
	for v := range strings.SplitSeq(l.text("volumes"), ",") {
		if v = strings.TrimSpace(v); v == "" {
			continue
		}
		one.Spec.Volumes = append(one.Spec.Volumes, v)
		if strings.HasPrefix(v, "/") {
			one.Risks = append(one.Risks, "it asks for "+v+" of the host")
		}
	}
	switch one.Spec.Network {
	case "", "none":
	case "host":
		l.wrong("network", "must not be host: a label cannot open the host's network")
	default:
		one.Risks = append(one.Risks, "it asks for the network "+one.Spec.Network)
	}
	if one.Spec.ReadOnly != nil && !*one.Spec.ReadOnly {
		one.Risks = append(one.Risks, "it asks to write to its file system")
	}
}

// address is where a container is reached in its first network; "" where it has none of its own.
func address(c engine.Listed) string {
	for _, a := range c.Addresses {
		if !a.IsUnspecified() && !a.IsLoopback() {
			return a.String()
		}
	}
	return ""
}
