// Package store is the one file that Hangar keeps its state in: a SQLite database in the data directory.
//
// The promises, before the code:
//
//   - One writer. Write queues a closure; one goroutine runs the closures in the order in which they were queued and
//     commits everything that was waiting as one transaction. Each closure has a savepoint of its own, so that one
//     that fails takes nothing with it. Write returns after the COMMIT that holds its changes is on the disk, never
//     before.
//   - A definite answer. When Write returns an error the changes are not in the database; a caller whose context ends
//     while its closure still waits takes the closure back. The one exception is an I/O error in COMMIT itself, where
//     nobody can know: the store then refuses every further write (see Health).
//   - What others may react to happens after the commit: Tx.AfterCommit functions run in commit order, before the
//     callers return.
//   - Readers never wait for the writer. Read gives a pool of read-only connections; View gives one snapshot.
//   - A full disk is an error of the request (507), not of the store: reads go on, and writes work again as soon as
//     there is room.
//   - One process per data directory, by a lock on a file that also says where that process listens.
//
// Times are INTEGER microseconds since 1970, UTC, in every table (Micros, Time).
//
// The tables of all packages are in migrations/sqlite, numbered; see the README there.
//
// Owns: hangar.db, hangar.lock, the table store_info. Uses: fault. Runs: the writer, from Open to Close.
package store
