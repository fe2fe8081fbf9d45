// Package house holds the rules of this source tree as tests: who may import whom, which library belongs to which room,
// how long a file may be, that every package says what it is, and that nothing lives at package level.
//
// A rule that fails here is either broken by accident, and the code moves, or changed on purpose, and then the table
// moves in the same commit, where a reviewer sees it.
//
// Owns: the tables in imports_test.go. Uses: the go command. Runs: nothing.
package house
