package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"hangar/backend/event"
	"hangar/backend/eventlog"
	"hangar/backend/fault"
	"hangar/backend/store"
)

// Options are what a Service works with; all but Spec are required.
type Options struct {
	DB     *store.DB
	Events *eventlog.Log
	Spec   Spec
	Work   func(stream string) (w Work, known bool) // what an operation is about; nil: nothing is known of any
	Log    *slog.Logger
}

// Service is the one door to principals, roles, keys, policies and sessions, and what answers questions about them.
// Each verb is one transaction of rows and events; when it returns, what it changed holds here.
type Service struct {
	db      *store.DB
	events  *eventlog.Log
	spec    Spec
	log     *slog.Logger
	workOf  func(stream string) (Work, bool)
	snap    atomic.Pointer[Snapshot]
	keys    *keyring
	session *keyring
	tickets *tickets
	changed []func()
	atOnce  []func()

	// The picture may be older than what is committed, because it could not be read: until it is, nothing is allowed.
	stale atomic.Bool

	mu   sync.Mutex // who brings the picture up to date
	tail *eventlog.Tail
}

// New reads the whole picture; from then on it follows what this process changes, and, while Run runs, what others do.
func New(ctx context.Context, o Options) (*Service, error) {
	s := &Service{
		db: o.DB, events: o.Events, spec: o.Spec.WithDefaults(), log: o.Log, workOf: o.Work,
		keys: newKeyring(), session: newKeyring(), tickets: newTickets(),
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.load(ctx); err != nil {
		return nil, fmt.Errorf("read who may do what: %w", err)
	}
	return s, nil
}

// Snapshot is the picture as of now.
func (s *Service) Snapshot() *Snapshot { return s.snap.Load() }

// Rights is what the caller of the context may do; without one, nothing.
func (s *Service) Rights(ctx context.Context) *Rights {
	c, ok := CallerFrom(ctx)
	if !ok {
		return newRights("", unknown, nil, nil)
	}
	return s.Snapshot().Rights(c.Principal)
}

// Permit refuses the call of a tool with a ToolAccessDeniedError. It is asked for every call, whichever way it came.
func (s *Service) Permit(ctx context.Context, provider, tool string) error {
	if s.stale.Load() {
		return cannotTell()
	}
	d := s.Rights(ctx).Tool(ToolsInvoke, provider, tool)
	if d.Allowed {
		return nil
	}
	return fault.Named(fault.Denied, "ToolAccessDeniedError", "tool %q of provider %q is not available to you: %s", clip(tool), clip(provider), d.Reason()).
		With("provider_id", provider).With("tool_name", tool)
}

// OnChange has fn called, by Run, when principals, roles, policies or credentials have changed, and every few seconds,
// since credentials also expire. Call it before Run.
func (s *Service) OnChange(fn func()) { s.changed = append(s.changed, fn) }

// AtOnce is OnChange, and has fn called before a verb that changed something answers too. A request that takes its own caller's
// rights away must not be ended by fn.
func (s *Service) AtOnce(fn func()) { s.atOnce = append(s.atOnce, fn) }

// load reads everything anew. Called with mu held.
func (s *Service) load(ctx context.Context) error {
	return s.db.View(ctx, func(ctx context.Context, q store.Querier) error {
		position, err := s.events.HeadIn(ctx, q)
		if err != nil {
			return err
		}
		who, err := principals(ctx, q, "")
		if err != nil {
			return err
		}
		custom, err := roles(ctx, q)
		if err != nil {
			return err
		}
		rules, err := policies(ctx, q)
		if err != nil {
			return err
		}
		keys, sessions := newKeyring(), newKeyring()
		if err := loadCredentials(ctx, q, keys, sessions); err != nil {
			return err
		}
		s.keys.replace(keys)
		s.session.replace(sessions)
		s.snap.Store(NewSnapshot(who, custom, rules))
		s.tail = s.events.Tail(position)
		s.stale.Store(false)
		return nil
	})
}

func loadCredentials(ctx context.Context, q store.Querier, keys, sessions *keyring) error {
	var keyRows []keyRow
	if err := q.Select(ctx, &keyRows, selectKeys+` ORDER BY revoked_at`); err != nil {
		return err
	}
	for _, r := range keyRows {
		keys.put(r.held())
	}
	var sessionRows []sessionRow
	if err := q.Select(ctx, &sessionRows, selectSessions); err != nil {
		return err
	}
	for _, r := range sessionRows {
		sessions.put(r.held())
	}
	return nil
}

// write runs a verb's transaction and brings the picture up to date with it.
func (s *Service) write(ctx context.Context, what string, fn func(context.Context, *store.Tx) error) error {
	if err := s.db.Write(ctx, fn); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	// What is committed is to hold, whether somebody waits or not. It is stored, so it is no failure either when it cannot be
	// read back: until Run has done that, nobody is let in.
	if err := s.sync(context.WithoutCancel(ctx)); err != nil {
		s.log.Error("access rules could not be brought up to date; nobody is let in until they are", "after", what, "error", err)
	}
	tell(s.atOnce)
	return nil
}

var errMissed = errors.New("events were taken from the log, and what they touched could not be read")

// sync brings the picture up to the head of the log.
func (s *Service) sync(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := errMissed
	if !s.stale.Load() {
		err = s.catchUp(ctx)
	}
	if err != nil { // it may be ErrTruncated; then, as after what was missed, there is only this way
		err = s.load(ctx)
	}
	s.stale.Store(err != nil)
	if err != nil {
		return fmt.Errorf("read who may do what: %w", err)
	}
	return nil
}

func (s *Service) catchUp(ctx context.Context) error {
	for head := s.events.Head(); s.tail.Cursor() < head; {
		batch, err := s.tail.Next(ctx)
		if err != nil {
			return err
		}
		if err := s.take(ctx, batch); err != nil {
			return err
		}
	}
	return nil
}

// take reads what a batch of events touched. Nearly all events are others' and touch nothing.
func (s *Service) take(ctx context.Context, batch []event.Envelope) error {
	touched := map[string]bool{}
	for _, e := range batch {
		if strings.HasPrefix(e.Stream, "auth:") {
			touched[e.Stream] = true
		}
	}
	if len(touched) == 0 {
		return nil
	}
	return s.db.View(ctx, func(ctx context.Context, q store.Querier) error { return s.reread(ctx, q, touched) })
}

func (s *Service) reread(ctx context.Context, q store.Querier, touched map[string]bool) error {
	who, custom := map[string]*Principal{}, map[string]*Role{}
	narrowed := false
	for stream := range touched {
		var err error
		if id, ok := strings.CutPrefix(stream, streamPrincipal); ok {
			err = s.rereadPrincipal(ctx, q, id, who)
		} else if name, ok := strings.CutPrefix(stream, streamRole); ok {
			custom[name], err = orNil(role(ctx, q, name))
		} else if id, ok := strings.CutPrefix(stream, streamKey); ok {
			err = reread(s.keys, id, func() (*held, error) { r, err := key(ctx, q, id); return r.held(), err })
		} else if id, ok := strings.CutPrefix(stream, streamSession); ok {
			err = reread(s.session, id, func() (*held, error) { r, err := session(ctx, q, id); return r.held(), err })
		} else if strings.HasPrefix(stream, streamPolicy) {
			narrowed = true
		}
		if err != nil {
			return err
		}
	}
	next := s.snap.Load()
	if len(who) > 0 || len(custom) > 0 {
		next = next.with(who, custom)
	}
	if narrowed {
		rules, err := policies(ctx, q)
		if err != nil {
			return err
		}
		next = next.withPolicies(rules)
	}
	s.snap.Store(next)
	return nil
}

// rereadPrincipal also forgets the credentials of one that is gone: their rows went with it.
func (s *Service) rereadPrincipal(ctx context.Context, q store.Querier, id string, who map[string]*Principal) error {
	p, err := orNil(principal(ctx, q, id))
	if err != nil {
		return err
	}
	who[id] = p
	if p != nil {
		return nil
	}
	for _, ring := range []*keyring{s.keys, s.session} {
		for _, h := range ring.all() {
			if h.principal == id {
				ring.remove(h.id)
			}
		}
	}
	return nil
}

func reread(ring *keyring, id string, read func() (*held, error)) error {
	h, err := read()
	switch {
	case fault.Is(err, fault.Missing):
		ring.remove(id)
		return nil
	case err == nil:
		ring.put(h)
	}
	return err
}

// orNil makes nil of what is not there.
func orNil[T any](v T, err error) (*T, error) {
	if fault.Is(err, fault.Missing) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &v, nil
}

const (
	rest   = time.Second      // after the picture could not be read
	glance = 5 * time.Second  // between looks at what has expired
	note   = 30 * time.Second // between writing down what was used
)

// Run follows the log and looks after the credentials until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	var upkeep sync.WaitGroup
	upkeep.Go(func() { s.upkeep(ctx) })
	defer upkeep.Wait()
	tail := s.events.Tail(s.events.Head())
	s.catchUpOrTellSo(ctx)
	for {
		batch, err := tail.Next(ctx)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.Is(err, eventlog.ErrTruncated):
			tail = s.events.Tail(s.events.Head())
			s.catchUpOrTellSo(ctx)
		case err != nil:
			s.log.Error("the log cannot be read for changes of access", "error", err)
			pause(ctx, rest)
		case concerns(batch):
			s.catchUpOrTellSo(ctx)
		}
	}
}

func concerns(batch []event.Envelope) bool {
	for _, e := range batch {
		if strings.HasPrefix(e.Stream, "auth:") {
			return true
		}
	}
	return false
}

// catchUpOrTellSo tries until it succeeds: while it does not, nobody gets in.
func (s *Service) catchUpOrTellSo(ctx context.Context) {
	for {
		err := s.sync(ctx)
		if err == nil {
			break
		}
		if ctx.Err() != nil {
			return
		}
		s.log.Error("access rules could not be brought up to date; nobody is let in until they are", "error", err)
		pause(ctx, rest)
	}
	s.tell()
}

func (s *Service) tell() {
	tell(s.atOnce)
	tell(s.changed)
}

func tell(all []func()) {
	for _, fn := range all {
		fn()
	}
}

// upkeep tells of what has expired, and writes down what was used, until ctx ends.
func (s *Service) upkeep(ctx context.Context) {
	look, write := time.NewTicker(glance), time.NewTicker(note)
	defer look.Stop()
	defer write.Stop()
	ctx = event.WithActor(ctx, event.System("auth"))
	for {
		var err error
		select {
		case <-look.C:
			s.tickets.sweep(time.Now())
			s.tell()
			continue
		case <-write.C:
			err = s.settle(ctx)
		case <-ctx.Done():
			err = s.settle(context.WithoutCancel(ctx))
		}
		if err != nil {
			s.log.Warn("when credentials were used last could not be written down", "error", err)
		}
		if ctx.Err() != nil {
			return
		}
	}
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
