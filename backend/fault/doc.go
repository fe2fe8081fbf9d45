// Package fault is the one vocabulary of errors.
//
// An error gets its Kind where it is born; what-we-were-doing is wrapped around it on the way up; its HTTP status is
// looked up in one place (Kind.Status) where it leaves the process. A Type is the stable name that clients match on
// (`ProviderNotFoundError`); a Message says what happened, to what, and what to do.
//
// Owns: the kinds, their statuses and default type names. Uses: the standard library. Runs: nothing.
package fault
