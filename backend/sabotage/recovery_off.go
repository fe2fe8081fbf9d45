//go:build !sabotage_recovery

package sabotage

// Recovery: what an earlier run left behind stays: processes, containers, operations.
const Recovery = false
