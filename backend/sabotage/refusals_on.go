//go:build sabotage_refusals

package sabotage

// Refusals: what is refused is on no record.
const Refusals = true
