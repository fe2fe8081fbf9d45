// Package backup writes all that Hangar keeps into one file, while Hangar runs, and puts it back, verified.
//
// A backup is a gzipped tar of a manifest and a consistent copy of the database; with the key, when asked for, without
// which the secrets in it are closed to everybody. The manifest has the size and SHA-256 of each. A backup is written beside
// its name and renamed when it is whole, so a file that bears the name is one.
//
// Restoring reads everything, checks it against the manifest, has SQLite read the database from end to end, and only then
// touches the data directory. What was there is put aside, not removed. The restored database has an identity of its own.
//
// Owns: the format. Uses: store, secret. Runs: nothing.
package backup
