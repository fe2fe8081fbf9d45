package discovery

import (
	"context"
	"encoding/json"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"hangar/backend/engine"
	"hangar/backend/fault"
)

// finder is one way of finding providers. A new one is a file with its test, and a row in kinds.
type finder interface {
	// Scan tells what is there now. It only looks: nothing that it finds is run or spoken to.
	Scan(ctx context.Context) ([]Candidate, error)
	// Watch calls wake once it watches and whenever something may have changed, until ctx ends. An error says that it cannot
	// watch any more; it is called again later. wake never blocks.
	Watch(ctx context.Context, wake func()) error
}

// kind is a row of the table of types.
type kind struct {
	rank  int    // who wins a name: the lowest
	keys  string // of Config that belong to it
	check func(Config) error
	open  func(Config, means) (finder, error)
}

// means are what finders share.
type means struct {
	engine *engine.Engine
}

// kinds is the table of types; its order is that of reference/hangar.md 6.3.
func kinds() map[Type]kind {
	return map[Type]kind{
		Kubernetes: {1, "kubeconfig context namespaces denied_namespaces label_selector resources", checkKubernetes, openKubernetes},
		Docker:     {2, "host", checkDocker, openDocker},
		Filesystem: {3, "path patterns", checkFilesystem, openFilesystem},
		Entrypoint: {4, "directories patterns search_path", checkEntrypoint, openEntrypoint},
	}
}

// Types lists them, the strongest first.
func Types() []Type {
	table := kinds()
	return slices.SortedFunc(maps.Keys(table), func(a, b Type) int { return table[a].rank - table[b].rank })
}

const commonKeys = "auto_approve ttl_s interval_s max_providers max_registrations_per_minute"

// check is the rule of what a source may be; its error names the field.
func (s Source) check() error {
	k, known := kinds()[s.Type]
	if !known {
		return fault.Field("source_type", "must be docker, filesystem, kubernetes or entrypoint, not %q", clean(string(s.Type)))
	}
	if s.Mode != Additive && s.Mode != Authoritative {
		return fault.Field("mode", "must be additive or authoritative, not %q", clean(string(s.Mode)))
	}
	if err := s.Config.checkKeys(s.Type, k.keys); err != nil {
		return err
	}
	for _, n := range []struct {
		field           string
		value, low, top int
	}{
		{"ttl_s", s.Config.TTL, 1, maxTTL}, {"interval_s", s.Config.Interval, minInterval, 86_400},
		{"max_providers", s.Config.MaxProviders, 1, maxProviders},
		{"max_registrations_per_minute", s.Config.MaxPerMinute, 1, maxPerMinute},
	} {
		if n.value != 0 && (n.value < n.low || n.value > n.top) {
			return fault.Field("config."+n.field, "must be between %d and %d, or 0 for the default, not %d", n.low, n.top, n.value)
		}
	}
	return k.check(s.Config)
}

// checkKeys refuses settings of another type: whoever gives them expects them to matter.
func (c Config) checkKeys(t Type, own string) error {
	text, err := json.Marshal(c)
	if err != nil {
		return err
	}
	var set map[string]json.RawMessage
	if err := json.Unmarshal(text, &set); err != nil {
		return err
	}
	allowed := strings.Fields(commonKeys + " " + own)
	for _, key := range slices.Sorted(maps.Keys(set)) {
		if !slices.Contains(allowed, key) {
			return fault.Field("config."+key, "means nothing to a source of type %s, which knows: %s", string(t), strings.Join(allowed, ", "))
		}
	}
	return nil
}

func checkDirectory(field, dir string) error {
	if !filepath.IsAbs(dir) || strings.ContainsRune(dir, 0) || len(dir) > 4096 {
		return fault.Field(field, "must be an absolute path, not %q", clean(dir))
	}
	return nil
}

func checkPatterns(patterns []string) error {
	if len(patterns) > maxPatterns {
		return fault.Field("config.patterns", "at most %d", maxPatterns)
	}
	for _, p := range patterns {
		if _, err := path.Match(p, ""); err != nil || p == "" || strings.Contains(p, "/") {
			return fault.Field("config.patterns", "%q is not a pattern for names of files, such as *.yaml", clean(p))
		}
	}
	return nil
}

// matches reports whether a name fits one of the patterns, which were checked.
func matches(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { ok, _ := path.Match(p, name); return ok })
}
