package stream

import (
	"net/url"
	"slices"
	"strings"

	"hangar/backend/eventlog"
	"hangar/backend/fault"
	"hangar/backend/provider"
)

const (
	maxEntries = 32  // per dimension: each is looked at for each event
	maxEntry   = 128 // bytes; names and ids are shorter
)

// filter says which events; an empty dimension means all. Names that do not exist match nothing, and are no error.
type filter struct {
	kinds     []string // `*` stands for any text; either vocabulary
	providers []string
}

func queryFilter(q url.Values) (filter, error) {
	f := filter{kinds: q["event_type"], providers: q["provider_id"]}
	return f, f.check("query.event_type", "query.provider_id")
}

func (f filter) check(kinds, providers string) error {
	for _, d := range []struct {
		name    string
		entries []string
	}{{kinds, f.kinds}, {providers, f.providers}} {
		if len(d.entries) > maxEntries {
			return fault.Field(d.name, "must have at most %d entries", maxEntries)
		}
		if slices.ContainsFunc(d.entries, func(entry string) bool { return len(entry) > maxEntry }) {
			return fault.Field(d.name, "must have entries of at most %d bytes", maxEntry)
		}
	}
	return nil
}

func (f filter) match(kind, providerID string) bool {
	if len(f.providers) > 0 && (providerID == "" || !slices.Contains(f.providers, providerID)) {
		return false
	}
	if len(f.kinds) == 0 {
		return true
	}
	rest, ours := strings.CutPrefix(kind, providerWord)
	return slices.ContainsFunc(f.kinds, func(pattern string) bool {
		return wildcard(pattern, kind) || ours && wildcard(pattern, mcpServerWord+rest)
	})
}

// stored is the part of the filter that the log can look up; match decides.
func (f filter) stored() eventlog.Filter {
	var s eventlog.Filter
	if !slices.ContainsFunc(f.kinds, func(pattern string) bool { return strings.Contains(pattern, "*") }) {
		for _, kind := range f.kinds {
			s.Kinds = append(s.Kinds, kind)
			if rest, theirs := strings.CutPrefix(kind, mcpServerWord); theirs {
				s.Kinds = append(s.Kinds, providerWord+rest)
			}
		}
	}
	for _, id := range f.providers {
		s.Streams = append(s.Streams, provider.ID(id).Stream())
	}
	return s
}

// key is the same for filters that let the same events through.
func (f filter) key() string {
	of := func(entries []string) string {
		entries = slices.Clone(entries)
		slices.Sort(entries)
		return strings.Join(slices.Compact(entries), "\x00")
	}
	return of(f.kinds) + "\x01" + of(f.providers)
}

// wildcard matches a name against a pattern in which `*` stands for any text.
func wildcard(pattern, name string) bool {
	first, rest, found := strings.Cut(pattern, "*")
	if !found {
		return pattern == name
	}
	name, ok := strings.CutPrefix(name, first)
	for ok {
		var part string
		if part, rest, found = strings.Cut(rest, "*"); !found {
			return strings.HasSuffix(name, part)
		}
		_, name, ok = strings.Cut(name, part)
	}
	return false
}
