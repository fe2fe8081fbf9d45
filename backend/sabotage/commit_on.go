//go:build sabotage_commit

package sabotage

// Commit: changes are acknowledged before they are stored.
const Commit = true
