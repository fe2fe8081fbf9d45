package provider_test

import (
	"context"
	"log/slog"
	"testing"

	"go.uber.org/goleak"

	"hangar/backend/event"
	"hangar/backend/eventlog"
	"hangar/backend/provider"
	"hangar/backend/store"
	"hangar/backend/storetest"
	"hangar/backend/storetest/fresh"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(storetest.Main(m)) }

// setup opens a real store in a directory of its own.
func setup(t *testing.T) (context.Context, *provider.Service, *eventlog.Log) {
	t.Helper()
	ctx, s, log, _ := setupStore(t)
	return ctx, s, log
}

func setupStore(t *testing.T) (context.Context, *provider.Service, *eventlog.Log, *store.DB) {
	t.Helper()
	ctx := event.WithActor(t.Context(), event.Actor{Type: "user", ID: "tester"})
	db, err := store.Open(ctx, store.Options{Dir: fresh.Dir(t), URL: storetest.URL(t, ""), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	log, err := eventlog.New(db, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return ctx, provider.New(db, log), log, db
}

func demo() provider.Spec {
	return provider.Spec{Mode: provider.Subprocess, Command: []string{"/bin/demo"}}
}

func testContext(t *testing.T) (context.Context, context.CancelFunc) {
	return context.WithCancel(context.WithoutCancel(t.Context()))
}
