package eventlog

import (
	"log/slog"
	"testing"
	"time"

	"hangar/backend/store"
	"hangar/backend/storetest"
)

// The commit is carried out, and for longer than the store waits nobody hears of it: the recorder tries again, and must
// find that there is nothing left to do.
func TestRecordsWhoseCommitWasCutAreStoredOnce(t *testing.T) {
	p, url := storetest.Through(t, storetest.Database(t))
	db, err := store.Open(t.Context(), store.Options{Dir: t.TempDir(), URL: url, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	l, err := New(db, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	stop := run(t, l)
	p.Set(storetest.After, true)
	if err := l.Record(as(t.Context()), noted{To: "s", N: 1}); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(12*time.Second, func() { p.Set(storetest.Pass, false) }) // the store gives up waiting after ten
	if err := l.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := l.Record(as(t.Context()), noted{To: "s", N: 2}); err != nil {
		t.Fatal(err)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	if got := numbers(t, checkWhole(t, l)); len(got) != 2 || got[0] != 1 || got[1] != 2 {
		t.Errorf("stored: %v", got)
	}
}
