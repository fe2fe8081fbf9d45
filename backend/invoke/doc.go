// Package invoke is the one path of a tool call, whichever face it came in by.
//
// Down: deadline, the provider's session (started when need be), the tool's existence, the exchange. Up: the result as it
// came, and a record of the call in the log, off the caller's path.
//
// A call's parameters and its result are raw JSON; nothing of them is decoded beyond the flag isError.
//
// A call of a group (Groups) is calls of its members, one after the other, until one gives an answer; judge is the rule of
// when there is a next one.
//
// Owns: the members' circuit breakers and balancers, in memory; nothing stored (call records are provider's events, a
// breaker's state is group's). Uses: provider, group, eventlog, fault, mcp.
// Runs: Groups.Run stores what becomes of the breakers; else nothing, the caller brings the goroutine.
package invoke
