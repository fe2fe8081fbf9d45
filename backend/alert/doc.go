// Package alert says what needs a hand: what is wrong now, since when, and what was.
//
// Rules look at a picture of the fleet (Judge, pure) and give conditions. A condition that was not there becomes a firing
// alert, one that is not there any more resolves it: an alert is a state, not a message. So nothing is missed by a restart
// and nothing fires twice: there is one firing alert for a rule and a subject. One that comes back within five minutes is
// the same alert, counted again.
//
// Drift is the exception: that a tool's definition changed is a moment. Its alert lasts until it is acknowledged, or a day.
//
// Acknowledging says that somebody is at it; a silence says that for a time nobody wants to hear of a rule, a subject, or
// both. Neither hides an alert.
//
// Owns: the tables alerts, alert_silences; the events in events.go. Uses: provider, group, breaker, eventlog, store,
// event, fault. Runs: Watcher.Run.
package alert
