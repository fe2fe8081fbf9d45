// Package manage has the tools of Hangar itself, which the MCP door offers beside those of the providers: to find a tool by
// what it does, to read one definition, to call, one or many at a time, and, for those who may, to reload the configuration. A model that is shown only these
// (/mcp?tools=search) knows a fleet of hundreds of tools by a few hundred words.
//
// What somebody may not call, they do not find.
//
// Owns: nothing. Uses: gateway (the shape of a call), auth, group, invoke, mcp, provider, fault. Runs: a goroutine per call of a
// batch, which ends before the batch does.
package manage
