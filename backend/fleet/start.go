package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"hangar/backend/fault"
	"hangar/backend/launch"
	"hangar/backend/mcp"
	"hangar/backend/operation"
	"hangar/backend/provider"
	"hangar/backend/upstream"
)

var errStopped = errors.New("stopped while it was starting")

// attempt is one start: launch, handshake, lists. Its process, if any, is gone once gone is closed, unless the attempt
// succeeded.
type attempt struct {
	cancel    context.CancelCauseFunc
	gone      chan struct{}
	operation *operation.Tracker
	unwatch   func() // nobody can cancel the operation any more
}

func (a *actor) onStart(m start) {
	s := a.session.Load()
	switch {
	case a.retired:
		m.reply <- fault.New(fault.Conflict, "provider %q is being deleted", string(a.id))
	case a.leaving != nil:
		a.queued = append(a.queued, m)
	case s != nil && s.live():
		m.reply <- nil
	case s != nil: // dying: its end is on the way into the inbox
		a.queued = append(a.queued, m)
	case a.attempt != nil:
		a.starters = append(a.starters, m.reply)
	case !m.asked && time.Until(a.retryAt) > callPatience:
		m.reply <- a.notYet()
	case !m.asked && !a.retryAt.IsZero():
		a.starters = append(a.starters, m.reply) // onRetry begins, in a moment
	default:
		a.starters = append(a.starters, m.reply)
		a.begin(m.asked)
	}
}

func (s *session) live() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.shut
}

// begin starts an attempt. The definition is read anew: level-triggered.
func (a *actor) begin(asked bool) {
	a.disarmRetry()
	if asked {
		a.closeCircuit()
	}
	p, err := a.transition(provider.Change{Input: provider.Start, Reason: "start", Asked: asked})
	if err != nil {
		a.failStarters(err)
		return
	}
	a.spec = p.Spec
	ctx, cancel := context.WithCancelCause(a.life)
	t := &attempt{cancel: cancel, gone: make(chan struct{})}
	a.attempt = t
	a.report(t, p)
	a.f.work.Go(func() {
		defer cancel(nil)
		m := a.try(ctx, t, p)
		t.tell(m)
		if !a.post(m) && m.session != nil {
			a.discard(m.session)
		}
	})
}

func (a *actor) failStarters(err error) {
	answerAll(a.starters, err)
	a.starters = nil
}

// try runs beside the actor.
func (a *actor) try(ctx context.Context, t *attempt, p provider.Provider) started {
	ctx, cancel := context.WithTimeoutCause(ctx, a.f.StartTimeout, errTooSlow)
	defer cancel()
	begun := time.Now()
	out := started{attempt: t}
	release, err := a.f.coldSlot(ctx)
	if err != nil {
		close(t.gone)
		out.failure = a.explain(a.whyNotReady(ctx, nil, err), nil)
		return out
	}
	defer release()
	protocol, remembered := speak(p)
	out.remembered = remembered
	if !a.meet(ctx, t, p, protocol, &out) {
		return out
	}
	out.took = time.Since(begun)
	return out
}

// speak is how to speak to a provider, and since when that is remembered. Which era it is of is remembered because a
// question that it does not understand may cost seconds; that can be wrong, and is asked anew after a day. The start after
// a failed one does it the other way, for there are servers that die of the newest question.
func speak(p provider.Provider) (protocol string, remembered *time.Time) {
	if pin := p.Spec.Pin(); pin != provider.ProtocolAuto {
		return pin, nil
	}
	era, _ := mcp.EraOf(p.Meta.ProtocolVersion)
	known := p.Meta.ProbedFor == p.Spec.Identity() && p.Meta.ProbedAt != nil && time.Since(*p.Meta.ProbedAt) < probedFor &&
		p.Meta.ProtocolVersion != "" && era == mcp.Session && p.Meta.ProtocolVersion != oldest
	failed := p.Failures%2 == 1
	switch {
	case known && !failed:
		return provider.ProtocolSession, p.Meta.ProbedAt
	case failed && !known && p.Spec.Mode != provider.Remote:
		return provider.ProtocolSession, nil
	}
	return provider.ProtocolAuto, nil
}

const (
	probedFor = 24 * time.Hour
	oldest    = "2024-11-05" // may be the dialect with an event stream, which a pinned session leaves out
)

func (a *actor) options() upstream.Options {
	return upstream.Options{
		Name: "hangar", Version: a.f.Version, Log: a.f.Log.With("provider", a.id), Notify: a.hear,
		Capabilities: json.RawMessage(everyQuestion),
	}
}

// meet dials, introduces us and reads the lists; where that fails, out says why.
func (a *actor) meet(ctx context.Context, t *attempt, p provider.Provider, protocol string, out *started) bool {
	s := newSession(Link{})
	o := a.options()
	o.Protocol, o.Asked = protocol, func() { s.asks.Store(true) }
	link, err := a.f.Dial(ctx, p, o, a.ring(), t.operation.Status)
	if err != nil {
		close(t.gone)
		out.failure = a.explain(launchFailure(err), nil).because(err)
		return false
	}
	s.conn, s.wire = link.Conn, link.Wire
	t.operation.Status("handshake", "")
	out.hello, err = s.conn.Handshake(ctx)
	if err == nil {
		t.operation.Status("listing", "")
		out.catalogue, err = s.conn.Catalogue(ctx, out.hello)
	}
	if err == nil {
		a.introduce(s, p, out.hello)
		out.session = s
		return true
	}
	out.failure = a.explain(a.whyNotReady(ctx, s.wire, err), s.wire).because(err)
	s.conn.Close()
	a.f.work.Go(func() {
		defer close(t.gone)
		a.putDown(s.wire)
		s.conn.Wait()
	})
	return false
}

// introduce tells a session what was found out about its provider.
func (a *actor) introduce(s *session, p provider.Provider, h upstream.Hello) {
	s.hello, s.remote = h, p.Spec.Mode == provider.Remote
	s.bothEras = h.BothEras() && p.Spec.Pin() == provider.ProtocolAuto
	limit := maxSiblingPipes
	if s.remote {
		limit = maxSiblings
	}
	s.siblings = &siblings{
		dial: a.dialSibling(p, s), limit: limit, all: map[string]*sibling{},
		spawn: func(f func()) { a.f.work.Go(f) }, down: a.putDown,
	}
}

var errTooSlow = errors.New("not ready in time")

// putDown stops a wire with patience, whatever became of the actor; the end of the whole fleet ends the patience.
func (a *actor) putDown(wire Wire) {
	ctx, cancel := context.WithTimeout(a.f.life, 10*time.Second)
	defer cancel()
	wire.Stop(ctx)
}

func launchFailure(err error) *provider.LastError {
	last := &provider.LastError{Type: "ProviderStartError", Message: err.Error()}
	var se *launch.StartError
	var known *fault.Error
	switch {
	case errors.As(err, &se):
		last.Message = se.Error()
	case errors.As(err, &known):
		last.Type, last.Message = known.Type, known.Message
	}
	return last
}

// whyNotReady words a failed handshake; a process that ended tells more than the broken pipe that it left.
func (a *actor) whyNotReady(ctx context.Context, wire Wire, err error) *provider.LastError {
	last := &provider.LastError{Type: "ProviderStartError"}
	var answered *mcp.Error
	var known *fault.Error
	switch {
	case errors.Is(context.Cause(ctx), errTooSlow):
		last.Type = "StartTimeoutError"
		last.Message = fmt.Sprintf("provider %q was not ready within %s: %s", a.id, a.f.StartTimeout, stageOf(err))
	case errors.Is(context.Cause(ctx), errStopped), a.life.Err() != nil:
		last.Message = fmt.Sprintf("provider %q was %s", a.id, errStopped)
	case errors.As(err, &answered):
		last.Message = fmt.Sprintf("provider %q refused the handshake: %s", a.id, answered)
	case errors.As(err, &known):
		last.Type, last.Message = known.Type, fmt.Sprintf("provider %q: %s", a.id, known.Message)
	case errors.Is(err, upstream.ErrClosed):
		if !endsWithin(wire, exitGrace) {
			last.Message = fmt.Sprintf("provider %q closed its output before it was ready, but kept running", a.id)
			break
		}
		last.Message = fmt.Sprintf("provider %q %s before it was ready", a.id, wire.Exit())
	default:
		last.Message = fmt.Sprintf("provider %q: %s", a.id, err)
	}
	return last
}

// stageOf says how far a start came, from the wrapping of its error.
func stageOf(err error) string {
	var wrapped interface{ Unwrap() error }
	if errors.As(err, &wrapped) {
		if inner := errors.Unwrap(err); inner != nil {
			full, tail := err.Error(), ": "+inner.Error()
			if len(full) > len(tail) && full[len(full)-len(tail):] == tail {
				return "it did not answer " + full[:len(full)-len(tail)]
			}
		}
	}
	return err.Error()
}

// exitGrace is how long a closed pipe waits for the exit that most often follows.
const exitGrace = 500 * time.Millisecond

func endsWithin(wire Wire, d time.Duration) bool {
	patience := time.NewTimer(d)
	defer patience.Stop()
	select {
	case <-wire.Done():
		return true
	case <-patience.C:
		return false
	}
}

// stderrLines is how many of the last lines go on the record of a failure.
const stderrLines = 20

// explain completes a failure: exit, last stderr lines, and the error for callers.
func (a *actor) explain(last *provider.LastError, wire Wire) *failure {
	last.At = time.Now().UTC()
	last.Stderr = []string{}
	lines, _ := a.ring().Tail(0, stderrLines)
	for _, l := range lines {
		last.Stderr = append(last.Stderr, l.Text)
	}
	if wire != nil {
		select {
		case <-wire.Done():
			if exit := wire.Exit(); exit.Err == nil {
				last.ExitCode, last.Signal = &exit.Code, exit.Signal
			}
		default:
		}
	}
	f := fault.New(fault.Unavailable, "%s", last.Message).
		With("provider_id", string(a.id)).With("reason", last.Type).With("stderr", last.Stderr)
	if last.ExitCode != nil {
		f = f.With("exit_code", *last.ExitCode).With("signal", last.Signal)
	}
	return &failure{last: last, fault: f}
}

func (a *actor) onStarted(m started) {
	if m.attempt != a.attempt { // it was stopped meanwhile; a session that came all the same is not wanted
		if m.session != nil {
			a.f.work.Go(func() {
				defer close(m.attempt.gone)
				a.discard(m.session)
			})
		}
		return
	}
	a.attempt = nil
	if m.failure != nil {
		a.startFailed(m.failure)
		return
	}
	a.publish(m)
}

// discard ends a session that nobody has seen.
func (a *actor) discard(s *session) {
	s.finish(fault.New(fault.Unavailable, "%s", errStopped))
	a.putDown(s.wire)
}

func (a *actor) startFailed(why *failure) {
	waits := why.last.Type == provider.NeedsSignIn
	input := provider.StartFailed
	if p, err := a.f.Providers.Get(a.life, a.id); err == nil && !waits && p.Failures+1 >= a.spec.FailureThreshold() {
		input = provider.GaveUp
	}
	a.record(provider.Change{Input: input, Reason: why.last.Message, Err: why.last, Waits: waits})
	a.failStarters(why.fault)
}

// probed is when it was found out which era the provider is of: now, unless that was remembered.
func (m started) probed(now time.Time) *time.Time {
	if m.remembered != nil {
		return m.remembered
	}
	return &now
}

func (a *actor) publish(m started) {
	now := time.Now().UTC()
	_, err := a.transition(provider.Change{Input: provider.Up, Reason: "ready", Tools: m.catalogue, Meta: &provider.Meta{
		ProtocolVersion: m.hello.ProtocolVersion, ServerInfo: m.hello.ServerInfo, Capabilities: m.hello.Capabilities,
		Instructions: m.hello.Instructions, StartedAt: &now, StartupDurationMS: m.took.Milliseconds(),
		SupportedVersions: m.hello.SupportedVersions, ProbedAt: m.probed(now), ProbedFor: a.spec.Identity(),
	}})
	if err != nil { // what is not on the record does not run
		m.session.finish(fault.From(err))
		a.f.work.Go(func() { a.putDown(m.session.wire) })
		a.record(provider.Change{Input: provider.StartFailed, Reason: "the store did not take it"})
		a.failStarters(err)
		return
	}
	m.session.offers(m.catalogue)
	m.session.limit.Store(int64(a.spec.MaxConcurrency))
	a.session.Store(m.session)
	a.f.work.Go(func() { a.watch(m.session) })
	a.rewatch(m.session)
	a.arm()
	a.settle.Reset(provider.GoodAfter)
	a.failStarters(nil)
}

// watch runs beside the actor until a session ends, and words its death when it was not we who ended it.
func (a *actor) watch(s *session) {
	select {
	case <-s.over:
		return
	case <-s.conn.Done():
	case <-s.wire.Done():
	}
	noticed := time.Now()
	last := &provider.LastError{Type: "ProviderDiedError"}
	if endsWithin(s.wire, exitGrace) {
		last.Message = fmt.Sprintf("provider %q %s", a.id, s.wire.Exit())
	} else {
		last.Message = fmt.Sprintf("provider %q kept running, but %s", a.id, s.conn.Err())
	}
	a.post(broke{session: s, why: a.explain(last, s.wire), noticed: noticed})
}

func (a *actor) onBroke(m broke) {
	if a.session.Load() != m.session {
		return // it was being stopped: that is how a stop looks from here
	}
	a.lose(m.session, provider.Change{Input: provider.Died, Reason: m.why.last.Message, Err: m.why.last}, m.why.fault, m.noticed)
}

// recordPatience is how long callers wait, from the death on, for it to be on record before they are told of it: on a disk
// that is not overworked, whoever was told finds it there.
const recordPatience = 25 * time.Millisecond

// lose ends a session that failed: record, tell the callers why, leave nothing behind, go on with who waits.
func (a *actor) lose(s *session, c provider.Change, why *fault.Error, noticed time.Time) {
	a.session.Store(nil)
	a.disarm()
	late := time.AfterFunc(time.Until(noticed.Add(recordPatience)), func() { s.finish(why) })
	a.record(c)
	if late.Stop() {
		s.finish(why)
	}
	a.f.work.Go(func() { a.putDown(s.wire) })
	a.resume()
}

// resume takes up the starts that waited for something to end.
func (a *actor) resume() {
	queued := a.queued
	a.queued = nil
	for _, m := range queued {
		a.onStart(m)
	}
}
