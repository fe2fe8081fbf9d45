package group

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"hangar/backend/event"
	"hangar/backend/eventlog"
	"hangar/backend/fault"
	"hangar/backend/provider"
	"hangar/backend/store"
)

// Recover reads every group and puts right what an earlier run left: its breakers do not exist any more, and what
// happened to the providers meanwhile is looked up. Call it before the first call and before Run.
func (s *Service) Recover(ctx context.Context) error { return s.readAll(ctx, "hangar_restarted", true) }

func (s *Service) readAll(ctx context.Context, reason string, breakers bool) error {
	position := s.events.Head()
	err := s.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		all, err := list(ctx, tx)
		if err != nil {
			return err
		}
		for _, g := range all {
			err := s.editTx(ctx, tx, g, func(ctx context.Context, tx *store.Tx, g *Group) (why, error) {
				if breakers {
					return s.renew(ctx, tx, g, reason)
				}
				return s.settleAll(ctx, tx, g, reason)
			})
			if err != nil {
				return fmt.Errorf("group %s: %w", g.ID, err)
			}
		}
		return nil
	})
	if err == nil {
		s.position = position
	}
	return err
}

func (s *Service) settleAll(ctx context.Context, tx *store.Tx, g *Group, reason string) (why, error) {
	w := why{reason: reason}
	for _, m := range slices.Clone(g.Members) {
		one, err := s.settle(ctx, tx, g, m.ID)
		if err != nil {
			return w, err
		}
		w.said = append(w.said, one.said...)
	}
	return w, nil
}

// rest is the pause after the rotation could not be brought up to date.
const rest = time.Second

// Run keeps the rotation as the providers are: it follows the log until ctx ends. What could not be read or written is
// looked up anew, so nothing is missed.
func (s *Service) Run(ctx context.Context) error {
	ctx = event.WithActor(ctx, event.System("groups"))
	tail := s.events.Tail(s.position)
	for {
		batch, err := tail.Next(ctx)
		if err == nil {
			err = s.follow(ctx, batch)
		}
		if err == nil {
			continue
		}
		if tail, err = s.catchUp(ctx, err); err != nil {
			return err
		}
	}
}

func (s *Service) catchUp(ctx context.Context, err error) (*eventlog.Tail, error) {
	for err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if !errors.Is(err, eventlog.ErrTruncated) {
			s.log.Error("the rotation of the groups could not be brought up to date; trying again", "error", err)
			pause := time.NewTimer(rest)
			select {
			case <-pause.C:
			case <-ctx.Done():
				pause.Stop()
				return nil, context.Cause(ctx)
			}
		}
		err = s.readAll(ctx, "caught_up", false)
	}
	return s.events.Tail(s.position), nil
}

func (s *Service) follow(ctx context.Context, batch []event.Envelope) error {
	var touched []provider.ID
	for _, e := range batch {
		id, ok := strings.CutPrefix(e.Stream, provider.ID("").Stream())
		if !ok {
			continue
		}
		switch e.Kind {
		case provider.KindStateChanged, provider.KindDeregistered, provider.KindAutoDisabled, provider.KindEnabled:
			if pid := provider.ID(id); !slices.Contains(touched, pid) {
				touched = append(touched, pid)
			}
		}
	}
	for _, pid := range touched {
		for id, g := range *s.live.Load() {
			if g.index(pid) < 0 {
				continue
			}
			err := s.edit(ctx, "settle a member of group", id, func(ctx context.Context, tx *store.Tx, g *Group) (why, error) {
				return s.settle(ctx, tx, g, pid)
			})
			if err != nil && !fault.Is(err, fault.Missing) { // the group was deleted meanwhile
				return err
			}
		}
	}
	return nil
}

// settle brings one member in line with its provider as it is now; one that was deleted leaves.
func (s *Service) settle(ctx context.Context, tx *store.Tx, g *Group, member provider.ID) (why, error) {
	i := g.index(member)
	if i < 0 {
		return why{}, nil
	}
	p, err := s.providers.GetTx(ctx, tx, member)
	if fault.Is(err, fault.Missing) {
		return g.remove(member)
	}
	if err != nil {
		return why{}, err
	}
	g.Members[i].rotate(fits(p, g.Members[i].InRotation), store.Micros(tx.Now()))
	reason := string(p.State)
	if p.Disabled != nil {
		reason = "disabled"
	}
	return why{reason: reason}, nil
}
