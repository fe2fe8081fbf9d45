package config

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"hangar/backend/fault"
)

// Problem is one thing to mend.
type Problem struct {
	Where   string `json:"where" doc:"The file, or the flag or variable that is to blame"` // "hangar.yaml", "flag --listen"
	Line    int    `json:"line,omitempty" doc:"In the file, from 1"`                       // 0 elsewhere
	Column  int    `json:"column,omitempty" doc:"In the line, from 1"`
	Key     string `json:"key,omitempty" doc:"Such as providers.math.command"` // "" where Where says it all
	Message string `json:"message"`
}

// String is what compilers print: file:line:column: key: what is wrong.
func (p Problem) String() string {
	s := p.Where
	if p.Line > 0 {
		s = fmt.Sprintf("%s:%d:%d", s, p.Line, p.Column)
	}
	if p.Key != "" {
		s += ": " + p.Key
	}
	return s + ": " + p.Message
}

// Problems is the error of a configuration that cannot be used: everything that is wrong with it, in the file's order.
type Problems []Problem

// Error is one line for each.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// position is where something stands in the file; zero is nowhere.
type position struct{ line, column int }

// finder collects problems and knows where in the file a key stands.
type finder struct {
	name   string // of the file
	env    func(string) (string, bool)
	places map[string]position // by dotted key
	list   Problems
}

func (f *finder) add(p Problem) { f.list = append(f.list, p) }

func (f *finder) inFile(at position, key, format string, args ...any) {
	f.add(Problem{Where: f.name, Line: at.line, Column: at.column, Key: key, Message: fmt.Sprintf(format, args...)})
}

// at reports a value that was read well but must not be: it is blamed on where it came from.
func (f *finder) at(c *Config, key, format string, args ...any) {
	if from := c.origins[key]; from != "" && from != c.fileOrigin() {
		f.add(Problem{Where: from, Message: fmt.Sprintf(format, args...)})
		return
	}
	f.inFile(f.place(key), key, format, args...)
}

// place is where a key stands, or else the nearest key around it: a missing field has no place of its own.
func (f *finder) place(key string) position {
	for key != "" {
		if at, ok := f.places[key]; ok {
			return at
		}
		key = key[:max(strings.LastIndexAny(key, ".["), 0)]
	}
	return position{}
}

// fault reports a refusal of a noun on its field. inside is false where the key itself is what is wrong.
func (f *finder) fault(c *Config, key string, inside bool, err error) {
	if err == nil {
		return
	}
	var e *fault.Error
	if errors.As(err, &e) {
		if list, ok := e.Details["errors"].([]fault.FieldError); ok {
			for _, one := range list {
				at := key
				if inside {
					at = join(key, one.Field)
				}
				f.at(c, at, "%s", one.Message)
			}
			return
		}
	}
	f.at(c, key, "%s", err)
}

// yaml reports an error of the parser where it is, without the excerpt that it would print.
func (f *finder) yaml(err error) {
	var at yaml.Error
	if errors.As(err, &at) && at.GetToken() != nil && at.GetToken().Position != nil {
		p := at.GetToken().Position
		f.inFile(position{p.Line, p.Column}, "", "%s", at.GetMessage())
		return
	}
	f.inFile(position{}, "", "%s", err)
}

func (f *finder) err() error {
	if len(f.list) == 0 {
		return nil
	}
	slices.SortStableFunc(f.list, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return f.list
}
