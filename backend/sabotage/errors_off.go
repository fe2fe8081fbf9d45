//go:build !sabotage_errors

package sabotage

// Errors: changes that could not be stored are acknowledged.
const Errors = false
