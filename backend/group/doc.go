// Package group picks one of several providers that do the same work.
//
// A group is a rule (strategy, min_healthy) and its members. A member is in the rotation while its provider runs or could
// be started; each has a circuit breaker of its own, so that a failing member never speaks for a healthy one. What the
// whole group is (State, Circuit) is computed from its members and stored nowhere.
//
// Service is the one door: each verb is one transaction of rows and events. It also keeps every group as last committed
// in memory (Live), so that a call reads no table and a changed strategy holds from the next call on. Balancer is one
// group's live picking; the strategies are one file each.
//
// Owns: tables groups, group_members; the events in events.go.
// Uses: provider, eventlog, store, event, fault.
// Runs: nothing of its own; Run follows the log for the rotation when a caller brings the goroutine.
package group
