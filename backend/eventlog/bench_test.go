package eventlog

import (
	"context"
	"strings"
	"sync"
	"testing"

	"hangar/backend/store"
	"hangar/backend/storetest"
)

// BenchmarkAppend is group commit under load: 64 callers, each event of 300 bytes durable before its caller goes on.
// Floor: 64 callers without group commit do 0.2 to 0.8 thousand a second (design/performance.md, C).
func BenchmarkAppend(b *testing.B) {
	for name, callers := range map[string]int{"callers=1": 1, "callers=64": 64} {
		b.Run(name, func(b *testing.B) {
			dir := b.TempDir()
			storetest.URL(b, dir)
			db, err := openDB(dir)
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

// BenchmarkRecord is what keeping an event costs its caller and the recorder together, until it is on the disk. The way
// of an event to its readers is in it too.
func BenchmarkRecord(b *testing.B) {
	db, err := openDB(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	l, err := New(db, nil)
	if err != nil {
		b.Fatal(err)
	}
	life, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- l.Run(life) }()
	defer func() { stop(); <-ended }()
	ctx, p := as(context.Background()), noted{To: "s", Text: strings.Repeat("x", 280)}
	b.ReportAllocs()
	b.SetParallelism(8)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := l.Record(ctx, p); err != nil {
				b.Error(err)
				return
			}
		}
	})
	if err := l.Flush(ctx); err != nil {
		b.Fatal(err)
	}
}
