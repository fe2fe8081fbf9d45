// Package invoke is the one path of a tool call, whichever face it came in by.
//
// Down: deadline, the provider's session (started when need be), the tool's existence, the exchange. Up: the result as it
// came, and a record of the call in the log, off the caller's path.
//
// A call's parameters and its result are raw JSON; nothing of them is decoded beyond the flag isError.
//
// Owns: nothing stored (call records are provider's events). Uses: provider, eventlog, fault, mcp.
// Runs: nothing; the caller brings the goroutine.
package invoke
