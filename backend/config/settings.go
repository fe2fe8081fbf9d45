package config

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"hangar/backend/discovery"
	"hangar/backend/group"
	"hangar/backend/provider"
	"hangar/backend/reference"
)

// setting is what a configuration says beside providers, groups and discovery sources: a key of its own, or a whole section that no flag gives.
type setting struct {
	name   string
	index  []int
	live   bool
	secret bool
}

func settings() []setting { return settingsOf(reflect.TypeFor[Config](), "", nil) }

func settingsOf(t reflect.Type, section string, at []int) []setting {
	var list []setting
	for _, f := range fields(t) {
		name, index := join(section, yamlName(f)), append(slices.Clone(at), f.Index...)
		_, key := f.Tag.Lookup("usage")
		switch {
		case name == "providers" || name == "groups" || name == "discovery":
		case !key && f.Type.Kind() == reflect.Struct && len(keysOf(f.Type, "", nil)) > 0:
			list = append(list, settingsOf(f.Type, name, index)...)
		default:
			list = append(list, setting{name, index, f.Tag.Get("reload") == "live", f.Tag.Get("secret") == "true"})
		}
	}
	return list
}

// SettingChange is a setting of which the file says something else than what is in effect.
type SettingChange struct {
	Key          string `json:"key" doc:"Such as limits.max_concurrency"`
	From         string `json:"from" doc:"What is in effect"`
	To           string `json:"to" doc:"What the file says"`
	NeedsRestart bool   `json:"needs_restart" doc:"A reload does not bring it into effect"`
}

// settingChanges compares the settings of two configurations.
func settingChanges(is, next *Config) []SettingChange {
	changes := []SettingChange{}
	for _, s := range settings() {
		a, b := reflect.ValueOf(is).Elem().FieldByIndex(s.index), reflect.ValueOf(next).Elem().FieldByIndex(s.index)
		if !alike(a, b) {
			changes = append(changes, SettingChange{s.name, s.shown(a), s.shown(b), !s.live})
		}
	}
	return changes
}

func alike(a, b reflect.Value) bool {
	if k := a.Kind(); (k == reflect.Slice || k == reflect.Map) && a.Len() == 0 && b.Len() == 0 {
		return true
	}
	return reflect.DeepEqual(a.Interface(), b.Interface())
}

func (s setting) shown(v reflect.Value) string { return shown(reflect.ValueOf(stripped(v, s.secret))) }

// shown is a value for people; of a whole section only that it is one, because it may hold secrets.
func shown(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Struct, reflect.Map:
		return "..."
	case reflect.Slice:
		var items []string
		for i := range v.Len() {
			items = append(items, shown(v.Index(i)))
		}
		return strings.Join(items, ",")
	default:
		return fmt.Sprint(v.Interface())
	}
}

// Adopt gives what is in effect after a reload: the providers, groups and sources of next, and those of its settings that may
// change while Hangar runs.
func (c *Config) Adopt(next *Config) *Config {
	out := *c
	out.origins = maps.Clone(c.origins)
	from, to := reflect.ValueOf(next).Elem(), reflect.ValueOf(&out).Elem()
	for _, s := range settings() {
		if s.live {
			to.FieldByIndex(s.index).Set(from.FieldByIndex(s.index))
			out.origins[s.name] = next.origins[s.name]
		}
	}
	out.Providers, out.Groups, out.Discovery = next.Providers, next.Groups, next.Discovery
	out.places, out.spots, out.src = next.places, next.spots, next.src
	return &out
}

// Holding gives a copy with other providers, groups and discovery sources: what the store holds, in the terms of a file.
func (c *Config) Holding(providers map[provider.ID]provider.Spec, groups map[group.ID]group.Spec, sources discovery.Spec) *Config {
	out := *c
	out.Providers, out.Groups, out.Discovery = providers, groups, sources
	return &out
}

// Settings gives every setting but providers, groups and discovery sources, by section, with secrets left out.
func (c *Config) Settings() map[string]any {
	out := map[string]any{}
	for _, s := range settings() {
		at := out
		section, name, nested := strings.Cut(s.name, ".")
		if nested {
			if at[section] == nil {
				at[section] = map[string]any{}
			}
			at, _ = at[section].(map[string]any)
		} else {
			name = section
		}
		at[name] = stripped(reflect.ValueOf(c).Elem().FieldByIndex(s.index), s.secret)
	}
	return out
}

// Origins gives where the value of every key came from.
func (c *Config) Origins() map[string]string { return maps.Clone(c.origins) }

// stripped is a value as JSON would show it, with a mask for each secret.
func stripped(v reflect.Value, secret bool) any {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		return stripped(v.Elem(), secret)
	case reflect.Struct:
		out := map[string]any{}
		for _, f := range fields(v.Type()) {
			out[yamlName(f)] = stripped(v.FieldByIndex(f.Index), f.Tag.Get("secret") == "true")
		}
		return out
	case reflect.Map:
		out := map[string]any{}
		for _, k := range v.MapKeys() {
			out[k.String()] = stripped(v.MapIndex(k), secret)
		}
		return out
	case reflect.Slice:
		out := []any{}
		for i := range v.Len() {
			out = append(out, stripped(v.Index(i), secret))
		}
		return out
	case reflect.String:
		if secret && v.String() != "" && !reference.Plain(v.String()) {
			return provider.Masked
		}
	}
	return v.Interface()
}
