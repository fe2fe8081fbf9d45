// Package e2e uses the shipped binary as its users do: from outside, with real servers, real clients and a real reverse
// proxy, and breaks it on purpose.
//
// The binary is the one that HANGAR_BIN names, or one that TestMain builds. Node's packages come from the root's
// node_modules; what a test needs and cannot find fails it, because scripts/bootstrap installs all of it.
//
// Owns: nothing. Uses: the binary. Runs: one process per test.
package e2e
