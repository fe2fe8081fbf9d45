// Package eventlog is the log that everything else reads.
//
// The promises, before the code:
//
//   - Positions are 1, 2, 3 ... without holes, and position order is commit order: a reader that has seen position p
//     never later sees a new q < p. The head is a row that is bumped in the transaction of the events, and the store
//     has one writer, so a rollback takes its positions back with it.
//   - Versions are 1, 2, 3 ... without holes within a stream.
//   - Append writes in the caller's transaction: the change and its event are stored together or not at all. Record
//     queues for a batch of its own (the many records of calls): it returns before the commit, and what it queued is
//     written unless the process is killed or the disk fails. Recorded events are stored a batch to a row, which readers
//     do not notice.
//   - An event is announced after it is on the disk. A Tail gives history, then what comes, without seam: every
//     position exactly once, in order.
//   - Nothing is dropped to save time: a full queue blocks the caller, bounded by its context. A Tail that is slow
//     reads the database instead of memory; it slows nobody.
//
// Owns: the tables events, event_batches, event_batch_keys, streams, log_head, log_readers, snapshots. Uses: event, fault, store. Runs: the recorder (Run).
package eventlog
