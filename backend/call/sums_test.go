package call

import (
	"context"
	"sync"

	"hangar/backend/event"
	"hangar/backend/store"
)

// sums counts what goes by, in the transaction.
type sums struct {
	mu            sync.Mutex
	err           error
	calls, others int
}

func (s *sums) AddTx(_ context.Context, tx *store.Tx, calls []Record, others []event.Envelope) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	c, o := len(calls), len(others)
	tx.AfterCommit(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.calls, s.others = s.calls+c, s.others+o
	})
	return nil
}

func (s *sums) set(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

func (s *sums) seen() (calls, others int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls, s.others
}
