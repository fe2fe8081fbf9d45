package catalog

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"hangar/backend/fault"
	"hangar/backend/provider"
)

// program stands for Hangar's own binary, in what is built in.
const program = "{hangar}"

// place is a text of a recipe in which placeholders may stand.
type place struct {
	field  string
	text   string
	env    string // the name of the environment variable or header whose value it is
	hidden bool   // its value is never shown
	fixed  bool   // it cannot be left out
	whole  bool   // an argument or a volume by itself: it may become several
	part   bool   // an argument of a part
}

// places lists every text in which a placeholder may stand.
func (r Recipe) places() []place {
	var list []place
	add := func(field string, texts []string, like place) {
		for i, t := range texts {
			like.field, like.text = fmt.Sprintf("%s[%d]", field, i), t
			list = append(list, like)
		}
	}
	s := r.Spec
	add("command", s.Command, place{fixed: true, whole: true})
	add("args", s.Args, place{fixed: true, whole: true})
	add("volumes", s.Volumes, place{whole: true})
	for i, p := range r.More {
		add(fmt.Sprintf("more[%d].args", i), p.Args, place{part: true})
	}
	list = append(list, place{field: "endpoint", text: s.Endpoint, fixed: true})
	for _, name := range slices.Sorted(maps.Keys(s.Env)) {
		list = append(list, place{field: "env." + name, text: s.Env[name], env: name, hidden: true})
	}
	if s.HTTP != nil {
		for _, name := range slices.Sorted(maps.Keys(s.HTTP.Headers)) {
			list = append(list, place{field: "http.headers." + name, text: s.HTTP.Headers[name], env: name, hidden: true})
		}
	}
	if a := s.Auth; a != nil {
		for _, f := range []struct{ name, text string }{
			{"bearer_token", a.BearerToken}, {"api_key", a.APIKey}, {"password", a.Password}, {"client_secret", a.ClientSecret},
		} {
			list = append(list, place{field: "auth." + f.name, text: f.text, env: f.name, hidden: true})
		}
		list = append(list, place{field: "auth.username", text: a.Username}, place{field: "auth.client_id", text: a.ClientID})
	}
	return list
}

// names lists the variables that a text holds. Braces around anything else are text, as in the registry's format.
func (r Recipe) names(text string) []string {
	var found []string
	r.each(text, func(_, name string) { found = append(found, name) })
	return found
}

// each walks the placeholders of a text: what stands before each, and its name. It returns what follows the last.
func (r Recipe) each(text string, visit func(before, name string)) (rest string) {
	for from := 0; ; {
		open := strings.IndexByte(text[from:], '{')
		if open < 0 {
			return text
		}
		open += from
		end := strings.IndexByte(text[open:], '}')
		if end < 0 {
			return text
		}
		name := text[open+1 : open+end]
		if _, known := r.variable(name); !known {
			from = open + 1
			continue
		}
		visit(text[:open], name)
		text, from = text[open+end+1:], 0
	}
}

// values are what the variables stand for; an absent one has no value.
type values map[string][]string

// expand replaces the placeholders of a text; ok is false when one has no value. encode goes over each value.
func (r Recipe) expand(text string, given values, encode func(before, value string) string) (out string, ok bool) {
	ok = true
	var b strings.Builder
	rest := r.each(text, func(before, name string) {
		b.WriteString(before)
		if len(given[name]) == 0 {
			ok = false
			return
		}
		b.WriteString(encode(b.String(), given[name][0]))
	})
	b.WriteString(rest)
	return b.String(), ok
}

func verbatim(_, value string) string { return value }

// inURL escapes a value for its place in an address. One that stands first is the address's own beginning.
func inURL(before, value string) string {
	if before == "" {
		return value
	}
	return strings.ReplaceAll(url.QueryEscape(value), "+", "%20")
}

// fill makes the definition: the recipe with its values in their places.
func (r Recipe) fill(given values) (s provider.Spec, err error) {
	s = r.Spec
	if s.Command, err = r.list("command", s.Command, given); err != nil {
		return s, err
	}
	if s.Args, err = r.list("args", s.Args, given); err != nil {
		return s, err
	}
	if s.Volumes, err = r.volumes(given); err != nil {
		return s, err
	}
	more, err := r.parts(given)
	if err != nil {
		return s, err
	}
	if s.Mode == provider.Docker {
		s.Args = append(s.Args, more...)
	} else {
		s.Command = append(s.Command, more...)
	}
	s.Endpoint, _ = r.expand(s.Endpoint, given, inURL)
	s.Env = r.table(s.Env, given)
	if s.HTTP != nil {
		h := *s.HTTP
		h.Headers = r.table(h.Headers, given)
		s.HTTP = &h
	}
	s.Auth = r.auth(given)
	return s, nil
}

// list expands arguments; one that is nothing but a variable of many values becomes as many.
func (r Recipe) list(field string, texts []string, given values) ([]string, error) {
	var out []string
	for i, text := range texts {
		names := r.names(text)
		if len(names) == 1 && text == "{"+names[0]+"}" {
			for _, value := range given[names[0]] {
				if err := r.plain(names[0], value); err != nil {
					return nil, err
				}
				out = append(out, value)
			}
			continue
		}
		full, ok := r.expand(text, given, verbatim)
		if !ok {
			return nil, fmt.Errorf("%s[%d] of a recipe needs a value that was not asked for", field, i) // check forbids it
		}
		if len(names) > 0 && strings.HasPrefix(full, "-") && !strings.HasPrefix(text, "-") {
			if err := r.plain(names[0], full); err != nil {
				return nil, err
			}
		}
		out = append(out, full)
	}
	return out, nil
}

// plain refuses a value that the program would take for an option of its own.
func (r Recipe) plain(name, value string) error {
	if v, _ := r.variable(name); strings.HasPrefix(value, "-") && v.kind() != Integer && v.kind() != Number {
		return fault.Field("variables."+name, "must not begin with -, because the program would take it for an option")
	}
	return nil
}

func (r Recipe) volumes(given values) ([]string, error) {
	var out []string
	for _, text := range r.Spec.Volumes {
		for _, name := range r.names(text) {
			for _, value := range given[name] {
				if strings.Contains(value, ":") {
					return nil, fault.Field("variables."+name, "must not contain a colon, which separates the parts of a volume")
				}
			}
		}
		if full, ok := r.expand(text, given, verbatim); ok {
			out = append(out, full)
		}
	}
	return out, nil
}

// parts expands what stands behind the Spec's own arguments.
func (r Recipe) parts(given values) ([]string, error) {
	var out []string
	for i, p := range r.More {
		if p.When != "" && !slices.Equal(given[p.When], []string{"true"}) {
			continue
		}
		rounds, ok := r.rounds(p, given)
		for _, one := range rounds {
			if !ok {
				break
			}
			args, err := r.list(fmt.Sprintf("more[%d].args", i), p.Args, one)
			if err != nil {
				return nil, err
			}
			out = append(out, args...)
		}
	}
	return out, nil
}

// rounds gives the values for each time that a part appears: once, or once for each value of a variable of many.
func (r Recipe) rounds(p Part, given values) (list []values, ok bool) {
	list = []values{given}
	for _, text := range p.Args {
		for _, name := range r.names(text) {
			if len(given[name]) == 0 {
				return nil, false
			}
			if v, _ := r.variable(name); !v.Many || len(list) > 1 {
				continue
			}
			list = nil
			for _, value := range given[name] {
				one := maps.Clone(given)
				one[name] = []string{value}
				list = append(list, one)
			}
		}
	}
	return list, true
}

// table expands an environment or headers; what has no value is left out.
func (r Recipe) table(texts map[string]string, given values) map[string]string {
	if texts == nil {
		return nil
	}
	out := make(map[string]string, len(texts))
	for name, text := range texts {
		if full, ok := r.expand(text, given, verbatim); ok {
			out[name] = full
		}
	}
	return out
}

// auth expands credentials; without a value there are none.
func (r Recipe) auth(given values) *provider.Auth {
	if r.Spec.Auth == nil {
		return nil
	}
	a := *r.Spec.Auth
	for _, text := range []*string{&a.BearerToken, &a.APIKey, &a.Username, &a.Password, &a.ClientID, &a.ClientSecret} {
		full, ok := r.expand(*text, given, verbatim)
		if !ok {
			return nil
		}
		*text = full
	}
	return &a
}
