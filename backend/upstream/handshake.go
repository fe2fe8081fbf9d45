package upstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"hangar/backend/mcp"
	"hangar/backend/provider"
)

// Bounds of the lists, against a provider whose pages never end.
const (
	maxPages = 1000
	maxItems = 100_000
)

// Hello is what a provider said of itself.
type Hello struct {
	ProtocolVersion string
	ServerInfo      json.RawMessage
	Capabilities    json.RawMessage
	Instructions    string
}

// Handshake introduces us: initialize, then notifications/initialized.
func (c *Conn) Handshake(ctx context.Context) (Hello, error) {
	params, err := json.Marshal(map[string]any{
		"protocolVersion": mcp.LatestSession,
		"capabilities":    struct{}{},
		"clientInfo":      map[string]string{"name": c.opts.Name, "version": c.opts.Version},
	})
	if err != nil {
		return Hello{}, err
	}
	result, err := c.Request(ctx, "initialize", params, nil)
	if err != nil {
		return Hello{}, fmt.Errorf("initialize: %w", err)
	}
	h := Hello{}
	h.ProtocolVersion, _ = mcp.GetString(result, "protocolVersion")
	h.ServerInfo, _ = mcp.Get(result, "serverInfo")
	h.Capabilities, _ = mcp.Get(result, "capabilities")
	h.Instructions, _ = mcp.GetString(result, "instructions")
	if era, ok := mcp.EraOf(h.ProtocolVersion); !ok || era != mcp.Session {
		return h, &BadAnswerError{fmt.Sprintf("initialize chose protocol version %q, which we did not offer", h.ProtocolVersion)}
	}
	return h, c.Notify(ctx, "notifications/initialized", nil)
}

// Catalogue reads all that the provider offers, all pages. Tools must list; the rest is read where it was declared, and
// its failure is no reason to do without the tools.
func (c *Conn) Catalogue(ctx context.Context, h Hello) (provider.Catalogue, error) {
	all, err := c.list(ctx, provider.Tool, "tools/list", "tools", "name")
	if err != nil && !methodMissing(err) {
		return nil, fmt.Errorf("tools/list: %w", err)
	}
	for _, l := range []struct {
		kind                          provider.ItemKind
		capability, method, key, name string
	}{
		{provider.Prompt, "prompts", "prompts/list", "prompts", "name"},
		{provider.Resource, "resources", "resources/list", "resources", "uri"},
		{provider.Template, "resources", "resources/templates/list", "resourceTemplates", "uriTemplate"},
	} {
		if _, declared := mcp.Get(h.Capabilities, l.capability); !declared {
			continue
		}
		items, err := c.list(ctx, l.kind, l.method, l.key, l.name)
		if err != nil && (ctx.Err() != nil || c.Err() != nil) {
			return nil, fmt.Errorf("%s: %w", l.method, err)
		}
		if err != nil && !methodMissing(err) {
			c.opts.Log.Warn("the provider does not list what it declared", "method", l.method, "error", err)
		}
		all = append(all, items...)
	}
	return all, nil
}

func methodMissing(err error) bool {
	var e *mcp.Error
	return errors.As(err, &e) && e.Code == mcp.CodeMethodNotFound
}

// list reads every page of one list. Entries without a usable name, and later ones of the same name, are left out.
func (c *Conn) list(ctx context.Context, kind provider.ItemKind, method, key, name string) (provider.Catalogue, error) {
	var all provider.Catalogue
	seen := map[string]bool{}
	cursors := map[string]bool{}
	var params json.RawMessage
	for range maxPages {
		result, err := c.Request(ctx, method, params, nil)
		if err != nil {
			return nil, err
		}
		page, ok := mcp.Get(result, key)
		if !ok {
			return nil, &BadAnswerError{method + " has no " + key}
		}
		entries, err := mcp.Elements(page)
		if err != nil {
			return nil, &BadAnswerError{method + ": " + key + " is not an array"}
		}
		for _, raw := range entries {
			n, ok := mcp.GetString(raw, name)
			if !ok || n == "" || seen[n] {
				c.counts.garbage.Add(1)
				continue
			}
			seen[n] = true
			// Copied, because raw aliases a whole page.
			all = append(all, provider.Item{Kind: kind, Name: n, Raw: append(json.RawMessage(nil), raw...)})
		}
		cursor, more := mcp.Get(result, "nextCursor")
		if !more || string(cursor) == "null" || len(all) >= maxItems {
			return all, nil
		}
		if cursors[string(cursor)] {
			return nil, &BadAnswerError{method + " repeats a cursor: its pages never end"}
		}
		cursors[string(cursor)] = true
		params = append(append(json.RawMessage(`{"cursor":`), cursor...), '}')
	}
	return nil, &BadAnswerError{fmt.Sprintf("%s has more than %d pages", method, maxPages)}
}

// Probe asks whether the provider is alive: ping, or tools/list where it does not know ping.
func (c *Conn) Probe(ctx context.Context) error {
	_, err := c.Request(ctx, "ping", nil, nil)
	if methodMissing(err) {
		_, err = c.Request(ctx, "tools/list", nil, nil)
	}
	return err
}
