package upstream

import (
	"context"
	"encoding/json"
	"sync"

	"hangar/backend/mcp"
)

const (
	keptNotes    = 4096 // notifications waiting for a slow caller; the oldest give way
	maxQuestions = 32   // of a provider under one request, at a time
)

// call is a request under way.
type call struct {
	x      mcp.Exchange
	ctx    context.Context  // of the request: its end ends the questions asked for it
	own    bool             // it is Hangar's, not a client's
	answer chan mcp.Message // of a byte stream; buffered: the reader never waits
	wake   chan struct{}    // there are notes; of a byte stream, too

	mu        sync.Mutex // guards what follows
	notes     []note
	over      bool
	questions map[string]context.CancelFunc // by the provider's ids
}

// note is a notification that belongs to a request.
type note struct {
	method string
	params json.RawMessage
}

func newCall(ctx context.Context, x mcp.Exchange, own bool) *call {
	return &call{x: x, ctx: ctx, own: own || x.Own}
}

// newStreamCall is one whose answer and notes are read by another goroutine than the caller's.
func newStreamCall(ctx context.Context, x mcp.Exchange, own bool) *call {
	p := newCall(ctx, x, own)
	p.answer = make(chan mcp.Message, 1)
	if x.Peer != nil {
		p.wake = make(chan struct{}, 1)
	}
	return p
}

// put keeps a note for the caller's goroutine.
func (p *call) put(n note) {
	if p.x.Peer == nil {
		return
	}
	p.mu.Lock()
	if len(p.notes) >= keptNotes { // the caller is slow: the newest reports matter most
		p.notes = p.notes[1:]
	}
	p.notes = append(p.notes, n)
	p.mu.Unlock()
	select {
	case p.wake <- struct{}{}:
	default: // it is awake
	}
}

// drain hands over what was noted so far.
func (p *call) drain() {
	for {
		p.mu.Lock()
		notes := p.notes
		p.notes = nil
		p.mu.Unlock()
		if len(notes) == 0 {
			return
		}
		for _, n := range notes {
			p.x.Peer.Hear(n.method, n.params)
		}
	}
}

// tell hands over a note at once, unless the request is over.
func (p *call) tell(n note) {
	if p.x.Peer == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.over {
		p.x.Peer.Hear(n.method, n.params)
	}
}

// begin enters a question of the provider's; false when there are too many, or the request is over.
func (p *call) begin(id json.RawMessage) (context.Context, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over || len(p.questions) >= maxQuestions || p.questions[string(id)] != nil {
		return nil, false
	}
	ctx, cancel := context.WithCancel(p.ctx)
	if p.questions == nil {
		p.questions = map[string]context.CancelFunc{}
	}
	p.questions[string(id)] = cancel
	return ctx, true
}

func (p *call) end(id json.RawMessage) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if cancel := p.questions[string(id)]; cancel != nil {
		cancel()
		delete(p.questions, string(id))
	}
}

// finish ends what belongs to the request: nothing is told or asked after it.
func (p *call) finish() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over = true
	for _, cancel := range p.questions {
		cancel()
	}
}

// inFlight are the requests under way in one conversation.
type inFlight struct {
	mu   sync.Mutex // guards what follows
	last int64
	all  map[int64]*call
}

func (f *inFlight) enter(p *call) int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last++
	if f.all == nil {
		f.all = map[int64]*call{}
	}
	f.all[f.last] = p
	return f.last
}

func (f *inFlight) leave(id int64) {
	f.mu.Lock()
	p := f.all[id]
	delete(f.all, id)
	f.mu.Unlock()
	if p != nil {
		p.finish()
	}
}

func (f *inFlight) get(id int64) *call {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.all[id]
}

// whose finds the request to which something without an address belongs: the only one of a client's under way, or one of
// those of the one client that has any. What could be of two clients is nobody's. none tells that no client waits at all.
func (f *inFlight) whose() (found *call, none bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range f.all {
		switch {
		case p.own:
		case found == nil:
			found = p
		case found.x.Client.Key == "" || found.x.Client.Key != p.x.Client.Key:
			return nil, false
		}
	}
	return found, found == nil
}

// asker finds the request under which a provider asked something.
func (f *inFlight) asker(id json.RawMessage) *call {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range f.all {
		p.mu.Lock()
		_, here := p.questions[string(id)]
		p.mu.Unlock()
		if here {
			return p
		}
	}
	return nil
}
