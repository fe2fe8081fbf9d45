// Package telemetry is what Prometheus sees of Hangar.
//
// Facts that are events are counted by a reader of the log's tail, each at one place (seen); what is true at the moment
// is read from the services when somebody scrapes (gauges). A scrape waits, for a moment, until all that had happened
// when it came is counted. Counters are of this run and begin with zero.
//
// Names and labels are those of MCP Hangar 0.12 (reference/hangar.md 5.6), as far as they apply, so that dashboards go on
// working. Every label is bounded: values beyond a limit are counted under "_other", and how often that happened is a
// metric of its own. What belongs to a provider that is gone makes room first.
//
// Owns: the metrics, in memory; nothing stored. Uses: eventlog, provider, group, operation, discovery, alert, upkeep, event, client_golang.
// Runs: Run, the reader.
package telemetry
