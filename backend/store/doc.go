// Package store is where Hangar keeps its state: a SQLite database in the data directory, or a PostgreSQL database. The
// packages above do not know which; their SQL is one text for both.
//
// The promises, before the code:
//
//   - One writer. Write queues a closure; one goroutine runs the closures in the order in which they were queued and
//     commits everything that was waiting as one transaction. Each closure has a savepoint of its own, so that one
//     that fails takes nothing with it. Write returns after the COMMIT that holds its changes is on the disk, never
//     before.
//   - A definite answer. When Write returns an error the changes are not in the database; a caller whose context ends
//     while its closure still waits takes the closure back. There are two exceptions. After an I/O error in a COMMIT of
//     SQLite nobody can know: the store then refuses every further write (see Health). When the connection to PostgreSQL
//     breaks during a COMMIT, the writer connects again and asks what became of it (link.go); callers wait for that, and
//     only after ten seconds they are told that it is unknown. It is settled before the next write, and if it was stored,
//     announced then.
//   - What others may react to happens after the commit: Tx.AfterCommit functions run in commit order, before the
//     callers return.
//   - Readers never wait for the writer. Read gives a pool of read-only connections; View gives one snapshot.
//   - A full disk is an error of the request (507), not of the store: reads go on, and writes work again as soon as
//     there is room.
//   - A PostgreSQL server that goes away makes writes fail with 503, and they succeed again when it is back.
//   - One process per data directory, by a lock on a file that also says where that process listens; and one process per
//     PostgreSQL database, by an advisory lock of the session that writes, which is held round the migrations too.
//
// Times are INTEGER microseconds since 1970, UTC, in every table (Micros, Time).
//
// The tables of all packages are in migrations/, numbered, for each database; see the README there.
//
// Owns: hangar.db, hangar.lock, the tables store_info and store_commit. Uses: fault, sabotage. Runs: the writer, from Open to Close.
package store
