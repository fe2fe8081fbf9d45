package upstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

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
	// SupportedVersions is what it said it speaks when it was asked by server/discover; nil when it was not, or did not
	// know the question.
	SupportedVersions []string
	// Sessionless is a server of the session era on HTTP that keeps no session: it cannot ask anything.
	Sessionless bool
}

// BothEras tells that a provider of the stateless era also said it speaks the one before.
func (h Hello) BothEras() bool {
	return slices.ContainsFunc(h.SupportedVersions, func(v string) bool {
		era, known := mcp.EraOf(v)
		return known && era == mcp.Session
	})
}

// Stateless tells which era the conversation is of.
func (h Hello) Stateless() bool {
	era, _ := mcp.EraOf(h.ProtocolVersion)
	return era == mcp.Stateless
}

// Handshake finds out which era the provider speaks, unless the options say so, and introduces us.
func (c *Conn) Handshake(ctx context.Context) (Hello, error) {
	if c.opts.Protocol == provider.ProtocolSession {
		return c.initialize(ctx)
	}
	h, err := c.meet(ctx)
	if err == nil && h.Stateless() {
		c.settle(h)
	}
	return h, err
}

func (c *Conn) meet(ctx context.Context) (Hello, error) {
	if c.opts.Protocol == provider.ProtocolStateless {
		return c.discover(ctx)
	}
	return c.probe(ctx)
}

// greeting is what became of one way of introducing us.
type greeting struct {
	h   Hello
	err error
}

func greet(ctx context.Context, how func(context.Context) (Hello, error)) <-chan greeting {
	said := make(chan greeting, 1)
	go func() {
		h, err := how(ctx)
		said <- greeting{h, err}
	}()
	return said
}

// probe asks in the newest way first. A provider that does not answer in time is asked in the older way as well: it may
// be slow to start, or one that does not answer what it does not know.
func (c *Conn) probe(ctx context.Context) (Hello, error) {
	asking, stop := context.WithCancel(ctx)
	defer stop()
	modern := greet(asking, c.discover)
	patience := time.NewTimer(probeTime)
	defer patience.Stop()
	select {
	case s := <-modern:
		switch {
		case s.err == nil:
			return s.h, nil
		case ctx.Err() != nil || errors.Is(s.err, ErrClosed):
			return Hello{}, fmt.Errorf("server/discover: %w", s.err)
		}
		return c.initialize(ctx)
	case <-patience.C:
	}
	older := greet(asking, c.initialize)
	select {
	case s := <-modern:
		if s.err == nil {
			stop()
			<-older
			return s.h, nil
		}
		o := <-older
		return o.h, o.err
	case o := <-older:
		if o.err != nil { // a late answer to the question before came earlier, if there is one
			patience.Reset(lateAnswer)
			select {
			case s := <-modern:
				if s.err == nil {
					return s.h, nil
				}
				return o.h, o.err
			case <-patience.C:
			}
		}
		stop()
		<-modern
		return o.h, o.err
	}
}

// lateAnswer is how long an answer that has arrived takes to be read by the goroutine that waits for it.
const lateAnswer = 100 * time.Millisecond

// discover introduces us to a provider of the stateless era.
func (c *Conn) discover(ctx context.Context) (Hello, error) {
	result, err := c.ask(ctx, mcp.MethodDiscover, nil)
	if err != nil {
		return Hello{}, err
	}
	return readDiscovered(result)
}

// settle makes the conversation one of the stateless era.
func (c *Conn) settle(h Hello) {
	s := newSubscriptions(h, func() {
		if c.opts.Notify != nil {
			c.opts.Notify(mcp.NoteToolsChanged, nil)
		}
	})
	c.subscriptions.Store(s)
	c.speaks.Store(true)
	c.loops.Go(func() {
		s.run(c.life, func(ctx context.Context, x mcp.Exchange) error {
			_, err := c.request(ctx, x, true)
			return err
		})
	})
}

// initialize introduces us to a provider of the session era: initialize, then notifications/initialized.
func (c *Conn) initialize(ctx context.Context) (Hello, error) {
	result, err := c.ask(ctx, mcp.MethodInitialize, initializeParams(c.opts))
	if err != nil {
		return Hello{}, fmt.Errorf("initialize: %w", err)
	}
	h, err := readHello(result)
	if err != nil {
		return h, err
	}
	return h, c.Notify(ctx, mcp.NoteInitialized, nil)
}

// readDiscovered reads the answer to server/discover.
func readDiscovered(result json.RawMessage) (Hello, error) {
	h := Hello{ProtocolVersion: mcp.Latest}
	offered, _ := mcp.Get(result, "supportedVersions")
	h.SupportedVersions = stringsOf(offered)
	if !slices.Contains(h.SupportedVersions, mcp.Latest) {
		return Hello{}, &otherDialectError{fmt.Errorf("the server speaks %s, not %s", offered, mcp.Latest)}
	}
	h.Capabilities, _ = mcp.Get(result, "capabilities")
	h.ServerInfo, _ = mcp.Get(result, "_meta", mcp.MetaServerInfo)
	h.Instructions, _ = mcp.GetString(result, "instructions")
	return h, nil
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
			return c.ask(ctx, method, params)
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

// Probe asks whether the provider is alive, or for its tools where it does not know the question.
func (c *Conn) Probe(ctx context.Context) error {
	method := "ping"
	if c.speaks.Load() {
		method = mcp.MethodDiscover
	}
	_, err := c.ask(ctx, method, nil)
	if methodMissing(err) {
		_, err = c.ask(ctx, "tools/list", nil)
	}
	return err
}

// Watch is Conversation.Watch.
func (c *Conn) Watch(ctx context.Context, uri string, on bool) error {
	if s := c.subscriptions.Load(); s != nil {
		return s.watch(ctx, uri, on)
	}
	method := mcp.MethodUnsubscribe
	if on {
		method = mcp.MethodSubscribe
	}
	_, err := c.ask(ctx, method, subscribeParams(uri))
	return err
}

// Tell is Conversation.Tell.
func (c *Conn) Tell(ctx context.Context, method string, params json.RawMessage) error {
	if c.speaks.Load() {
		return nil // that era has no notifications of clients but one
	}
	return c.Notify(ctx, method, params)
}
