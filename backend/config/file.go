package config

import (
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// read applies a YAML text. Keys are checked against the types before anything is decoded, so that every unknown one is
// told with its line and the name it resembles, not only the first.
func (c *Config) read(text []byte, found *finder) {
	doc, err := parser.ParseBytes(text, 0)
	if err != nil {
		found.yaml(err)
		return
	}
	found.lines = map[string]int{}
	if len(doc.Docs) > 1 {
		found.inFile(line(doc.Docs[1].Body), "", "only one document is read; remove the --- and what follows")
		return
	}
	if len(doc.Docs) == 0 || doc.Docs[0].Body == nil {
		return
	}
	found.keys(doc.Docs[0].Body, reflect.TypeFor[Config](), "")
	if len(found.list) > 0 {
		return
	}
	// The parser has refused real duplicates; the decoder would also refuse a key that overrides a merged one (<<).
	if err := yaml.NodeToValue(doc.Docs[0].Body, c, yaml.AllowDuplicateMapKey()); err != nil {
		found.yaml(err)
		return
	}
	for _, k := range Keys() {
		if _, ok := found.lines[k.Name]; ok {
			c.origins[k.Name] = c.fileOrigin()
		}
	}
}

// yaml reports an error of the library, on its line, without the excerpt that it would print.
func (f *finder) yaml(err error) {
	var at yaml.Error
	if errors.As(err, &at) && at.GetToken() != nil && at.GetToken().Position != nil {
		f.inFile(at.GetToken().Position.Line, "", "%s", at.GetMessage())
		return
	}
	f.inFile(0, "", "%s", err)
}

// keys walks the text beside the type it must fit, remembering lines.
func (f *finder) keys(n ast.Node, t reflect.Type, path string) {
	if a, ok := n.(*ast.AnchorNode); ok {
		n = a.Value
	}
	if list, ok := n.(*ast.SequenceNode); ok && t.Kind() == reflect.Slice {
		for i, item := range list.Values {
			at := fmt.Sprintf("%s[%d]", path, i)
			f.lines[at] = line(item)
			f.keys(item, t.Elem(), at)
		}
		return
	}
	for _, pair := range pairs(n) {
		key := pair.Key.GetToken().Value
		at := join(path, key)
		if _, merge := pair.Key.(*ast.MergeKeyNode); merge {
			f.keys(pair.Value, t, path)
			continue
		}
		next, known := within(t, key)
		if !known {
			f.inFile(line(pair.Key), at, "unknown key%s", hint(key, names(t)))
			continue
		}
		f.lines[at] = line(pair.Key)
		f.keys(pair.Value, next, at)
	}
}

// within is the type of a key's value; a map takes any key, a struct those of its fields.
func within(t reflect.Type, key string) (reflect.Type, bool) {
	switch t.Kind() {
	case reflect.Pointer:
		return within(t.Elem(), key)
	case reflect.Map:
		return t.Elem(), true
	case reflect.Struct:
		for _, f := range fields(t) {
			if yamlName(f) == key {
				return f.Type, true
			}
		}
		return nil, false
	default:
		return t, true // a mapping where a plain value belongs: the decoder says so, with the types' names
	}
}

func names(t reflect.Type) []string {
	var list []string
	for _, f := range fields(t) {
		list = append(list, yamlName(f))
	}
	return list
}

func pairs(n ast.Node) []*ast.MappingValueNode {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}
	default:
		return nil
	}
}

func line(n ast.Node) int { return n.GetToken().Position.Line }

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// hint names the known key that was probably meant, or lists them all where none is near.
func hint(key string, known []string) string {
	best, least := "", max(2, len(key)/3)+1
	for _, k := range known {
		if d := distance(key, k); d < least {
			best, least = k, d
		}
	}
	if best != "" {
		return "; did you mean " + best + "?"
	}
	slices.Sort(known)
	s := "; known are"
	for _, k := range known {
		s += " " + k
	}
	return s
}

// distance is Levenshtein's: how many letters to add, drop or change.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
