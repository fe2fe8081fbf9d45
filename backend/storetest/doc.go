// Package storetest gives tests a database to open a store on.
//
// A suite runs on SQLite, or with HANGAR_TEST_STORE=postgres on PostgreSQL: it passes URL(t, dir) as store.Options.URL and
// wraps its TestMain in Main. The server is the distribution's (package postgresql), started without its service: a
// private directory, a Unix socket, no port, and an account of its own when the tests run as root.
//
// Owns: the directory of the server, below the system's temporary one. Uses: nothing of ours. Runs: a PostgreSQL server
// from Main, or Start, to its end.
package storetest
