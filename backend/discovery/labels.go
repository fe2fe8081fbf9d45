package discovery

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"hangar/backend/provider"
)

// labelled reads labels or annotations and notes the first thing that is wrong with them.
type labelled struct {
	given   map[string]string
	used    map[string]bool
	problem *Problem
	at      string
}

func (l *labelled) wrong(key, format string, args ...any) {
	if l.problem == nil {
		l.at, l.problem = key, &Problem{ReasonDefinition, fmt.Sprintf(format, args...)}
	}
}

func (l *labelled) text(key string) string {
	l.used[key] = true
	return strings.TrimSpace(l.given[key])
}

func (l *labelled) number(key string, otherwise int) int {
	text := l.text(key)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		l.wrong(key, "must be a number above zero, not %q", text)
	}
	return n
}

// server is a server that is reached over HTTP. Its address is what the source knows, never what a label says.
func (l *labelled) server(one *Candidate, mode, host string) {
	port, file := l.number("port", 8080), l.text("path")
	switch {
	case port > 65535:
		l.wrong("port", "must be between 1 and 65535, not %d", port)
	case file != "" && !strings.HasPrefix(file, "/"), strings.ContainsAny(file, "?#\\"), strings.Contains(file, ".."):
		l.wrong("path", "must be a plain path such as /mcp, not %q", file)
	case host == "" && l.problem == nil:
		l.problem = &Problem{ReasonAddress, "it has no address of its own: put it into a network that Hangar reaches"}
	}
	if file == "" {
		file = map[bool]string{true: "/sse", false: "/mcp"}[mode == "sse"]
	}
	if health := l.text("health-path"); health != "" { // of the older format; a started provider is asked by the protocol
		one.Metadata["health_path"] = health
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	u := url.URL{Scheme: "http", Host: fmt.Sprintf("%s:%d", host, port), Path: file}
	one.Spec = provider.Spec{Mode: provider.Remote, Endpoint: u.String()}
	if mode == "sse" {
		one.Spec.HTTP = &provider.HTTP{Protocol: "sse"}
	}
}

// end is what is wrong; what nobody read is wrong too, because whoever wrote it expects it to matter.
func (l *labelled) end(what string) *Problem {
	for _, key := range slices.Sorted(maps.Keys(l.given)) {
		if !l.used[key] {
			l.wrong(key, "is not known, or not in this mode")
		}
	}
	if l.problem != nil && l.at != "" {
		l.problem.Evidence = what + l.at + ": " + l.problem.Evidence
	}
	return l.problem
}

// asID makes a name that a source made up itself fit for a provider, as far as that does not change what it says.
func asID(name string) string { return strings.ReplaceAll(name, ".", "-") }
