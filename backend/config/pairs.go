package config

import (
	"reflect"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// pair is one key of a mapping and its value.
type pair struct {
	name  string
	at    position
	value ast.Node
}

// pairs gives the keys of a mapping, those merged into it (<<) included: a key of its own wins over a merged one, an
// earlier merge over a later one.
func (b *binder) pairs(s spot) (list []pair, ok bool) {
	var values []*ast.MappingValueNode
	switch n := s.node.(type) {
	case *ast.MappingNode:
		values = n.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{n}
	default:
		return nil, false
	}
	var merged []ast.Node
	own := map[string]bool{}
	for _, v := range values {
		if _, merge := v.Key.(*ast.MergeKeyNode); merge {
			merged = append(merged, v.Value)
			continue
		}
		name, ok := b.keyName(s, v.Key)
		if !ok {
			continue
		}
		own[name] = true
		list = append(list, pair{name, place(v.Key), v.Value})
	}
	for _, m := range merged {
		for _, p := range b.merge(spot{node: m, key: s.key, depth: s.depth + 1}) {
			if !own[p.name] {
				own[p.name] = true
				list = append(list, p)
			}
		}
	}
	return list, true
}

// merge gives the keys of what << names: a mapping, or a list of them.
func (b *binder) merge(s spot) (list []pair) {
	if s = b.plain(s); s.node == nil {
		return nil
	}
	if seq, ok := s.node.(*ast.SequenceNode); ok {
		for _, n := range seq.Values {
			list = append(list, b.merge(spot{node: n, key: s.key, depth: s.depth + 1})...)
		}
		return list
	}
	list, ok := b.pairs(s)
	if !ok {
		b.refuse(s, "<< merges a mapping, not %s", kind(s.node))
	}
	return list
}

func (b *binder) keyName(s spot, key ast.MapKeyNode) (string, bool) {
	if m, ok := key.(*ast.MappingKeyNode); ok {
		if inner, ok := m.Value.(ast.MapKeyNode); ok {
			key = inner
		}
	}
	name, ok := scalarText(key)
	switch {
	case !ok:
		b.inFile(place(key), s.key, "a key must be plain text")
	case strings.Contains(name, "${"):
		b.inFile(place(key), s.key, "variables are put into values, not into keys")
		ok = false
	}
	return name, ok
}

// fieldOf is a field of a struct by its key.
type fieldOf struct {
	reflect.StructField
	value reflect.Value
}

// member finds the field of a key, under its name or its other one.
func member(v reflect.Value, key string) (fieldOf, bool) {
	for _, f := range fields(v.Type()) {
		if inline(f) {
			if found, ok := member(v.FieldByIndex(f.Index), key); ok {
				return found, true
			}
			continue
		}
		if yamlName(f) == key || f.Tag.Get("alias") == key {
			return fieldOf{f, v.FieldByIndex(f.Index)}, true
		}
	}
	return fieldOf{}, false
}
