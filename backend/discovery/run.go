package discovery

import (
	"context"
	"io"
	"math/rand/v2"
	"reflect"
	"sync"
	"time"

	"hangar/backend/event"
	"hangar/backend/fault"
)

const (
	gather             = 200 * time.Millisecond // what is reported within belongs to one look
	firstBack, maxBack = time.Second, 30 * time.Second
)

// Run looks at every enabled source until ctx ends: at once, whenever the source reports a change, and at intervals.
func (s *Service) Run(ctx context.Context) error {
	ctx, stop := context.WithCancel(event.WithActor(ctx, event.System("discovery")))
	var work sync.WaitGroup
	defer work.Wait()
	defer stop()
	work.Go(func() { s.restarts(ctx) })
	again := time.NewTimer(0)
	defer again.Stop()
	for {
		select {
		case <-s.kick:
		case <-again.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if err := s.adjust(ctx, &work); err != nil && ctx.Err() == nil {
			s.o.Log.Error("the discovery sources could not be read", "error", err)
			again.Reset(busyWait)
		}
	}
}

// adjust starts and ends workers until they are those of the enabled sources as they are now.
func (s *Service) adjust(ctx context.Context, work *sync.WaitGroup) error {
	sources, err := s.Sources(ctx)
	if err != nil {
		return err
	}
	wanted := map[SourceID]Source{}
	for _, src := range sources {
		if src.Enabled {
			wanted[src.ID] = src
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, w := range s.workers {
		if src, ok := wanted[id]; !ok || !w.fits(src) {
			w.stop()
			delete(s.workers, id)
		}
	}
	for id, src := range wanted {
		if s.workers[id] == nil {
			w := newWorker(ctx, s, src)
			s.workers[id] = w
			work.Go(w.run)
		}
	}
	return nil
}

// lookAgain has every source looked at soon. It may be called by the store's writer.
func (s *Service) lookAgain() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range s.workers {
		w.poke()
	}
}

// Scan looks at a source now and tells what was found. It is shown as an operation.
func (s *Service) Scan(ctx context.Context, id SourceID) (r Report, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	shown := s.o.Operations.Track(ctx, "discovery_scan", struct {
		SourceID SourceID `json:"source_id"`
	}{id}, cancel)
	defer func() { shown.End(r.summary(), err) }()
	return s.scan(ctx, id)
}

// scan asks the worker of the source. Requests that come while a look is under way share the next one.
func (s *Service) scan(ctx context.Context, id SourceID) (Report, error) {
	src, err := loadSource(ctx, s.o.DB.Read(), id)
	if err != nil {
		return Report{}, err
	}
	if !src.Enabled {
		return Report{}, fault.New(fault.Conflict, "source %q is disabled; enable it first", string(id)).With("source_id", string(id))
	}
	for {
		s.mu.Lock()
		w := s.workers[id]
		s.mu.Unlock()
		if w != nil {
			r, err, ended := w.ask(ctx)
			if !ended {
				return r, err
			}
		}
		// A moment ago it was added, or changed: Run is about to take it up.
		s.nudge()
		select {
		case <-time.After(gather / 10):
		case <-ctx.Done():
			return Report{}, context.Cause(ctx)
		}
		if _, err := loadSource(ctx, s.o.DB.Read(), id); err != nil {
			return Report{}, err
		}
	}
}

// worker looks at one source.
type worker struct {
	s    *Service
	src  Source
	ctx  context.Context
	stop context.CancelFunc
	wake chan struct{}
	asks chan chan answer
	took time.Duration // the last look
}

type answer struct {
	report Report
	err    error
}

func newWorker(ctx context.Context, s *Service, src Source) *worker {
	ctx, stop := context.WithCancel(ctx)
	return &worker{s: s, src: src, ctx: ctx, stop: stop, wake: make(chan struct{}, 1), asks: make(chan chan answer)}
}

// fits reports whether the worker looks as the source now says.
func (w *worker) fits(src Source) bool {
	return w.src.Type == src.Type && w.src.Mode == src.Mode && reflect.DeepEqual(w.src.Config, src.Config)
}

// poke asks for a look soon; it never blocks.
func (w *worker) poke() {
	select {
	case w.wake <- struct{}{}:
	default: // asked for already
	}
}

func (w *worker) ask(ctx context.Context) (r Report, err error, ended bool) {
	reply := make(chan answer, 1)
	select {
	case w.asks <- reply:
	case <-w.ctx.Done():
		return r, nil, true
	case <-ctx.Done():
		return r, context.Cause(ctx), false
	}
	select {
	case a := <-reply:
		return a.report, a.err, false
	case <-w.ctx.Done():
		return r, nil, true
	case <-ctx.Done():
		return r, context.Cause(ctx), false
	}
}

// run is the worker's one goroutine, beside the one that watches.
func (w *worker) run() {
	defer w.stop()
	f, err := kinds()[w.src.Type].open(w.src.Config, w.s.means)
	if err != nil {
		w.refuse(err)
		return
	}
	var watching sync.WaitGroup
	watching.Go(func() { w.watch(f) })
	defer func() {
		w.stop()
		watching.Wait()
		if c, ok := f.(io.Closer); ok {
			_ = c.Close() // only idle connections are left
		}
	}()
	w.loop(f)
}

// refuse answers for a source that cannot even be opened; a change of it makes another worker.
func (w *worker) refuse(err error) {
	for {
		told := w.s.unhealthy(w.ctx, w.src, err)
		select {
		case reply := <-w.asks:
			reply <- answer{err: told}
		case <-w.ctx.Done():
			return
		}
	}
}

func (w *worker) loop(f finder) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	back := firstBack
	for {
		var waiting []chan answer
		loud := true
		select {
		case reply := <-w.asks:
			waiting = append(waiting, reply)
		case <-w.wake:
			loud = false
			waiting = w.settle()
		case <-timer.C:
		case <-w.ctx.Done():
			return
		}
		waiting = append(waiting, w.drain()...)
		report, err := w.s.cycle(w.ctx, w.src, f, loud || len(waiting) > 0)
		w.took = report.Took
		for _, reply := range waiting {
			reply <- answer{report, err}
		}
		if report.contested {
			w.s.lookAgain()
		}
		next := report.next
		if err != nil {
			next, back = jittered(back), min(2*back, maxBack)
			w.tell(err)
		} else {
			back = firstBack
		}
		timer.Reset(next)
	}
}

func (w *worker) tell(err error) {
	if w.ctx.Err() == nil && !fault.Is(err, fault.Unavailable) && !fault.Is(err, fault.Missing) {
		w.s.o.Log.Error("a cycle of discovery failed", "source", w.src.ID, "error", err)
	}
}

// settle lets reports gather, unless a person asks meanwhile: longer where a look takes long, so that a busy source does not
// keep us looking all the time.
func (w *worker) settle() []chan answer {
	timer := time.NewTimer(min(max(gather, 4*w.took), busyWait))
	defer timer.Stop()
	select {
	case reply := <-w.asks:
		return []chan answer{reply}
	case <-timer.C:
	case <-w.ctx.Done():
	}
	return nil
}

// drain takes what has been asked for meanwhile: one look answers all.
func (w *worker) drain() (waiting []chan answer) {
	select {
	case <-w.wake:
	default:
	}
	for {
		select {
		case reply := <-w.asks:
			waiting = append(waiting, reply)
		default:
			return waiting
		}
	}
}

// watch watches, and begins anew when it is lost: later and later, while it is lost at once.
func (w *worker) watch(f finder) {
	back := firstBack
	for {
		begun := time.Now()
		err := f.Watch(w.ctx, w.poke)
		if w.ctx.Err() != nil {
			return
		}
		if time.Since(begun) > maxBack {
			back = firstBack
		}
		w.s.o.Log.Debug("a discovery source cannot be watched; it is looked at in intervals meanwhile", "source", w.src.ID, "error", err)
		select {
		case <-time.After(jittered(back)):
		case <-w.ctx.Done():
			return
		}
		back = min(2*back, maxBack)
		w.poke() // what happened in between
	}
}

// jittered is up to a fifth less, so that what failed together does not come back together.
func jittered(d time.Duration) time.Duration { return d - time.Duration(rand.Int64N(int64(d)/5+1)) }
