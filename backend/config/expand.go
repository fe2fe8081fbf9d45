package config

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var (
	variable  = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*`)
	reserved  = regexp.MustCompile(`^\$\{(env|file|sealed):`)
	errUnshut = errors.New("a ${ is not closed by a }; write $$ for a $ that stands for itself")
)

// expander puts variables into texts.
type expander struct {
	env    func(string) (string, bool)
	secret bool // references may stand here, and stay
	sealed bool // so may values that a backup sealed
}

// expand puts variables in the place of ${NAME}, ${NAME:-default} and ${NAME:?message}; $$ is a $. The default serves a
// variable that is empty too, as in a shell. A reference to a secret stays as it is where one may stand. Any other $ is
// nothing special.
func (e expander) expand(text string) (string, error) {
	var b strings.Builder
	for {
		at := strings.IndexByte(text, '$')
		if at < 0 || at == len(text)-1 {
			b.WriteString(text)
			return b.String(), nil
		}
		b.WriteString(text[:at])
		text = text[at:]
		switch {
		case text[1] == '$':
			if e.secret && reserved.MatchString(text[1:]) {
				return "", errors.New("the text of a reference cannot itself be a secret; put it into a file and refer to that")
			}
			b.WriteByte('$')
			text = text[2:]
		case text[1] == '{':
			end := closing(text)
			if end < 0 {
				return "", errUnshut
			}
			value, err := e.inside(text[:end+1])
			if err != nil {
				return "", err
			}
			b.WriteString(value)
			text = text[end+1:]
		default:
			b.WriteByte('$')
			text = text[1:]
		}
	}
}

// closing finds the brace that closes the one at the second place of a text.
func closing(text string) int {
	depth := 0
	for i, c := range text {
		switch c {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// inside is what one ${...} stands for.
func (e expander) inside(ref string) (string, error) {
	if m := reserved.FindStringSubmatch(ref); m != nil {
		return ref, e.mayStand(m[1])
	}
	body := ref[2 : len(ref)-1]
	name := variable.FindString(body)
	rest := body[len(name):]
	fallback, hasDefault := strings.CutPrefix(rest, ":-")
	message, demands := strings.CutPrefix(rest, ":?")
	if name == "" || rest != "" && !hasDefault && !demands {
		return "", fmt.Errorf("%s is no variable: it is ${NAME}, ${NAME:-default} or ${NAME:?message}; write $$ for a $ that stands for itself", e.shown(ref))
	}
	value, set := e.env(name)
	switch {
	case hasDefault && value == "":
		return e.expand(fallback)
	case demands && value == "":
		return "", fmt.Errorf("variable %s: %s", name, message)
	case !set:
		return "", fmt.Errorf("variable %s is not set; set it, or give a default: ${%s:-...}", name, name)
	default:
		return value, nil
	}
}

// mayStand refuses references where they are not kept out of sight.
func (e expander) mayStand(kind string) error {
	switch {
	case kind == "sealed" && !e.sealed:
		return errors.New("is sealed: only the instance that made this backup can read it; restore it there")
	case !e.secret:
		return errors.New("a reference to a secret may stand only where secrets do: in the values of env and http.headers, in auth, in storage.url; use ${NAME} here")
	default:
		return nil
	}
}

// shown is a text for an error: what is in a secret place may be one.
func (e expander) shown(text string) string {
	if e.secret {
		return "${...}"
	}
	return text
}

// escaped is the text that expand turns into this one.
func escaped(text string) string {
	if slices.ContainsFunc([]string{"$$", "${"}, func(s string) bool { return strings.Contains(text, s) }) {
		return strings.ReplaceAll(text, "$", "$$")
	}
	return text
}
