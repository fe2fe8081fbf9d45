// Package app is the process: it wires every room, holds the router and the order of its middleware, and knows how all
// of it starts and ends. Tests run the same App as the command line does.
//
// New does all that can fail, each step pushing a named undo; a failure half-way unwinds what was built. Run serves
// until its context ends and then shuts down in the order of architecture.md 6: no new work, running calls finish or
// are told why, sockets are told to come back, providers stop, the log is flushed, the store closes.
//
// Owns: the wiring. Uses: everything. Runs: the HTTP server and the Run of every room that has one.
package app
