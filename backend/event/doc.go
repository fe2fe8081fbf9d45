// Package event holds the words of the log: what an event is, and who caused it.
//
// Nouns declare their events as structs with a Kind and a Stream; eventlog gives them a position. The actor travels in
// the context; appending without one is an error, so that "who did it" is never lost.
//
// Owns: Envelope, Payload, Actor, Origin, Change. Uses: the standard library. Runs: nothing.
package event
