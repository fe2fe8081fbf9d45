package config

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"hangar/backend/nesting"
	"hangar/backend/provider"
)

// AddProviders puts definitions into the text of a configuration file, directly below its key providers. Everything else
// stays as it is, byte for byte: comments, order, blank lines. An id that the file has already is an error.
func AddProviders(text []byte, add map[provider.ID]provider.Spec) ([]byte, error) {
	if err := nesting.Check(text); err != nil {
		return nil, fmt.Errorf("the file is %w", err)
	}
	doc, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, fmt.Errorf("the file is no YAML: %w", err)
	}
	if len(doc.Docs) > 1 {
		return nil, errors.New("the file has more than one document; only the first is read")
	}
	var root ast.Node
	if len(doc.Docs) == 1 {
		root = doc.Docs[0].Body
	}
	if flow, ok := root.(*ast.MappingNode); ok && flow.IsFlowStyle {
		if len(flow.Values) > 0 {
			return nil, errors.New("the file is written in braces; write it as a block of lines first")
		}
		text, root = without(text, flow), nil
	}
	at := slices.IndexFunc(members(root), func(p *ast.MappingValueNode) bool {
		return slices.Contains([]string{"providers", "mcp_servers"}, p.Key.GetToken().Value) // the second is another name for the first
	})
	if at < 0 {
		block, err := blockOf(add, "  ")
		if len(text) > 0 && !bytes.HasSuffix(text, []byte("\n")) {
			text = append(text, '\n')
		}
		return append(append(text, "providers:\n"...), block...), err
	}
	return below(text, members(root)[at], add)
}

// below inserts under a key that is there.
func below(text []byte, key *ast.MappingValueNode, add map[provider.ID]provider.Spec) ([]byte, error) {
	indent := strings.Repeat(" ", key.Key.GetToken().Position.Column+1)
	switch node := key.Value.(type) {
	case *ast.NullNode:
	case *ast.MappingNode, *ast.MappingValueNode:
		flow, _ := node.(*ast.MappingNode)
		if flow != nil && flow.IsFlowStyle && len(flow.Values) > 0 {
			return nil, errors.New("providers is written in braces; write it as a block of lines first")
		}
		if flow != nil && flow.IsFlowStyle {
			text = without(text, flow)
			break
		}
		for _, p := range members(node) {
			if id := provider.ID(p.Key.GetToken().Value); add[id].Mode != "" {
				return nil, fmt.Errorf("the file has a provider %q already", string(id))
			}
		}
		indent = strings.Repeat(" ", members(node)[0].Key.GetToken().Position.Column-1)
	default:
		return nil, errors.New("providers is not a list of names with their definitions")
	}
	block, err := blockOf(add, indent)
	if err != nil {
		return nil, err
	}
	lines := bytes.SplitAfter(text, []byte("\n"))
	after := key.Key.GetToken().Position.Line
	if head := lines[after-1]; !bytes.HasSuffix(head, []byte("\n")) {
		lines[after-1] = append(bytes.Clone(head), '\n')
	}
	return bytes.Join(slices.Insert(lines, after, block), nil), nil
}

// members are the pairs of a mapping, however it is written; other nodes have none.
func members(n ast.Node) []*ast.MappingValueNode {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}
	default:
		return nil
	}
}

// without takes the empty braces of a mapping out of a text.
func without(text []byte, flow *ast.MappingNode) []byte {
	lines := bytes.SplitAfter(bytes.Clone(text), []byte("\n"))
	for i := flow.Start.Position.Line - 1; i < len(lines) && i < flow.End.Position.Line; i++ {
		lines[i] = regexp.MustCompile(`[ \t]*[{}]`).ReplaceAll(lines[i], nil)
	}
	return bytes.TrimLeft(bytes.Join(lines, nil), "\n")
}

// blockOf writes definitions as lines, without what is the default anyway.
func blockOf(add map[provider.ID]provider.Spec, indent string) ([]byte, error) {
	var b bytes.Buffer
	for _, id := range slices.Sorted(maps.Keys(add)) {
		one, err := yaml.MarshalWithOptions(map[string]provider.Spec{string(id): add[id]}, yaml.Indent(2), yaml.IndentSequence(true), yaml.UseSingleQuote(false))
		if err != nil {
			return nil, err
		}
		for line := range bytes.Lines(one) {
			b.WriteString(indent)
			b.Write(line)
		}
	}
	return b.Bytes(), nil
}
