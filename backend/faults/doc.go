// Package faults breaks the shipped binary under load, on purpose and again and again, and looks at what is left: `make faults`.
//
// A run is the binary as a child process, workers that change things and call tools through REST and /mcp, and followers of
// the log's socket. What each worker tried and how it was answered is its history. After each fault the binary is started
// again, or given back what it lost, and what it then holds is judged (judge_test.go): the invariants have names, I1 to I15, which
// docs/reliability.md explains.
//
// A seed fixes what every worker does and when the fault comes; the machine's own timing stays its own. `go test` kills
// twenty times; what takes longer has the build tag faults. The tests of the judge prove that faults are found, on builds of package
// sabotage that have them.
//
// Owns: nothing. Uses: the binary; storetest and enginetest for what it stands on. Runs: one binary at a time, with its providers.
package faults
