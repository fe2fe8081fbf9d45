// Package apifuzz asks every operation of openapi/openapi.yaml for right, extreme and wrong things, and holds the answers
// against that document.
//
// Requests are made from the document's own schemas: what it allows, the ends of what it allows, and what it forbids, in paths,
// queries and bodies; identifiers of earlier answers come back in later requests. Every answer must have a status, a content type and
// a body that the document has for its operation; none may be a 500, nor hold a secret that a request brought along.
//
// A seed makes a run again: `go test ./backend/apifuzz -args -apifuzz.seed 7 -apifuzz.each 200`, or `make fuzz-api`.
//
// Owns: nothing. Uses: the document; apptest and mcptest. Runs: one app.
package apifuzz
