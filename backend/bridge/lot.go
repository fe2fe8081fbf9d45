package bridge

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"hangar/backend/fault"
	"hangar/backend/mcp"
)

const (
	gather    = 25 * time.Millisecond // how long after a question others are waited for, which come in the same round
	keptNotes = 256                   // notifications of a parked request, until somebody is there to hear them
)

// Options of a lot.
type Options struct {
	Patience     time.Duration // how long a request stays parked; default 10 min
	PerPrincipal int           // requests that one principal may have parked; default 64
	All          int           // default 1024
}

// Lot is where live requests are parked.
type Lot struct {
	o    Options
	life context.Context // of everything parked
	end  context.CancelCauseFunc
	work sync.WaitGroup

	mu     sync.Mutex // guards what follows
	parked map[string]*Visit
	held   map[string]int // by principal
}

// NewLot makes a lot.
func NewLot(o Options) *Lot {
	if o.Patience == 0 {
		o.Patience = 10 * time.Minute
	}
	if o.PerPrincipal == 0 {
		o.PerPrincipal = 64
	}
	if o.All == 0 {
		o.All = 1024
	}
	l := &Lot{o: o, parked: map[string]*Visit{}, held: map[string]int{}}
	l.life, l.end = context.WithCancelCause(context.Background())
	return l
}

// Close cancels what is parked and waits for it.
func (l *Lot) Close(why error) {
	l.end(why)
	l.work.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, v := range l.parked {
		v.expires.Stop()
	}
	clear(l.parked)
}

// Count is how many requests are parked.
func (l *Lot) Count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.parked)
}

// Visit is one request that may be parked. It is the Peer of the request.
type Visit struct {
	lot       *Lot
	id        string
	principal string
	cancel    context.CancelCauseFunc
	done      chan struct{} // closed once result and err are known
	result    json.RawMessage
	err       error
	asked     chan struct{} // there are questions

	mu      sync.Mutex // guards what follows
	hear    func(method string, params json.RawMessage)
	notes   []note
	open    map[string]*question // not answered yet, by the key that the client knows
	order   []string
	last    int
	expires *time.Timer
}

type note struct {
	method string
	params json.RawMessage
}

type question struct {
	method string
	params json.RawMessage
	answer chan json.RawMessage
}

// Outcome is what a round ends with: the result or the error of the request, or what is wanted of the client.
type Outcome struct {
	Result json.RawMessage
	Err    error
	Wanted json.RawMessage // inputRequests; nil when the request is over
	Place  string          // where the request is parked
}

// Run makes a request and gives what its first round ends with. do gets a context that outlives ctx once the request is
// parked; until then the end of ctx ends it. hear takes its notifications while somebody is there.
func (l *Lot) Run(ctx context.Context, principal string, hear func(string, json.RawMessage), do func(context.Context, mcp.Peer) (json.RawMessage, error)) Outcome {
	running, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	v := &Visit{
		lot: l, principal: principal, cancel: cancel, hear: hear,
		done: make(chan struct{}), asked: make(chan struct{}, 1), open: map[string]*question{},
	}
	stop := context.AfterFunc(l.life, func() { cancel(context.Cause(l.life)) })
	l.work.Go(func() {
		defer stop()
		v.result, v.err = do(running, v)
		cancel(nil)
		close(v.done) // one that is parked keeps its place: whoever comes back gets what became of it
	})
	return v.attend(ctx)
}

// ErrGone is a parked request that is not there any more.
var ErrGone = errors.New("the parked request is gone")

// Resume goes on with a parked request. Answers that are missing are asked for again; unknown ones are ignored.
func (l *Lot) Resume(ctx context.Context, place string, answers json.RawMessage, hear func(string, json.RawMessage)) (Outcome, error) {
	l.mu.Lock()
	v := l.parked[place]
	l.mu.Unlock()
	if v == nil || !v.unpark() { // another retry was faster
		return Outcome{}, ErrGone
	}
	v.attach(hear)
	v.give(answers)
	if v.pending() { // answers were missing
		return v.park(), nil
	}
	return v.attend(ctx), nil
}

// attend waits for the end of a round.
func (v *Visit) attend(ctx context.Context) Outcome {
	select {
	case <-v.done:
		return v.over()
	case <-v.asked:
	case <-ctx.Done():
		v.cancel(context.Cause(ctx))
		<-v.done
		return v.over()
	}
	more := time.NewTimer(gather)
	defer more.Stop()
	for {
		select {
		case <-v.done:
			return v.over()
		case <-v.asked:
			more.Reset(gather)
		case <-more.C:
			if v.pending() {
				return v.park()
			}
			return v.attend(ctx) // it was taken back
		case <-ctx.Done():
			v.cancel(context.Cause(ctx))
			<-v.done
			return v.over()
		}
	}
}

func (v *Visit) over() Outcome { return Outcome{Result: v.result, Err: v.err} }

func (v *Visit) pending() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.open) > 0
}

// park leaves the request to itself until somebody comes back, or its time is over.
func (v *Visit) park() Outcome {
	l := v.lot
	l.mu.Lock()
	if len(l.parked) >= l.o.All || l.held[v.principal] >= l.o.PerPrincipal {
		l.mu.Unlock()
		v.cancel(errFull)
		<-v.done
		return Outcome{Err: fault.New(fault.Limited, "too many requests wait for input already; answer or give up some of them")}
	}
	v.id = rand.Text()
	l.parked[v.id] = v
	l.held[v.principal]++
	l.mu.Unlock()
	v.mu.Lock()
	defer v.mu.Unlock()
	v.hear = nil
	v.expires = time.AfterFunc(l.o.Patience, func() {
		v.cancel(fmt.Errorf("nobody answered within %s", l.o.Patience))
		v.unpark()
	})
	return Outcome{Wanted: v.wanted(), Place: v.id}
}

var errFull = errors.New("too many requests are parked")

// unpark takes the request out of the lot; false when it was not there.
func (v *Visit) unpark() bool {
	l := v.lot
	l.mu.Lock()
	defer l.mu.Unlock()
	if v.id == "" || l.parked[v.id] != v {
		return false
	}
	delete(l.parked, v.id)
	if l.held[v.principal]--; l.held[v.principal] <= 0 {
		delete(l.held, v.principal)
	}
	return true
}

// attach is somebody being there again; what was said meanwhile is heard first.
func (v *Visit) attach(hear func(string, json.RawMessage)) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.expires.Stop()
	for _, n := range v.notes {
		hear(n.method, n.params)
	}
	v.notes, v.hear = nil, hear
}

// give hands the answers to who asked.
func (v *Visit) give(answers json.RawMessage) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for key, q := range v.open {
		if answer, ok := mcp.Get(answers, key); ok && len(answer) > 0 && answer[0] == '{' {
			q.answer <- answer
			v.forget(key)
		}
	}
}

func (v *Visit) forget(key string) {
	delete(v.open, key)
	for i, k := range v.order {
		if k == key {
			v.order = append(v.order[:i:i], v.order[i+1:]...)
			return
		}
	}
}

// wanted are the open questions, in the order in which they came.
func (v *Visit) wanted() json.RawMessage {
	out := json.RawMessage{'{'}
	for i, key := range v.order {
		q := v.open[key]
		if i > 0 {
			out = append(out, ',')
		}
		out = append(append(out, mcp.Quote(key)...), `:{"method":`...)
		out = append(out, mcp.Quote(q.method)...)
		params := q.params
		if params == nil { // none is as good, but the official Go client does not read a question without them
			params = json.RawMessage(`{}`)
		}
		out = append(append(append(out, `,"params":`...), params...), '}')
	}
	return append(out, '}')
}

// Hear is mcp.Peer's.
func (v *Visit) Hear(method string, params json.RawMessage) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.hear != nil {
		v.hear(method, params)
		return
	}
	if len(v.notes) >= keptNotes {
		v.notes = v.notes[1:]
	}
	v.notes = append(v.notes, note{method, append(json.RawMessage(nil), params...)})
}

// Ask is mcp.Peer's: it waits for a client that comes back.
func (v *Visit) Ask(ctx context.Context, method string, params json.RawMessage) (json.RawMessage, error) {
	q := &question{method, append(json.RawMessage(nil), params...), make(chan json.RawMessage, 1)}
	v.mu.Lock()
	key := v.key(method, params)
	v.open[key] = q
	v.order = append(v.order, key)
	v.mu.Unlock()
	select {
	case v.asked <- struct{}{}:
	default: // it is known already
	}
	select {
	case answer := <-q.answer:
		return answer, nil
	case <-ctx.Done():
		v.mu.Lock()
		defer v.mu.Unlock()
		v.forget(key)
		return nil, context.Cause(ctx)
	}
}

// key names a question for the client, so that a person who reads it knows what it is about: user_NAME asks the user for
// the property NAME, model is for a completion, client_roots for the roots.
func (v *Visit) key(method string, params json.RawMessage) string {
	key := "input"
	switch method {
	case mcp.MethodElicit:
		key = "user_input"
		properties, _ := mcp.Get(params, "requestedSchema", "properties")
		names := []string{}
		_ = mcp.Each(properties, func(name string, _ json.RawMessage) error { // no object: no names
			names = append(names, name)
			return nil
		})
		if len(names) == 1 && len(names[0]) <= 64 {
			key = "user_" + names[0]
		}
	case mcp.MethodSample:
		key = "model"
	case mcp.MethodRoots:
		key = "client_roots"
	}
	v.last++
	if _, taken := v.open[key]; taken {
		key = fmt.Sprintf("%s_%d", key, v.last)
	}
	return key
}
