//go:build sabotage_seal

package sabotage

// Seal: secrets are stored in the clear.
const Seal = true
