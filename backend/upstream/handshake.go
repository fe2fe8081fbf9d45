package upstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"

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
	result, err := c.Request(ctx, "initialize", initializeParams(c.opts), nil)
	if err != nil {
		return Hello{}, fmt.Errorf("initialize: %w", err)
	}
	h, err := readHello(result)
	if err != nil {
		return h, err
	}
	return h, c.Notify(ctx, "notifications/initialized", nil)
}

func initializeParams(o Options) json.RawMessage {
	return fmt.Appendf(nil, `{"protocolVersion":%s,"capabilities":{},"clientInfo":%s}`, mcp.Quote(mcp.LatestSession), o.introduction())
}

// readHello reads the answer to initialize.
func readHello(result json.RawMessage) (Hello, error) {
	h := Hello{}
	h.ProtocolVersion, _ = mcp.GetString(result, "protocolVersion")
	h.ServerInfo, _ = mcp.Get(result, "serverInfo")
	h.Capabilities, _ = mcp.Get(result, "capabilities")
	h.Instructions, _ = mcp.GetString(result, "instructions")
	if era, ok := mcp.EraOf(h.ProtocolVersion); !ok || era != mcp.Session {
		return h, &BadAnswerError{fmt.Sprintf("initialize chose protocol version %q, which we did not offer", h.ProtocolVersion)}
	}
	return h, nil
}

// Catalogue is Conversation.Catalogue.
func (c *Conn) Catalogue(ctx context.Context, h Hello) (provider.Catalogue, error) {
	return catalogue(ctx, lister{
		ask: func(ctx context.Context, method string, params json.RawMessage) (json.RawMessage, error) {
			return c.Request(ctx, method, params, nil)
		},
		over: c.Err, garbage: &c.counts.garbage, log: c.opts.Log,
	}, h)
}

// lister reads the lists of a provider.
type lister struct {
	ask     func(ctx context.Context, method string, params json.RawMessage) (json.RawMessage, error)
	over    func() error                                                         // why the conversation is over
	keep    func(kind provider.ItemKind, name string, raw json.RawMessage) error // nil keeps all
	garbage *atomic.Int64
	log     *slog.Logger
}

// catalogue reads all that the provider offers, all pages. Tools must list; the rest is read where it was declared, and
// its failure is no reason to do without the tools.
func catalogue(ctx context.Context, c lister, h Hello) (provider.Catalogue, error) {
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
		if err != nil && (ctx.Err() != nil || c.over() != nil) {
			return nil, fmt.Errorf("%s: %w", l.method, err)
		}
		if err != nil && !methodMissing(err) {
			c.log.Warn("the provider does not list what it declared", "method", l.method, "error", err)
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
func (c lister) list(ctx context.Context, kind provider.ItemKind, method, key, name string) (provider.Catalogue, error) {
	var all provider.Catalogue
	seen := map[string]bool{}
	cursors := map[string]bool{}
	var params json.RawMessage
	for range maxPages {
		result, err := c.ask(ctx, method, params)
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
				c.garbage.Add(1)
				continue
			}
			seen[n] = true
			if c.keep != nil {
				if err := c.keep(kind, n, raw); err != nil {
					c.garbage.Add(1)
					c.log.Warn("an entry of the provider's lists cannot be used", "method", method, "name", n, "error", err)
					continue
				}
			}
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
