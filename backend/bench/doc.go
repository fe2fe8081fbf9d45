// Package bench measures the running product beside the floor under it, and prints one table: `make bench`.
//
// Every figure stands beside a floor that was measured in the same run, on the same machine, interleaved with it: a
// net/http handler that reads a body and writes fixed bytes (cmd/floor), a bare fdatasync, a program that only starts
// and ends. Absolute times drift with the machine; the ratio to the floor, taken within one round, is what goals are
// set on. No figure here fails anything: a test holds what must never break, this table shows how fast it is
// (decisions.md 33).
//
// The product is the shipped binary as a child process. `profile` is the exception: it runs package app in a child of
// its own, under the runtime's profiler, which the product does not carry.
//
// Owns: docs/benchmarks.md. Uses: app and config (profile), store, eventlog and provider (what is stored beforehand), storetest.
// Runs: the binary, cmd/floor, nginx and a PostgreSQL server where they are installed, mcptest's cmd/hostile as the binary's
// providers, and its own clients, for some ten minutes.
package main
