// Package history is what the fleet did, over time, for charts: per provider, tool and group, and all together.
//
// The promises, before the code:
//
//   - Sums are exact. A call or event goes into the sums in the transaction that stores its record and how far the log was
//     read (package call), so nothing is missing and nothing counts twice, kills included.
//   - Three resolutions are kept side by side: 10 s for a day, 1 min for a week, 10 min for 90 days. Each is written when
//     the events come, so a coarser one is no summary of a finer one that may be gone.
//   - Times of calls are kept as histograms of 18 cells, the same everywhere, so percentiles of any span and any set are
//     those of the calls, not averages of averages.
//   - Reading costs the points that it gives: a month of a series is 4,320 rows from one range of the primary key.
//   - The last hour of every provider is also kept in memory, minute by minute (Activity), so that a list of a thousand
//     costs no reading. It says what the tables say: it is read from them at the start, and grows when they do.
//
// The number of series is bounded: of tools that are too many, and of names that are no tool, "_other" takes the sums.
//
// Owns: the tables history_series, history. Uses: call, provider, event, store, fault. Runs: nothing; the keeper of package
// call adds, the upkeep prunes.
package history
