// Package enginetest runs a real container engine for tests: a dockerd of its own, in a folder of its own, without
// networks and without touching the machine's firewall, and beside it a small registry to pull from.
//
// A machine without dockerd fails the test and says what to install; one that cannot run it (not Linux, not root, a
// kernel without something) skips it, with the daemon's last words.
//
// Owns: the daemon, what it started, and its folder; all gone at the end of the test, even when the daemon was killed.
// Uses: engine, mcptest's doubles as an image. Runs: dockerd under a shell that ends it when the test binary ends.
package enginetest
