// Package mcp is the Model Context Protocol as a relay needs it: the envelope, and nothing of the payload.
//
// A message is read as far as its id, method, params, result and error; those stay raw bytes, so unknown fields,
// schemas and big integers pass through untouched. Get, Set and Delete look into a raw object and change one member
// while every other byte stays. Revisions, error codes and _meta keys are tables here, so that the next revision is a
// row and not a code path.
//
// The envelope is read strictly (exact key case, no duplicate keys), because what is judged must be what is sent:
// encoding/json would match `METHOD` and let the last duplicate win.
//
// Owns: the protocol's words. Uses: the standard library. Runs: nothing.
package mcp
