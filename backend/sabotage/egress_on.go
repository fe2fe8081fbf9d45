//go:build sabotage_egress

package sabotage

// Egress: every address may be reached.
const Egress = true
