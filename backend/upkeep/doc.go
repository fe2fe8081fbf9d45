// Package upkeep keeps the store small: it takes snapshots of streams that have grown, compacts a stream on request, and
// removes what is older, or more, than the configuration keeps: events, records of calls, history.
//
// It owns nothing: what a noun's state is, and what of it may go, the nouns and the log know.
//
// Owns: the event in events.go. Uses: eventlog, store, fault. Runs: Keeper.Run.
package upkeep
