// Package call keeps a record of every tool call, for as long as the configuration says, and finds them again.
//
// The promises, before the code:
//
//   - Every call that the log recorded is here exactly once. The Keeper reads the log's tail and stores records and how
//     far it has come in one transaction; after a kill it goes on where it was.
//   - Whoever asks sees every call that was over when they asked: a search first waits until the Keeper has stored them.
//     Where it cannot, because the disk is full, the search answers with what is stored.
//   - A search costs what it has to look at, which is bounded: a page that found nothing within the bound says where to
//     go on.
//   - Removing events from the log removes no record.
//
// Records lie in segments, thousands to a row and column by column: a record costs 80 bytes and a microsecond, where a
// row of its own with an index for each thing that people search by would cost ten times as much. Small segments are
// merged as they come. A Bloom filter beside each tells a search which ones it need not open.
//
// A call of a group is one record per member that was tried.
//
// Owns: the tables call_segments, call_counts; the reader "calls" of the log. Uses: provider, eventlog, store, event.
// Runs: Keeper.Run.
package call
