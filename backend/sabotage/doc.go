// Package sabotage takes guards away, on purpose, in builds that nobody ships: a test of a guard that passes without the guard
// proves nothing. Each constant is false unless its build tag is given; go test -tags sabotage_origin must then fail the test
// that holds the guard, and this package's test sees that it does.
//
// Owns: the tags. Uses: nothing. Runs: nothing.
package sabotage
