// Package apptest runs the whole app for a test: on a free port, in a directory of its own, with a client.
//
// Start runs it inside the test process, where the race detector sees it; package e2e runs the shipped binary instead.
//
// Owns: nothing. Uses: app, config, mcptest. Runs: one app per Start, until the test ends.
package apptest
