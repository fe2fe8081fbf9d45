package upkeep

// Compacted: somebody removed the events of a stream before its snapshot.
type Compacted struct {
	StreamID      string `json:"stream_id"`
	EventsDeleted int64  `json:"events_deleted"`
}

// KindCompacted is its kind.
const KindCompacted = "EventStreamCompacted"

// Kinds lists the events of this package.
func Kinds() []string { return []string{KindCompacted} }

// Kind is EventStreamCompacted.
func (Compacted) Kind() string { return KindCompacted }

// Stream is system.
func (Compacted) Stream() string { return "system" }
