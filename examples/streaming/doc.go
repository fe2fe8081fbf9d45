// Package streaming reports the progress of long-running work to Hangar, from Go, with the standard library alone. Copy it,
// or import it.
//
//	rows, err := streaming.Run(ctx, streaming.FromEnv(), "import", map[string]any{"file": name},
//		func(ctx context.Context, op *streaming.Operation) (int, error) {
//			op.Progress(ctx, 0.5, "Half of it", nil)
//			return 42, nil // the operation's result
//		})
//
// The work comes first: a report that does not get through is a warning in the log, and the work goes on.
//
// Owns: nothing. Uses: Hangar's REST routes below /api/operations. Runs: nothing; reports are made by the caller's goroutine.
package streaming
