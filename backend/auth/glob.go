package auth

import (
	"slices"
	"strings"

	"hangar/backend/fault"
)

// Patterns are those of a shell, but for one thing: * stands for any text, slashes included, because tool names have
// them. ? is one byte, [abc] and [a-z] one of these, [!abc] none of these.

const special = "*?["

// maxPattern bounds a pattern: matching one with many stars is quadratic.
const maxPattern = 256

func checkGlob(field, pattern string) error {
	if len(pattern) > maxPattern {
		return fault.Field(field, "must have at most %d characters", maxPattern)
	}
	for rest := pattern; ; {
		i := strings.IndexByte(rest, '[')
		if i < 0 {
			return nil
		}
		_, after, ok := class(rest[i:], 0)
		if !ok {
			return fault.Field(field, "%q has a [ without its ]", pattern)
		}
		rest = after
	}
}

// matches reports whether a pattern fits a text as a whole.
func matches(pattern, text string) bool {
	back, at := "", "" // where the last star began, and what it has not taken yet
	star := false
	for text != "" || pattern != "" {
		if strings.HasPrefix(pattern, "*") {
			pattern = pattern[1:]
			back, at, star = pattern, text, true
			continue
		}
		if rest, ok := one(pattern, text); ok {
			pattern, text = rest, text[1:]
			continue
		}
		if !star || at == "" {
			return false
		}
		at = at[1:] // the star takes one more
		pattern, text = back, at
	}
	return true
}

// one takes the first element of a pattern, if it fits the first byte of text.
func one(pattern, text string) (rest string, ok bool) {
	if pattern == "" || text == "" {
		return "", false
	}
	switch pattern[0] {
	case '?':
		return pattern[1:], true
	case '[':
		fits, rest, _ := class(pattern, text[0])
		return rest, fits
	default:
		return pattern[1:], pattern[0] == text[0]
	}
}

// class reads [abc], [a-z] or [!abc] at the beginning of a pattern. A ] right after the [ stands for itself.
func class(pattern string, c byte) (fits bool, rest string, ok bool) {
	body := pattern[1:]
	negated := strings.HasPrefix(body, "!")
	if negated {
		body = body[1:]
	}
	for i := 0; i < len(body); i++ {
		if body[i] == ']' && i > 0 {
			return fits != negated, body[i+1:], true
		}
		if i+2 < len(body) && body[i+1] == '-' && body[i+2] != ']' {
			fits = fits || body[i] <= c && c <= body[i+2]
			i += 2
			continue
		}
		fits = fits || body[i] == c
	}
	return false, "", false
}

// index finds, among many patterns, those that fit a text. Each lies under the literal text that it begins or ends with,
// so only patterns that agree so far are looked at; a pattern without wildcards is one look-up.
type index[T any] struct{ heads, tails shelf[T] }

// shelf holds patterns under a literal part of theirs.
type shelf[T any] struct {
	lengths []int // of the literal parts, each once
	under   map[string][]entry[T]
}

type entry[T any] struct {
	pattern string
	literal bool // it has no wildcards
	value   T
}

func (x *index[T]) add(pattern string, value T) {
	first := strings.IndexAny(pattern, special)
	if first < 0 {
		x.heads.add(pattern, entry[T]{pattern, true, value})
		return
	}
	last := strings.LastIndexAny(pattern, special+"]")
	if first == 0 && last < len(pattern)-1 {
		x.tails.add(pattern[last+1:], entry[T]{pattern, false, value})
		return
	}
	x.heads.add(pattern[:first], entry[T]{pattern, false, value})
}

func (s *shelf[T]) add(part string, e entry[T]) {
	if s.under == nil {
		s.under = map[string][]entry[T]{}
	}
	if !slices.Contains(s.lengths, len(part)) {
		s.lengths = append(s.lengths, len(part))
		slices.Sort(s.lengths)
	}
	s.under[part] = append(s.under[part], e)
}

// find calls visit with the value of each pattern that fits, until it returns false.
func (x *index[T]) find(text string, visit func(T) bool) {
	for _, n := range x.heads.lengths {
		if n > len(text) {
			break
		}
		if !visitAll(x.heads.under[text[:n]], text, visit) {
			return
		}
	}
	for _, n := range x.tails.lengths {
		if n > len(text) || !visitAll(x.tails.under[text[len(text)-n:]], text, visit) {
			return
		}
	}
}

func visitAll[T any](entries []entry[T], text string, visit func(T) bool) bool {
	for _, e := range entries {
		if (e.literal && e.pattern == text || !e.literal && matches(e.pattern, text)) && !visit(e.value) {
			return false
		}
	}
	return true
}

// any calls visit with the values, in no order, until it returns false.
func (x *index[T]) any(visit func(T) bool) {
	for _, s := range []shelf[T]{x.heads, x.tails} {
		for _, entries := range s.under {
			for _, e := range entries {
				if !visit(e.value) {
					return
				}
			}
		}
	}
}

// toolIndex is an index of patterns for a provider and a tool.
type toolIndex[T any] struct {
	providers index[*index[T]]
	known     map[string]*index[T] // by the provider's pattern
}

func (x *toolIndex[T]) add(provider, tool string, value T) {
	tools := x.known[provider]
	if tools == nil {
		if x.known == nil {
			x.known = map[string]*index[T]{}
		}
		tools = &index[T]{}
		x.known[provider] = tools
		x.providers.add(provider, tools)
	}
	tools.add(tool, value)
}

// find gives the first value whose patterns fit; about tells that some pattern fits the provider at least.
func (x *toolIndex[T]) find(provider, tool string) (value T, found, about bool) {
	x.providers.find(provider, func(tools *index[T]) bool {
		about = true
		tools.find(tool, func(v T) bool {
			value, found = v, true
			return false
		})
		return !found
	})
	return value, found, about
}
