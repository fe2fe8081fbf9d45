package config

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// maxDepth bounds how deep aliases and merges may lead; a definition that contains itself has no end.
const maxDepth = 40

// binder puts a parsed text into values, and reports everything that does not fit at its place.
type binder struct {
	*finder
	unseal  func(key, sealed string) (string, error)
	anchors map[string]ast.Node
}

// spot is a node and where it stands among the keys.
type spot struct {
	node   ast.Node
	key    string // dotted; "" is the root
	secret bool   // what stands here is never shown
	depth  int
}

// Visit collects the anchors, which aliases before or after them mean.
func (b *binder) Visit(n ast.Node) ast.Visitor {
	if a, ok := n.(*ast.AnchorNode); ok {
		b.anchors[a.Name.GetToken().Value] = a.Value
	}
	return b
}

func (b *binder) refuse(s spot, format string, args ...any) {
	b.inFile(place(s.node), s.key, format, args...)
}

// plain follows anchors, aliases and tags to what is meant; nil when that is nothing that can be.
func (b *binder) plain(s spot) spot {
	for ; s.depth < maxDepth; s.depth++ {
		switch n := s.node.(type) {
		case *ast.AnchorNode:
			s.node = n.Value
		case *ast.TagNode:
			if !strings.HasPrefix(n.Start.Value, "!!") || n.Start.Value == "!!binary" || n.Start.Value == "!!set" {
				b.refuse(s, "the tag %s is not known here", n.Start.Value)
				s.node = nil
				return s
			}
			s.node = n.Value
		case *ast.AliasNode:
			to, ok := b.anchors[n.Value.GetToken().Value]
			if !ok {
				b.refuse(s, "there is no anchor of this name")
				s.node = nil
				return s
			}
			s.node = to
		default:
			return s
		}
	}
	b.refuse(s, "leads back to itself")
	s.node = nil
	return s
}

// bind puts what stands at a spot into v; what is empty leaves v as it is.
func (b *binder) bind(s spot, v reflect.Value) {
	if s = b.plain(s); s.node == nil {
		return
	}
	if _, empty := s.node.(*ast.NullNode); empty {
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		b.bind(s, v.Elem())
	case reflect.Struct:
		b.object(b.longhand(s, v.Type()), v)
	case reflect.Map:
		b.table(s, v)
	case reflect.Slice:
		b.list(s, v)
	default:
		b.scalar(s, v)
	}
}

// object fills a struct, key by key.
func (b *binder) object(s spot, v reflect.Value) {
	pairs, ok := b.pairs(s)
	if !ok {
		b.refuse(s, "must be a mapping of keys, not %s", kind(s.node))
		return
	}
	given := map[string]string{}
	for _, p := range pairs {
		field, known := member(v, p.name)
		at := spot{node: p.value, key: join(s.key, p.name), depth: s.depth + 1}
		switch {
		case !known && s.key == "" && strings.HasPrefix(p.name, "x-"): // room for anchors
			continue
		case !known && s.key == "" && p.name == "snapshot":
			b.inFile(p.at, at.key, "this is a backup of a running instance; restore it there: POST /api/config/backups/{backup_id}/restore")
			continue
		case !known:
			b.inFile(p.at, at.key, "unknown key%s", hint(p.name, v.Type()))
			continue
		}
		name := yamlName(field.StructField)
		at.key = join(s.key, name)
		if other, twice := given[name]; twice {
			b.inFile(p.at, join(s.key, p.name), "is another name for %s, which is given too; keep one of them", other)
			continue
		}
		given[name] = p.name
		b.places[at.key] = p.at
		at.secret = field.Tag.Get("secret") == "true"
		b.bind(at, field.value)
		b.zero(at, field)
	}
}

// zero refuses a 0 that was written where only more can be: nouns take it for a number that was left out.
func (b *binder) zero(s spot, f fieldOf) {
	least, err := strconv.Atoi(f.Tag.Get("minimum"))
	if err != nil || least < 1 || f.value.Kind() != reflect.Int || f.value.Int() != 0 {
		return
	}
	if s = b.plain(s); s.node == nil {
		return
	}
	if text, ok := scalarText(s.node); ok && text != "" && strings.Trim(text, "0") == "" {
		b.refuse(s, "must be at least %d, not 0", least)
	}
}

// table fills a map; its keys are names that the file is free to choose.
func (b *binder) table(s spot, v reflect.Value) {
	pairs, ok := b.pairs(s)
	if !ok {
		b.refuse(s, "must be a mapping, not %s", kind(s.node))
		return
	}
	if v.IsNil() {
		v.Set(reflect.MakeMap(v.Type()))
	}
	for _, p := range pairs {
		at := spot{node: p.value, key: join(s.key, p.name), secret: s.secret, depth: s.depth + 1}
		b.places[at.key] = p.at
		elem := reflect.New(v.Type().Elem()).Elem()
		b.bind(at, elem)
		v.SetMapIndex(reflect.ValueOf(p.name).Convert(v.Type().Key()), elem)
	}
}

func (b *binder) list(s spot, v reflect.Value) {
	seq, ok := s.node.(*ast.SequenceNode)
	if !ok {
		b.refuse(s, "must be a list, not %s", kind(s.node))
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(seq.Values), len(seq.Values)))
	for i, n := range seq.Values {
		at := spot{node: n, key: fmt.Sprintf("%s[%d]", s.key, i), secret: s.secret, depth: s.depth + 1}
		b.places[at.key] = place(n)
		if at = b.plain(at); at.node == nil {
			continue
		}
		if _, empty := at.node.(*ast.NullNode); empty {
			b.refuse(at, "is empty")
			continue
		}
		b.bind(at, v.Index(i))
	}
}

// scalar is where variables are put in, before the text becomes a value of its type.
func (b *binder) scalar(s spot, v reflect.Value) {
	text, ok := scalarText(s.node)
	if !ok {
		b.refuse(s, "must be %s, not %s", wanted(v.Kind()), kind(s.node))
		return
	}
	text, err := expander{env: b.env, secret: s.secret, sealed: b.unseal != nil}.expand(text)
	if err == nil && s.secret && b.unseal != nil {
		text, err = b.unseal(s.key, text)
	}
	if err == nil {
		err = setText(v, text)
	}
	if err != nil {
		b.refuse(s, "%s", err)
	}
}

// scalarText is a plain value as it was written; quotes and block marks are undone.
func scalarText(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	default:
		return "", false
	}
}

func wanted(k reflect.Kind) string {
	switch k {
	case reflect.Int:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	case reflect.Bool:
		return "true or false"
	default:
		return "text"
	}
}

func kind(n ast.Node) string {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return "a mapping"
	case *ast.SequenceNode:
		return "a list"
	case *ast.NullNode:
		return "nothing"
	default:
		return "a plain value"
	}
}

// longhand makes a mapping of the plain text that a type may stand as ("math" for "{id: math}").
func (b *binder) longhand(s spot, t reflect.Type) spot {
	short, ok := reflect.Zero(t).Interface().(interface{ Shorthand() string })
	if _, scalar := scalarText(s.node); !ok || !scalar {
		return s
	}
	key := ast.String(token.New(short.Shorthand(), short.Shorthand(), s.node.GetToken().Position))
	s.node = ast.Mapping(s.node.GetToken(), false, ast.MappingValue(s.node.GetToken(), key, s.node))
	return s
}
