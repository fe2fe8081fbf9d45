package operation

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"sync"

	"github.com/google/uuid"

	"hangar/backend/event"
	"hangar/backend/eventlog"
	"hangar/backend/fault"
	"hangar/backend/store"
)

// Options of a Service.
type Options struct {
	DB     *store.DB
	Events *eventlog.Log
	Keep   int // operations that are remembered; 0 means 1,000
	Log    *slog.Logger
}

// Service is the one door to operations: each verb is one transaction of the row and its events.
type Service struct {
	o     Options
	work  sync.WaitGroup // trackers that write
	life  context.Context
	close context.CancelFunc

	mu      sync.Mutex
	cancels map[ID]context.CancelCauseFunc // of the work that Hangar does itself

	subjects subjects
}

// New makes the service.
func New(o Options) *Service {
	if o.Keep <= 0 {
		o.Keep = 1000
	}
	life, end := context.WithCancel(context.Background())
	return &Service{o: o, life: life, close: end, cancels: map[ID]context.CancelCauseFunc{}, subjects: subjects{of: map[ID]Subject{}}}
}

// Close waits until the trackers have written what they had, bounded by ctx.
func (s *Service) Close(ctx context.Context) {
	stop := context.AfterFunc(ctx, s.close)
	defer stop()
	s.work.Wait()
	s.close()
}

// Create begins an operation that somebody else will report on. metadata must be an object; none is {}. providers are those
// that it is about, which decides who may see it; none: no provider in particular.
func (s *Service) Create(ctx context.Context, operationType string, metadata json.RawMessage, providers ...string) (ID, error) {
	if len(providers) > MaxProviders {
		return "", fault.Field("provider_ids", "names %d providers; at most %d are taken", len(providers), MaxProviders)
	}
	o, err := draft(ctx, operationType, metadata, true, providers)
	if err != nil {
		return "", err
	}
	err = s.o.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error { return s.createTx(ctx, tx, &o) })
	if err != nil {
		return "", fmt.Errorf("create an operation: %w", err)
	}
	return o.ID, nil
}

func draft(ctx context.Context, operationType string, metadata json.RawMessage, cancellable bool, providers []string) (Operation, error) {
	o := Operation{ID: ID(uuid.NewString()), Type: operationType, Status: Running, Metadata: metadata, Cancellable: cancellable}
	o.Providers = slices.Compact(slices.Sorted(slices.Values(providers)))
	if err := firstOf(word("operation_type", operationType), object("metadata", &o.Metadata), named(o.Providers)); err != nil {
		return o, err
	}
	actor, ok := event.ActorFrom(ctx)
	if !ok {
		return o, eventlog.ErrNoActor
	}
	o.Actor = actor
	return o, nil
}

func (s *Service) createTx(ctx context.Context, tx *store.Tx, o *Operation) error {
	if err := s.prune(ctx, tx); err != nil {
		return err
	}
	o.StartedAt, o.Events = tx.Now(), 1
	if err := insert(ctx, tx, *o); err != nil {
		return err
	}
	tx.AfterCommit(func() { s.subjects.add(*o) }) // before the log tells of it
	details := describe(struct {
		Type     string          `json:"operation_type"`
		Metadata json.RawMessage `json:"metadata"`
	}{o.Type, o.Metadata})
	return s.o.Events.Append(ctx, tx, started{base{o.ID}, o.Type, o.Providers, StatusData{Running, "", details}})
}

// prune makes room for one more: the oldest that have ended go first. One that runs goes only when all that are kept do:
// its producer has most likely forgotten it, so it is said to be abandoned.
func (s *Service) prune(ctx context.Context, tx *store.Tx) error {
	all, err := count(ctx, tx, ``)
	if err != nil || all < s.o.Keep {
		return err
	}
	oldest, err := pick(ctx, tx, `ORDER BY ended_at IS NULL, started_at, id LIMIT ?`, all-s.o.Keep+1)
	if err != nil {
		return err
	}
	for _, o := range oldest {
		if !o.Ended() {
			why := &Failure{"abandoned: its producer said nothing more while many others began", "AbandonedError"}
			if err := s.takeTx(ctx, tx, o, why); err != nil {
				return err
			}
		}
		if err := s.removeTx(ctx, tx, o.ID); err != nil {
			return err
		}
	}
	return nil
}

// Report adds what an operation says. After its end that is a Conflict (OperationEndedError).
func (s *Service) Report(ctx context.Context, id ID, reports ...Report) error {
	return s.write(ctx, "report on operation", id, func(ctx context.Context, tx *store.Tx) error {
		o, err := load(ctx, tx, id)
		if err != nil {
			return err
		}
		return s.takeTx(ctx, tx, o, reports...)
	})
}

func (s *Service) takeTx(ctx context.Context, tx *store.Tx, o Operation, reports ...Report) error {
	if len(reports) == 0 {
		return nil
	}
	var said []event.Payload
	for _, r := range reports {
		events, err := o.take(r, tx.Now())
		if err != nil {
			return err
		}
		said = append(said, events...)
	}
	if err := save(ctx, tx, o); err != nil {
		return err
	}
	return s.o.Events.Append(ctx, tx, said...)
}

// Remove cancels an operation that runs and forgets one that has ended. cancelled says which.
func (s *Service) Remove(ctx context.Context, id ID) (cancelledIt bool, err error) {
	err = s.write(ctx, "remove operation", id, func(ctx context.Context, tx *store.Tx) error {
		o, err := load(ctx, tx, id)
		switch {
		case err != nil:
			return err
		case o.Ended():
			cancelledIt = false
			return s.removeTx(ctx, tx, id)
		case !o.Cancellable:
			return fault.New(fault.Conflict, "operation %s (%s) cannot be cancelled; wait for its end", id, o.Type).
				With("operation_id", string(id))
		}
		cancelledIt = true
		tx.AfterCommit(func() { s.stop(id) })
		return s.takeTx(ctx, tx, o, &cancelled{"cancelled", "CancelledError"})
	})
	return cancelledIt, err
}

func (s *Service) removeTx(ctx context.Context, tx *store.Tx, id ID) error {
	tx.AfterCommit(func() { s.subjects.remove(id) })
	return remove(ctx, tx, id)
}

// ErrCancelled is the cause of a context whose operation somebody cancelled.
var ErrCancelled = fault.Named(fault.Conflict, "OperationCancelledError", "the operation was cancelled")

func (s *Service) stop(id ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if cancel := s.cancels[id]; cancel != nil {
		cancel(ErrCancelled)
	}
}

// Recover ends what was running when the process ended: whoever did it is gone, or cannot know what we missed. It learns
// what all of them are about, too.
func (s *Service) Recover(ctx context.Context) error {
	return s.o.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		kept, err := subjectsOf(ctx, tx)
		if err != nil {
			return err
		}
		tx.AfterCommit(func() { s.subjects.replace(kept) })
		left, err := pick(ctx, tx, `WHERE ended_at IS NULL ORDER BY started_at, id`)
		if err != nil {
			return err
		}
		for _, o := range left {
			if err := s.takeTx(ctx, tx, o, &Failure{"interrupted", "InterruptedError"}); err != nil {
				return err
			}
		}
		return nil
	})
}

// Get finds an operation or answers OperationNotFoundError.
func (s *Service) Get(ctx context.Context, id ID) (Operation, error) {
	return load(ctx, s.o.DB.Read(), id)
}

// Filter says which operations; the zero filter means all that are kept.
type Filter struct {
	Status string        // running means all that have not ended, whatever they call it; "" means any
	Limit  int           // 0 means no limit
	See    func(ID) bool // which may be shown; nil: all
}

// List gives operations, newest first, and how many there are of this status that may be shown.
func (s *Service) List(ctx context.Context, f Filter) (found []Operation, total int, err error) {
	where, args := ``, []any{}
	switch f.Status {
	case "":
	case Running:
		where = `WHERE ended_at IS NULL `
	default:
		where, args = `WHERE status = ? `, append(args, f.Status)
	}
	if f.Limit <= 0 {
		f.Limit = s.o.Keep
	}
	const order = `ORDER BY started_at DESC, id`
	err = s.o.DB.View(ctx, func(ctx context.Context, q store.Querier) error {
		if f.See != nil {
			ids, err := identify(ctx, q, where+order, args...)
			if err != nil {
				return err
			}
			ids = slices.DeleteFunc(ids, func(id ID) bool { return !f.See(id) })
			total = len(ids)
			found, err = pickThese(ctx, q, ids[:min(len(ids), f.Limit)], order)
			return err
		}
		if total, err = count(ctx, q, where, args...); err != nil {
			return err
		}
		found, err = pick(ctx, q, where+order+` LIMIT ?`, append(args, f.Limit)...)
		return err
	})
	return found, total, err
}

// Stats counts operations.
type Stats struct {
	Active int // that run
	Total  int // that are kept
}

// Stats counts operations.
func (s *Service) Stats(ctx context.Context) (Stats, error) { return s.StatsOf(ctx, nil) }

// StatsOf counts operations that may be shown; see is that of Filter.
func (s *Service) StatsOf(ctx context.Context, see func(ID) bool) (n Stats, err error) {
	counted := func(ctx context.Context, q store.Querier, where string) (int, error) {
		if see == nil {
			return count(ctx, q, where)
		}
		ids, err := identify(ctx, q, where)
		return len(slices.DeleteFunc(ids, func(id ID) bool { return !see(id) })), err
	}
	err = s.o.DB.View(ctx, func(ctx context.Context, q store.Querier) error {
		if n.Total, err = counted(ctx, q, ``); err != nil {
			return err
		}
		n.Active, err = counted(ctx, q, `WHERE ended_at IS NULL`)
		return err
	})
	return n, err
}

// Events gives up to limit of what an operation has said after a version of its stream, oldest first, and how much it has
// said in all.
func (s *Service) Events(ctx context.Context, id ID, after int64, limit int) (found []event.Envelope, total int, err error) {
	if _, err := s.Get(ctx, id); err != nil {
		return nil, 0, err
	}
	return s.o.Events.ReadStream(ctx, id.Stream(), after, nil, limit)
}

func (s *Service) write(ctx context.Context, what string, id ID, fn func(context.Context, *store.Tx) error) error {
	if err := s.o.DB.Write(ctx, fn); err != nil {
		return fmt.Errorf("%s %s: %w", what, id, err)
	}
	return nil
}
