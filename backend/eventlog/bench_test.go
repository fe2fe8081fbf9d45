package eventlog

import (
	"context"
	"strings"
	"sync"
	"testing"

	"hangar/backend/store"
)

// BenchmarkAppend is group commit under load: 64 callers, each event of 300 bytes durable before its caller goes on.
// Floor: 64 callers without group commit do 0.2 to 0.8 thousand a second (design/performance.md, C).
func BenchmarkAppend(b *testing.B) {
	for name, callers := range map[string]int{"callers=1": 1, "callers=64": 64} {
		b.Run(name, func(b *testing.B) {
			db, err := openDB(b.TempDir())
			if err != nil {
				b.Fatal(err)
			}
			defer db.Close()
			l, err := New(db, nil)
			if err != nil {
				b.Fatal(err)
			}
			ctx, p := as(context.Background()), noted{To: "s", Text: strings.Repeat("x", 280)}
			b.ResetTimer()
			var wg sync.WaitGroup
			for c := range callers {
				wg.Go(func() {
					for i := c; i < b.N; i += callers {
						err := db.Write(ctx, func(ctx context.Context, tx *store.Tx) error { return l.Append(ctx, tx, p) })
						if err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}
