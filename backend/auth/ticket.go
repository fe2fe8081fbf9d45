package auth

import (
	"crypto/sha256"
	"sync"
	"time"

	"hangar/backend/fault"
)

// A ticket opens one socket, for a client that cannot send a header with it. It stands in an address, so it is short-lived
// and good for once.
const (
	ticketStart = "tkt_"
	// TicketLife is how long a ticket waits to be used.
	TicketLife = 30 * time.Second
	maxTickets = 10_000
)

// tickets are those not used yet. They are in memory only: none outlives a restart by its purpose.
type tickets struct {
	mu   sync.Mutex
	open map[[sha256.Size]byte]ticket
}

type ticket struct {
	caller  Caller
	expires time.Time
}

func newTickets() *tickets { return &tickets{open: map[[sha256.Size]byte]ticket{}} }

func (t *tickets) sweep(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for hash, one := range t.open {
		if !now.Before(one.expires) {
			delete(t.open, hash)
		}
	}
}

// IssueTicket gives a caller a ticket. What it opens ends with the caller's own credential.
func (s *Service) IssueTicket(c Caller) (raw string, expires time.Time, err error) {
	now := time.Now()
	if s.tickets.full() {
		s.tickets.sweep(now)
	}
	t := s.tickets
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.open) >= maxTickets {
		f := fault.New(fault.Limited, "%d tickets wait to be used; use them, or wait %s", len(t.open), TicketLife)
		f.RetryAfter = TicketLife
		return "", now, f
	}
	raw, expires = newSecret(ticketStart), now.Add(TicketLife)
	t.open[digest(raw)] = ticket{c, expires}
	return raw, expires, nil
}

func (t *tickets) full() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.open) >= maxTickets
}

// ByTicket is who a ticket was given to. It is used up by asking.
func (s *Service) ByTicket(raw string) (Caller, error) {
	t := s.tickets
	hash := digest(raw)
	t.mu.Lock()
	one, ok := t.open[hash]
	delete(t.open, hash)
	t.mu.Unlock()
	if !ok || !time.Now().Before(one.expires) {
		return Caller{}, fault.New(fault.Unauthenticated, "this ticket was used already, has expired or never was; get another one from POST /api/auth/ticket")
	}
	return one.caller, s.Valid(one.caller)
}
