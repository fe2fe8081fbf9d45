package discovery

import (
	"context"
	"fmt"
	"log/slog"
	"sync"

	"github.com/google/uuid"

	"hangar/backend/engine"
	"hangar/backend/event"
	"hangar/backend/eventlog"
	"hangar/backend/fault"
	"hangar/backend/operation"
	"hangar/backend/provider"
	"hangar/backend/secret"
	"hangar/backend/store"
)

// Fleet takes providers out of service, but never under a call. fleet.Fleet is one.
type Fleet interface {
	// StopIdle stops a provider that nobody calls now; false when it is being called or started.
	StopIdle(ctx context.Context, id provider.ID, reason string) (stopped bool, err error)
	// RemoveIdle also keeps it from being started while del deletes its definition; false, without del, when it is being
	// called or started.
	RemoveIdle(ctx context.Context, id provider.ID, del func(context.Context) error) (removed bool, err error)
}

// Options of a Service.
type Options struct {
	DB        *store.DB
	Events    *eventlog.Log
	Providers *provider.Service
	Fleet     Fleet
	Engine    *engine.Engine // for docker sources that name no other
	Vault     *secret.Vault  // seals what is found; nil: it is stored as it is
	Log       *slog.Logger

	Operations *operation.Service // scans that somebody asks for are shown as operations; nil: they are not
}

// Service is the one door to discovery: each verb is one transaction of rows and events. Run looks at the sources.
type Service struct {
	o     Options
	means means
	kick  chan struct{} // the sources may be others
	redo  chan struct{} // something is to be restarted

	mu      sync.Mutex
	workers map[SourceID]*worker // of the sources that are looked at
	changed map[provider.ID]bool // run with a definition that is not theirs any more
}

// New makes the service. It looks at nothing until Run runs.
func New(o Options) *Service {
	return &Service{
		o: o, means: means{engine: o.Engine}, kick: make(chan struct{}, 1), redo: make(chan struct{}, 1),
		workers: map[SourceID]*worker{}, changed: map[provider.ID]bool{},
	}
}

// nudge has Run look at its sources anew.
func (s *Service) nudge() {
	select {
	case s.kick <- struct{}{}:
	default: // it is about to
	}
}

// Sources gives all sources, the oldest first.
func (s *Service) Sources(ctx context.Context) ([]Source, error) {
	return listSources(ctx, s.o.DB.Read())
}

// AddSource adds a source; an empty id is made up. A taken id is a ConflictError.
func (s *Service) AddSource(ctx context.Context, src Source) (id SourceID, err error) {
	if src.ID == "" {
		src.ID = SourceID(uuid.NewString())
	}
	err = s.write(ctx, "add discovery source", string(src.ID), func(ctx context.Context, tx *store.Tx) error {
		return s.addSourceTx(ctx, tx, src)
	})
	return src.ID, err
}

func (s *Service) addSourceTx(ctx context.Context, tx *store.Tx, src Source) error {
	if err := src.ID.Check(); err != nil {
		return err
	}
	if err := src.check(); err != nil {
		return err
	}
	if err := insertSource(ctx, tx, src); err != nil {
		if fault.Is(err, fault.Conflict) {
			return fault.New(fault.Conflict, "a discovery source %q exists already; update or delete it first", string(src.ID)).
				With("source_id", string(src.ID))
		}
		return err
	}
	tx.AfterCommit(s.nudge)
	return s.o.Events.Append(ctx, tx, SourceRegistered{base{src.ID, src.Type}, src.Mode, src.Enabled})
}

// SourcePatch changes a source; nil leaves a field alone. A Config replaces the whole one.
type SourcePatch struct {
	Mode    *Mode
	Enabled *bool
	Config  *Config
}

// UpdateSource changes how a source is looked at; from then on it is looked at in the new way.
func (s *Service) UpdateSource(ctx context.Context, id SourceID, p SourcePatch) error {
	return s.write(ctx, "update discovery source", string(id), func(ctx context.Context, tx *store.Tx) error {
		src, err := loadSource(ctx, tx, id)
		if err != nil {
			return err
		}
		if p.Mode != nil {
			src.Mode = *p.Mode
		}
		if p.Enabled != nil {
			src.Enabled = *p.Enabled
		}
		if p.Config != nil {
			src.Config = *p.Config
		}
		return s.replaceSourceTx(ctx, tx, src)
	})
}

func (s *Service) replaceSourceTx(ctx context.Context, tx *store.Tx, src Source) error {
	if err := src.check(); err != nil {
		return err
	}
	if err := saveSource(ctx, tx, src); err != nil {
		return err
	}
	tx.AfterCommit(s.nudge)
	return s.o.Events.Append(ctx, tx, SourceUpdated{base{src.ID, src.Type}, src.Mode, src.Enabled})
}

// RemoveSource removes a source and forgets what it found. The providers that were made of it live on.
func (s *Service) RemoveSource(ctx context.Context, id SourceID) error {
	return s.write(ctx, "remove discovery source", string(id), func(ctx context.Context, tx *store.Tx) error {
		return s.removeSourceTx(ctx, tx, id)
	})
}

func (s *Service) removeSourceTx(ctx context.Context, tx *store.Tx, id SourceID) error {
	src, err := loadSource(ctx, tx, id)
	if err != nil {
		return err
	}
	if err := exec(ctx, tx, `DELETE FROM discovery_sources WHERE id = ?`, string(id)); err != nil {
		return err
	}
	tx.AfterCommit(s.nudge)
	return s.o.Events.Append(ctx, tx, SourceDeregistered{base{id, src.Type}})
}

// Entries gives what was found, with one status or with all (""), by name.
func (s *Service) Entries(ctx context.Context, status Status) ([]Entry, error) {
	all, err := s.entries(ctx, s.o.DB.Read(), "")
	if err != nil {
		return nil, err
	}
	out := []Entry{}
	for i, j := 0, 0; i < len(all); i = j {
		for j = i; j < len(all) && all[j].Name == all[i].Name; j++ {
		}
		chosen := first(all[i:j])
		for _, e := range all[i:j] {
			e.Key = e.Name
			if e.SourceID != chosen.SourceID {
				e.Key += "@" + string(e.SourceID)
			}
			if status == "" || e.Status == status {
				out = append(out, e)
			}
		}
	}
	return out, nil
}

func (s *Service) write(ctx context.Context, what, name string, fn func(context.Context, *store.Tx) error) error {
	if err := s.o.DB.Write(ctx, fn); err != nil {
		return fmt.Errorf("%s %s: %w", what, name, err)
	}
	return nil
}

// acting is who acts, for the record.
func acting(ctx context.Context) string {
	actor, _ := event.ActorFrom(ctx) // without one the event cannot be appended anyway
	return actor.ID
}
