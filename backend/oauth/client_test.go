package oauth

import (
	"log/slog"
	"sync"
	"testing"

	"hangar/backend/secret"
	"hangar/backend/store"
	"hangar/backend/storetest"
	"hangar/backend/storetest/fresh"
)

// Providers come and go by the thousand: one that is gone leaves nothing, and whoever waits for its turn meanwhile gets one.
func TestAForgottenProviderLeavesNothing(t *testing.T) {
	dir, log := t.TempDir(), slog.New(slog.DiscardHandler)
	fresh.Into(t, dir)
	db, err := store.Open(t.Context(), store.Options{Dir: dir, URL: storetest.URL(t, dir), Log: log})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	vault, err := secret.Open(t.Context(), db, dir, log)
	if err != nil {
		t.Fatal(err)
	}
	c := New(Options{Vault: vault, Log: log})
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 20 {
				_, leave, err := c.enter(t.Context(), Target{Provider: "far"})
				if err != nil {
					t.Error(err)
					return
				}
				leave()
				if err := c.Forget(t.Context(), "far"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if len(c.accounts) != 0 {
		t.Errorf("%d accounts are left", len(c.accounts))
	}
}
