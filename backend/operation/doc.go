// Package operation keeps long-running work: what it is, how far it has come, how it ended.
//
// An operation is reported by whoever does the work. An agent does so through the verbs of Service (REST); Hangar itself
// through a Tracker, which never makes the work wait and never fails it. Each report is an event on the operation's own
// stream and a row that sums them up, in one transaction; an operation that has ended takes no more.
//
// Bounds: the newest operations are kept (Options.Keep), the oldest ended ones go first, and one of another thousand that
// nobody ends is given up as abandoned; an operation has at most MaxEvents events. What the log holds of
// an operation that was forgotten leaves it with the log's own retention.
//
// It is the lowest noun: other nouns and the motion rooms report through it.
//
// Owns: table operations; the events in events.go. Uses: event, eventlog, store, fault.
// Runs: one goroutine per tracker that has something to write; all end with Close.
package operation
