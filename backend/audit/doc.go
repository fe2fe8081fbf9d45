// Package audit answers who did what, and who was kept from doing it.
//
// It keeps no book of its own: every change is an event in the log, in the transaction of the change, with its actor, the way
// it came, and what it made of what. A record of the audit is such an event, worded. What changes nothing, because it was
// refused, is put on record by the Watch: denied requests, failed sign-ins, lock-outs, addresses that may not be reached.
// Somebody who is refused all the time is one record a minute with a number, so that nobody can fill the disk by knocking.
//
// Owns: the events in events.go, on the stream "audit". Uses: eventlog, store, event. Runs: Watch.Run writes what was seen.
package audit
