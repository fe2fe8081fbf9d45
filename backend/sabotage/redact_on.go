//go:build sabotage_redact

package sabotage

// Redact: secrets are shown.
const Redact = true
