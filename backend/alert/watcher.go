package alert

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"hangar/backend/event"
	"hangar/backend/eventlog"
	"hangar/backend/provider"
)

const (
	lookEvery = 5 * time.Second
	lookAgain = time.Second      // after an event, at most so often
	lately    = 10 * time.Minute // for what was lost
)

// Sources are what a picture is made of.
type Sources struct {
	// Fleet fills in what the rules look at, but for Lost and Dropped.
	Fleet func(context.Context) (Picture, error)
	// Counts are how many records and frames were ever lost.
	Counts func() (lost, dropped int64)
	Limits func() Limits
}

// Watcher looks at the fleet again and again.
type Watcher struct {
	alerts  *Service
	events  *eventlog.Log
	sources Sources
	log     *slog.Logger
	tail    *eventlog.Tail
	losses  []loss // of Run's goroutine
}

type loss struct {
	at            time.Time
	lost, dropped int64
}

// NewWatcher makes it; what is appended from now on wakes it, once Run runs.
func NewWatcher(alerts *Service, events *eventlog.Log, sources Sources, log *slog.Logger) *Watcher {
	return &Watcher{alerts: alerts, events: events, sources: sources, log: log, tail: events.Tail(events.Head())}
}

// Run looks until ctx ends. Run it once.
func (w *Watcher) Run(ctx context.Context) error {
	ctx = event.WithActor(ctx, event.System("alerts"))
	life, end := context.WithCancel(ctx)
	woken, ended := make(chan struct{}, 1), make(chan struct{})
	go func() {
		defer close(ended)
		w.follow(life, woken)
	}()
	defer func() { end(); <-ended }()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	failing := false
	for {
		err := w.Look(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && !failing:
			w.log.Error("the alerts cannot be settled; trying again", "error", err)
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-woken:
			if !pause(ctx, lookAgain) { // others come with it
				return nil
			}
		}
	}
}

// Look judges once.
func (w *Watcher) Look(ctx context.Context) error {
	p, err := w.sources.Fleet(ctx)
	if err != nil {
		return fmt.Errorf("look at the fleet: %w", err)
	}
	p.Lost, p.Dropped = w.lately(time.Now())
	return w.alerts.Settle(ctx, Judge(p, w.sources.Limits()))
}

// lately is how much was lost in the last minutes of this run.
func (w *Watcher) lately(now time.Time) (lost, dropped int64) {
	n := loss{at: now}
	n.lost, n.dropped = w.sources.Counts()
	w.losses = append(w.losses, n)
	for len(w.losses) > 1 && now.Sub(w.losses[1].at) >= lately {
		w.losses = w.losses[1:]
	}
	return n.lost - w.losses[0].lost, n.dropped - w.losses[0].dropped
}

// follow wakes the judge when something changed, and tells of moments.
func (w *Watcher) follow(ctx context.Context, woken chan<- struct{}) {
	for {
		batch, err := w.tail.Next(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, eventlog.ErrTruncated):
			w.tail = w.events.Tail(w.events.Head())
		case err != nil:
			w.log.Error("read the event log for alerts", "error", err)
			if !pause(ctx, time.Second) {
				return
			}
		}
		for _, e := range batch {
			if e.Kind == provider.KindToolsChanged {
				w.drift(ctx, e)
			}
			if changes(e.Kind) {
				select {
				case woken <- struct{}{}:
				default:
				}
			}
		}
	}
}

// changes says whether an event can make a condition or end one.
func changes(kind string) bool {
	switch kind {
	case provider.KindCallCompleted, provider.KindCallFailed, provider.KindHealthPassed:
		return false
	}
	return strings.HasPrefix(kind, "Provider") || strings.HasPrefix(kind, "Group") || kind == provider.KindCircuit
}

// drift tells of tools that are not what they were. The first list of a provider, and what is added to it, is none.
func (w *Watcher) drift(ctx context.Context, e event.Envelope) {
	var f struct {
		ID      provider.ID `json:"provider_id"`
		Removed []string    `json:"removed"`
		Changed []string    `json:"changed"`
	}
	if err := json.Unmarshal(e.Data, &f); err != nil {
		w.log.Error("an event cannot be read for alerts", "kind", e.Kind, "position", e.Position, "error", err)
		return
	}
	if len(f.Removed)+len(f.Changed) == 0 {
		return
	}
	err := w.alerts.Moment(ctx, Condition{
		Drift, f.ID.Stream(), Warning,
		fmt.Sprintf("the tools of provider %s are not what they were: %d changed, %d gone", f.ID, len(f.Changed), len(f.Removed)),
		provider.KindToolsChanged, map[string]any{"changed": f.Changed, "removed": f.Removed}, false,
	})
	if err != nil && ctx.Err() == nil {
		w.log.Error("drift could not be told", "provider", f.ID, "error", err)
	}
}

func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
