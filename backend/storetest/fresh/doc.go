// Package fresh gives tests a SQLite store that has its tables already: a copy of one that each process makes once. Making
// the tables is most of what opening a new store takes, above all under the race detector.
//
// Owns: the copy. Uses: store, storetest. Runs: nothing.
package fresh
