package eventlog

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"hangar/backend/event"
	"hangar/backend/fault"
	"hangar/backend/store"
)

const (
	recordQueue = 4096
	recordBatch = 1024 // events per transaction
	// How long a record may wait for others after a batch: so long for each record in it, up to gatherTime, and
	// gatherManyTime if there were many. A commit costs the same for one record as for hundreds; where few come
	// (fewer than 500 a second), that they are seen soon matters more.
	gatherEachTime = 2 * time.Millisecond
	gatherTime     = 10 * time.Millisecond
	gatherManyTime = 50 * time.Millisecond
	manyRecords    = 32
	// How long a full queue may hold up the goroutine of a call that is over.
	recordPatience = 5 * time.Second
)

// ErrStopped says that the recorder has ended.
var ErrStopped = fault.Named(fault.Unavailable, "RecorderStoppedError", "Hangar is shutting down and records no more")

var errFullQueue = fault.Named(fault.Unavailable, "RecorderBusyError", "the records of calls cannot be written as fast as they come")

// entry is a draft to write, or a flush to answer.
type entry struct {
	draft   draft
	flushed chan struct{}
}

type recorder struct {
	queue    chan entry
	hurry    chan struct{} // a batch is full, or somebody waits for a flush: do not gather
	closing  chan struct{} // closed when Run ends: senders that wait give up
	done     chan struct{} // closed when Run has written what was queued
	gate     sync.RWMutex  // held for reading while sending, so that Run knows when no sender is left
	shut     bool          // guarded by gate
	hooks    []func(context.Context, *store.Tx, []event.Envelope) error
	entries  []entry // of Run: the batch at hand, its memory used again
	drafts   []draft // likewise
	packing  packer  // of the store's writer
	lost     atomic.Int64
	refused  atomic.Int64
	retryMin time.Duration
	retryMax time.Duration
}

func newRecorder() *recorder {
	return &recorder{
		queue: make(chan entry, recordQueue), hurry: make(chan struct{}, 1), closing: make(chan struct{}), done: make(chan struct{}),
		retryMin: 50 * time.Millisecond, retryMax: 2 * time.Second,
	}
}

// RecordStats counts what Record could not do.
type RecordStats struct {
	Queued  int   // waiting now
	Refused int64 // the caller's context ended while the queue was full
	Lost    int64 // queued, but could not be written
}

// RecordStats is for metrics.
func (l *Log) RecordStats() RecordStats {
	return RecordStats{Queued: len(l.rec.queue), Refused: l.rec.refused.Load(), Lost: l.rec.lost.Load()}
}

// OnRecord adds a function that runs in the transaction of each batch of Record, after its events are appended. Its
// error takes the batch back. Call it before Run.
func (l *Log) OnRecord(fn func(ctx context.Context, tx *store.Tx, batch []event.Envelope) error) {
	l.rec.hooks = append(l.rec.hooks, fn)
}

// Record queues an event for the next batch, with the actor of ctx and the time of now. It blocks while the queue is
// full, bounded by ctx and a few seconds, and returns before the event is on the disk (Flush waits for that).
func (l *Log) Record(ctx context.Context, p event.Payload) error {
	d, err := newBare(ctx, p)
	if err != nil {
		return err
	}
	d.at = store.Micros(time.Now())
	return l.rec.send(ctx, entry{draft: d})
}

// RecordNow writes an event as Record does, and returns when it is on the disk, or with the reason why not. Those that come at the same
// time share a commit; it does not wait for others.
func (l *Log) RecordNow(ctx context.Context, p event.Payload) error {
	d, err := newBare(ctx, p)
	if err != nil {
		return err
	}
	d.at = store.Micros(time.Now())
	drafts := []draft{d}
	encode(drafts)
	return l.write(ctx, drafts)
}

// Flush returns when everything that was recorded before is committed, or known to be lost.
func (l *Log) Flush(ctx context.Context) error {
	flushed := make(chan struct{})
	err := l.rec.send(ctx, entry{flushed: flushed})
	l.rec.urge()
	if errors.Is(err, ErrStopped) {
		flushed = l.rec.done // Run writes what is queued before it returns
	} else if err != nil {
		return err
	}
	select {
	case <-flushed:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (r *recorder) send(ctx context.Context, e entry) error {
	r.gate.RLock()
	defer r.gate.RUnlock()
	if r.shut {
		return ErrStopped
	}
	select {
	case r.queue <- e:
		if len(r.queue) == recordBatch {
			r.urge()
		}
		return nil
	default:
	}
	patience := time.NewTimer(recordPatience)
	defer patience.Stop()
	select {
	case r.queue <- e:
		return nil
	case <-ctx.Done():
		r.refused.Add(1)
		return context.Cause(ctx)
	case <-patience.C:
		r.refused.Add(1)
		return errFullQueue
	case <-r.closing:
		return ErrStopped
	}
}

// urge has what is queued written at once.
func (r *recorder) urge() {
	select {
	case r.hurry <- struct{}{}:
	default: // it hurries already
	}
}

// Run is the recorder. When ctx ends it writes what is queued, and returns. Run it once.
func (l *Log) Run(ctx context.Context) error {
	r := l.rec
	defer close(r.done)
	var last time.Time // when the last batch was written
	var held int       // records in it
	for {
		select {
		case e := <-r.queue:
			r.gather(ctx, last, held)
			batch := r.drain(e)
			l.handle(ctx, batch)
			last, held = time.Now(), len(batch)
			continue
		case <-ctx.Done():
		}
		break
	}
	close(r.closing)
	r.gate.Lock()
	r.shut = true
	r.gate.Unlock()
	for len(r.queue) > 0 {
		l.handle(ctx, r.drain(<-r.queue))
	}
	if n := r.lost.Load(); n > 0 {
		return fmt.Errorf("%d records were lost", n)
	}
	return nil
}

// gather waits, when a batch was written just now, for more to come: under load one commit then carries many records,
// which costs the gateway a quarter less per call. The first record after a pause goes at once, a flush is not kept
// waiting, and a record is never later than gatherManyTime.
func (r *recorder) gather(ctx context.Context, last time.Time, held int) {
	wait := time.Until(last.Add(patience(held)))
	if wait <= 0 || len(r.queue) >= recordBatch {
		return
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
	case <-r.hurry:
	case <-ctx.Done():
	}
}

// patience is how long records gather after a batch of so many.
func patience(held int) time.Duration {
	if held >= manyRecords {
		return gatherManyTime
	}
	return min(time.Duration(held)*gatherEachTime, gatherTime)
}

func (r *recorder) drain(first entry) []entry {
	clear(r.entries)
	r.entries = append(r.entries[:0], first)
	for len(r.entries) < recordBatch {
		select {
		case e := <-r.queue:
			r.entries = append(r.entries, e)
		default:
			return r.entries
		}
	}
	return r.entries
}

// handle writes a batch and then answers the flushes in it: what came before them is written.
func (l *Log) handle(ctx context.Context, batch []entry) {
	clear(l.rec.drafts)
	l.rec.drafts = l.rec.drafts[:0]
	for _, e := range batch {
		if e.flushed == nil {
			l.rec.drafts = append(l.rec.drafts, e.draft)
		}
	}
	if len(l.rec.drafts) > 0 {
		encode(l.rec.drafts)
		l.persist(ctx, l.rec.drafts)
	}
	for _, e := range batch {
		if e.flushed != nil {
			close(e.flushed)
		}
	}
}

// encode has the events that write themselves do so, into one piece of memory: a piece for each would be most of what
// a call leaves to the collector.
func encode(drafts []draft) {
	const usual = 448 // bytes; the buffer grows when they are longer
	buf := make([]byte, 0, usual*len(drafts))
	for i := range drafts {
		if a, itself := drafts[i].payload.(event.Appender); itself {
			begin := len(buf)
			buf = a.AppendJSON(buf)
			drafts[i].data = buf[begin:len(buf):len(buf)]
		}
	}
}

// persist tries until the drafts are stored or there is no hope. A full disk heals, so it waits for that (callers of
// Record feel it when the queue is full); at shutdown it does not wait. When a batch fails for another reason each of
// its events is tried alone, so that one that cannot be stored costs no other.
func (l *Log) persist(ctx context.Context, drafts []draft) {
	pause := l.rec.retryMin
	stored := new(bool)
	for {
		err := l.writeOnce(ctx, drafts, stored)
		if err == nil {
			return
		}
		heals := l.db.Health() == nil && (fault.Is(err, fault.Full) || fault.Is(err, fault.Unavailable))
		if heals && sleep(ctx, pause) {
			pause = min(2*pause, l.rec.retryMax)
			continue
		}
		if !heals && l.db.Health() == nil && len(drafts) > 1 {
			for i := range drafts {
				l.persist(ctx, drafts[i:i+1])
			}
			return
		}
		l.rec.lost.Add(int64(len(drafts)))
		l.log.Error("records of events were lost", "count", len(drafts), "kind", drafts[0].kind, "error", err)
		return
	}
}

func (l *Log) write(ctx context.Context, drafts []draft) error {
	return l.writeOnce(ctx, drafts, new(bool))
}

// writeOnce may be tried again with the same stored: the first try may have left nobody knowing whether it was committed,
// but the store finds out before it runs another closure. Only the store's writer touches stored.
func (l *Log) writeOnce(ctx context.Context, drafts []draft, stored *bool) error {
	// The end of ctx means "write what is left and stop", not "do not write".
	return l.db.Write(context.WithoutCancel(ctx), func(ctx context.Context, tx *store.Tx) error {
		if *stored {
			return nil
		}
		tx.AfterCommit(func() { *stored = true })
		batch, err := l.place(ctx, tx, drafts)
		if err == nil {
			err = l.insertBatch(ctx, tx, batch)
		}
		if err != nil {
			return err
		}
		for _, hook := range l.rec.hooks {
			if err := hook(ctx, tx, batch); err != nil {
				return fmt.Errorf("after recording: %w", err)
			}
		}
		return nil
	})
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
