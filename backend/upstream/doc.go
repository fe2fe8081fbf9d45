// Package upstream is one conversation with one provider over a byte stream.
//
// It owns the framing: a banner, a debug line or a broken frame on stdout costs a counter and never the connection; a
// frame beyond the limit fails the call that it answers and no other. Requests carry our own ids and progress tokens, so
// that no caller's id can reach another caller. A caller's progress is handed over in the caller's own goroutine: a slow
// caller never holds up the reader.
//
// Ordering: what a provider sends for one call (progress, then the result) reaches the caller in that order.
//
// Owns: nothing stored. Uses: mcp, provider (the catalogue's types).
// Runs: one reader and one writer per Conn, until Close or until the stream ends.
package upstream
