// Package upstream is one conversation with one provider: over a byte stream (Conn) or over HTTP (Remote). Whoever talks
// to a provider knows it as a Conversation.
//
// On a byte stream it owns the framing: a banner, a debug line or a broken frame on stdout costs a counter and never the connection; a
// frame beyond the limit fails the call that it answers and no other; long frames in a row are read no faster than 64 MiB/s, so that
// the provider has to wait and not its neighbours. Requests carry our own ids and progress tokens, so
// that no caller's id can reach another caller. A caller's progress is handed over in the caller's own goroutine: a slow
// caller never holds up the reader.
//
// Ordering: what a provider sends for one call (progress, then the result) reaches the caller in that order.
//
// Over HTTP there are three dialects, tried from the newest to the oldest unless the definition names one (http.protocol):
//
//	stateless  2026-07-28: each request is a POST that says all about itself; to end its stream is to cancel it
//	session    2025-03-26 to 2025-11-25: initialize opens a session; one that the server lost is opened again, once
//	sse        2024-11-05: one event stream, messages posted beside it; a Conn over both
//
// Which one a server speaks is kept for the life of a Remote and found out anew by the next. An answer is read in the
// goroutine of the caller who waits for it. Where we connect to is package egress's to allow; who we are is for
// Credentials to prove.
//
// Owns: nothing stored. Uses: mcp, provider (the catalogue's types, the definition of a remote one), egress, fault.
// Runs: one reader and one writer per Conn, until Close or until the stream ends; per Remote at most one listener, and
// messages that nobody waits for, until Stop.
package upstream
