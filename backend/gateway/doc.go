// Package gateway is the MCP endpoint for agents: streamable HTTP and stdio, over all providers at once or over one.
//
// Lists, initialize and server/discover are answered from a catalogue in memory, which follows the log; only tools/call
// reaches a provider. A request says by itself which era of the protocol it belongs to (reference: MCP 2026-07-28,
// "Versioning"): params._meta with a protocol version is the stateless era, anything else the session era, on the same
// endpoint and on the same pipe.
//
// Payloads stay raw. Rewritten are: the tool's name under aggregation, ids, progress tokens, and the _meta keys by which
// a stateless request describes its hop.
//
// What we do where the protocol leaves room:
//
//   - The aggregate names a tool provider__tool. Names are looked up, never split. Where two come out alike, the provider
//     whose id sorts first keeps the name, the other tool is left out, and the log says so.
//   - A provider that never listed anything is called by its prefix; the call starts it and shows whether the tool exists.
//   - JSON-RPC batches are refused (-32600), whatever the revision; 2025-03-26 alone knew them.
//   - In the session era a broken connection cancels nothing, as the protocol says; in the stateless era it cancels.
//   - A request that was cancelled by message gets no answer: an empty stream over HTTP, nothing on stdio.
//   - A second request under an id that is still in flight is refused with a 400, and answered with id null so that the first
//     one is not taken for answered: clients find what an answer belongs to by its id alone. The protocol wants the id in an
//     error, but it forbids using one twice too, and lets the error of input that is refused over HTTP have none.
//   - What a caller may not call is not listed, and is answered like a tool that does not exist.
//   - A session is its principal's: its id is of no use to anybody else.
//   - List pages carry ttlMs 0 until clients can be told of changes.
//
// Owns: the session table and the catalogue in memory; nothing stored.
// Uses: provider, invoke, eventlog, auth, event, fault, mcp.
// Runs: the catalogue's follower and the expiry of sessions (Run). Everything else runs in the caller's goroutines.
package gateway
