package config

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"hangar/backend/nesting"
)

// read applies a YAML text to a Config.
func (c *Config) read(text []byte, found *finder) {
	found.read(text, reflect.ValueOf(c).Elem(), nil)
	c.spots = found.places
	for _, k := range Keys() {
		if _, ok := found.places[k.Name]; ok {
			c.origins[k.Name] = c.fileOrigin()
		}
	}
	for key := range found.places {
		if strings.HasPrefix(key, "auth.") && !inside(found.places, key) {
			c.origins[key] = c.fileOrigin()
		}
	}
}

// inside tells whether something stands within a key. Sections that only a file can hold have no Keys; where each value
// in them came from is told all the same.
func inside(places map[string]position, key string) bool {
	for other := range places {
		if rest, ok := strings.CutPrefix(other, key); ok && (strings.HasPrefix(rest, ".") || strings.HasPrefix(rest, "[")) {
			return true
		}
	}
	return false
}

// read puts what a text says into a struct, whose types say which keys there are; unseal opens what a backup sealed.
func (f *finder) read(text []byte, into reflect.Value, unseal func(key, sealed string) (string, error)) {
	f.places = map[string]position{}
	root, err := f.parse(text)
	if err != nil {
		f.yaml(err)
		return
	}
	if root == nil {
		return
	}
	b := &binder{finder: f, unseal: unseal, anchors: map[string]ast.Node{}}
	ast.Walk(b, root)
	b.bind(spot{node: root}, into)
}

// parse gives the root of the one document; nil when there is none. The parser is the library's; a text that makes it
// panic is one that cannot be read, and must not end the process that was asked to reload.
func (f *finder) parse(text []byte) (root ast.Node, err error) {
	defer func() {
		if v := recover(); v != nil {
			root, err = nil, fmt.Errorf("the text is no YAML that can be read")
		}
	}()
	if len(text) > maxFile {
		return nil, fmt.Errorf("longer than %d bytes", maxFile)
	}
	if err := nesting.Check(text); err != nil {
		return nil, err
	}
	doc, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, err
	}
	if len(doc.Docs) > 1 {
		f.inFile(place(doc.Docs[1].Body), "", "only one document is read; remove the --- and what follows")
		return nil, nil
	}
	if len(doc.Docs) == 0 {
		return nil, nil
	}
	return doc.Docs[0].Body, nil
}

// place is where a node stands; the library's own token of a mapping is its first colon.
func place(n ast.Node) position {
	switch m := n.(type) {
	case nil:
		return position{}
	case *ast.MappingNode:
		if !m.IsFlowStyle && len(m.Values) > 0 {
			return place(m.Values[0].Key)
		}
	case *ast.MappingValueNode:
		return place(m.Key)
	}
	if tk := n.GetToken(); tk != nil && tk.Position != nil {
		return position{tk.Position.Line, tk.Position.Column}
	}
	return position{}
}
