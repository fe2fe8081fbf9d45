package eventlog

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"testing"

	"go.uber.org/goleak"

	"hangar/backend/event"
	"hangar/backend/store"
	"hangar/backend/storetest"
	"hangar/backend/storetest/fresh"
)

// childMode makes a copy of this test binary the process that is killed.
const childMode = "HANGAR_EVENTLOG_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childMode) != "" {
		os.Exit(appendUntilKilled(os.Args[len(os.Args)-1]))
	}
	goleak.VerifyTestMain(storetest.Both(m))
}

// noted is the event of the tests.
type noted struct {
	To   string `json:"-"`
	Type string `json:"-"`
	N    int    `json:"n"`
	Text string `json:"text,omitempty"`
}

func (e noted) Stream() string { return e.To }
func (e noted) Kind() string {
	if e.Type == "" {
		return "Noted"
	}
	return e.Type
}

func as(ctx context.Context) context.Context { return event.WithActor(ctx, event.System("test")) }

func openDB(dir string) (*store.DB, error) {
	return store.Open(context.Background(), store.Options{Dir: dir, URL: storetest.Known(dir), Log: slog.New(slog.DiscardHandler)})
}

func open(t *testing.T, dir string) (*store.DB, *Log) {
	t.Helper()
	fresh.Into(t, dir)
	storetest.URL(t, dir)
	db, err := openDB(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	l, err := New(db, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return db, l
}

func write(t *testing.T, db *store.DB, l *Log, ps ...event.Payload) {
	t.Helper()
	err := db.Write(as(t.Context()), func(ctx context.Context, tx *store.Tx) error { return l.Append(ctx, tx, ps...) })
	if err != nil {
		t.Error(err)
	}
}

// fill appends n events of one stream, in transactions of a hundred.
func fill(t *testing.T, db *store.DB, l *Log, n int) {
	t.Helper()
	for n > 0 {
		ps := make([]event.Payload, min(n, 100))
		for i := range ps {
			ps[i] = noted{To: "s", N: i}
		}
		write(t, db, l, ps...)
		n -= len(ps)
	}
}

// run starts the recorder; the returned function ends it and gives its error.
func run(t *testing.T, l *Log) (stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	var err error
	ended := false
	stop = func() error {
		if !ended {
			cancel()
			err, ended = <-done, true
		}
		return err
	}
	t.Cleanup(func() { _ = stop() })
	return stop
}

func numbers(t *testing.T, events []event.Envelope) []int {
	t.Helper()
	var ns []int
	for _, e := range events {
		var n noted
		if err := json.Unmarshal(e.Data, &n); err != nil {
			t.Fatal(err)
		}
		ns = append(ns, n.N)
	}
	return ns
}

func positions(events []event.Envelope) []int64 {
	var ps []int64
	for _, e := range events {
		ps = append(ps, e.Position)
	}
	return ps
}
