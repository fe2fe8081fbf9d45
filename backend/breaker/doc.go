// Package breaker is the circuit breaker of a provider and of a group's member.
//
// It counts failures of the transport in a row and knows nothing of what it protects; whoever runs one stores its
// changes. The counting is a library's; ours is the clock that makes half-open come on time.
//
// Owns: the states and rules of a breaker. Uses: sony/gobreaker. Runs: a timer while a breaker is open.
package breaker
