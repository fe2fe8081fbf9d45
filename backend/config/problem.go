package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing to mend.
type Problem struct {
	Where   string // "hangar.yaml", "flag --listen", "variable HANGAR_LISTEN"
	Line    int    // in the file; 0 elsewhere
	Key     string // providers.math.command; "" where Where says it all
	Message string
}

// String is what compilers print: file:line: key: what is wrong.
func (p Problem) String() string {
	s := p.Where
	if p.Line > 0 {
		s = fmt.Sprintf("%s:%d", s, p.Line)
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

// finder collects problems and knows on which line of the file a key stands.
type finder struct {
	name  string         // of the file
	lines map[string]int // by dotted key
	list  Problems
}

func (f *finder) add(p Problem) { f.list = append(f.list, p) }

func (f *finder) inFile(line int, key, format string, args ...any) {
	f.add(Problem{Where: f.name, Line: line, Key: key, Message: fmt.Sprintf(format, args...)})
}

// at reports a value that was read well but must not be: it is blamed on where it came from.
func (f *finder) at(c *Config, key, format string, args ...any) {
	p := Problem{Where: c.origins[key], Message: fmt.Sprintf(format, args...)}
	if p.Where == "" || p.Where == c.fileOrigin() {
		p.Where, p.Key, p.Line = f.name, key, f.line(key)
	}
	f.add(p)
}

// line is where a key stands, or else the nearest key around it: a missing field has no line of its own.
func (f *finder) line(key string) int {
	for key != "" {
		if n, ok := f.lines[key]; ok {
			return n
		}
		key = key[:max(strings.LastIndexByte(key, '.'), 0)]
	}
	return 0
}

func (f *finder) err() error {
	if len(f.list) == 0 {
		return nil
	}
	slices.SortStableFunc(f.list, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
	return f.list
}
