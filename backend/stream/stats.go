package stream

import "sync/atomic"

// Kind is a kind of socket, as metrics name it.
type Kind string

// The kinds.
const (
	KindEvents     Kind = "events"
	KindState      Kind = "state"
	KindOperations Kind = "operations"
	KindLogs       Kind = "logs"
	KindBoard      Kind = "board"
)

// Kinds lists them.
func Kinds() []Kind { return []Kind{KindEvents, KindState, KindOperations, KindLogs, KindBoard} }

// Counts are what the sockets of one kind have seen, or all of them together.
type Counts struct {
	Connections int64 // now
	Accepted    int64 // ever
	Frames      int64 // written
	Dropped     int64 // events and lines that a full queue or ring lost
	TooSlow     int64 // connections closed or cut for it
}

// Stats counts, for metrics.
type Stats struct {
	Counts // of all
	Kinds  map[Kind]Counts
}

// counts are the counters of one kind.
type counts struct{ connections, accepted, frames, dropped, tooSlow atomic.Int64 }

func newCounts() map[Kind]*counts {
	all := map[Kind]*counts{}
	for _, k := range Kinds() {
		all[k] = &counts{}
	}
	return all
}

// Stats reads the counters.
func (h *Hub) Stats() Stats {
	s := Stats{Kinds: map[Kind]Counts{}}
	for k, c := range h.counts {
		n := Counts{c.connections.Load(), c.accepted.Load(), c.frames.Load(), c.dropped.Load(), c.tooSlow.Load()}
		s.Kinds[k] = n
		s.Connections += n.Connections
		s.Accepted += n.Accepted
		s.Frames += n.Frames
		s.Dropped += n.Dropped
		s.TooSlow += n.TooSlow
	}
	return s
}
