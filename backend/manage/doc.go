// Package manage has the tools of Hangar itself, which the MCP door offers beside those of the providers: to find a tool by
// what it does, to read one definition, to call, one or many at a time, and to manage Hangar. A model that is shown only the
// first three (/mcp?tools=search) knows a fleet of hundreds of tools by a few hundred words.
//
// There is one table (table.go). A tool that manages Hangar stands for routes of the REST face and makes their requests from
// inside, for its caller: so the table of permissions, the verbs and the audit log are the same, and there is no second way
// past them. What somebody may not call, they do not find.
//
// A result that is too large is kept for a while, for the principal whose call it was, and fetched in pieces.
//
// Owns: what is kept, in memory. Uses: gateway (the shape of a call), auth, group, invoke, mcp, provider, fault. Runs: a
// goroutine per call of a batch, which ends before the batch does.
package manage
