//go:build sabotage_origin

package sabotage

// Origin: pages of other sites are let in.
const Origin = true
