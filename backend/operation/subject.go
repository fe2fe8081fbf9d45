package operation

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"unicode/utf8"

	"hangar/backend/event"
	"hangar/backend/fault"
	"hangar/backend/store"
)

// Subject is what decides who may see an operation: who began it, and which providers it is about; none: it may be any.
type Subject struct {
	Actor     event.Actor
	Providers []string
}

// Subject tells what an operation is about. It waits for nothing, so that sockets can ask for each event; what it does not
// know is not there, or is forgotten.
func (s *Service) Subject(id ID) (Subject, bool) {
	s.subjects.mu.RLock()
	defer s.subjects.mu.RUnlock()
	found, ok := s.subjects.of[id]
	return found, ok
}

// subjects are those of all operations that are kept.
type subjects struct {
	mu sync.RWMutex
	of map[ID]Subject
}

func (s *subjects) add(o Operation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.of[o.ID] = Subject{o.Actor, o.Providers}
}

func (s *subjects) remove(id ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.of, id)
}

func (s *subjects) replace(all map[ID]Subject) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.of = all
}

func subjectsOf(ctx context.Context, q store.Querier) (map[ID]Subject, error) {
	var rows []struct {
		ID        string `db:"id"`
		ActorType string `db:"actor_type"`
		ActorID   string `db:"actor_id"`
		Providers []byte `db:"providers"`
	}
	if err := q.Select(ctx, &rows, `SELECT id, actor_type, actor_id, providers FROM operations`); err != nil {
		return nil, err
	}
	all := make(map[ID]Subject, len(rows))
	for _, r := range rows {
		s := Subject{Actor: event.Actor{Type: r.ActorType, ID: r.ActorID}}
		if err := json.Unmarshal(r.Providers, &s.Providers); err != nil {
			return nil, err
		}
		all[ID(r.ID)] = s
	}
	return all, nil
}

// named refuses what can be the id of no provider.
func named(providers []string) error {
	for _, id := range providers {
		if n := utf8.RuneCountInString(id); n == 0 || n > maxProvider || !utf8.ValidString(id) || strings.ContainsRune(id, 0) {
			return fault.Field("provider_ids", "must be ids of providers, of 1 to %d characters, not %.80q", maxProvider, id)
		}
	}
	return nil
}

func identify(ctx context.Context, q store.Querier, rest string, args ...any) (ids []ID, err error) {
	err = q.Select(ctx, &ids, `SELECT id FROM operations `+rest, args...)
	return ids, err
}

// pickThese reads operations by their ids, so many at once as a statement takes values.
func pickThese(ctx context.Context, q store.Querier, ids []ID, order string) (found []Operation, err error) {
	const atOnce = 500
	for len(ids) > 0 {
		n := min(len(ids), atOnce)
		args := make([]any, n)
		for i, id := range ids[:n] {
			args[i] = string(id)
		}
		page, err := pick(ctx, q, `WHERE id IN (?`+strings.Repeat(`, ?`, n-1)+`) `+order, args...)
		if err != nil {
			return nil, err
		}
		found, ids = append(found, page...), ids[n:]
	}
	return found, nil
}
