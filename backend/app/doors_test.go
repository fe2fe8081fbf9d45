package app

import (
	"log/slog"
	"net/http"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/go-chi/chi/v5"

	"hangar/backend/auth"
	"hangar/backend/config"
)

// Every route, socket and MCP method stands in the one table of permissions, and the table has no row without a door.
func TestEveryDoorHasItsPermission(t *testing.T) {
	a := build(t)
	doors := map[string]bool{"GET /*": true} // the dashboard's shell answers what no route does
	walk := func(method, path string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		doors[auth.DoorName(method, path)] = true
		return nil
	}
	if err := chi.Walk(a.router(newGuard(a.opts.Config)), walk); err != nil {
		t.Fatal(err)
	}
	for _, m := range a.gateway.Methods() {
		doors["MCP "+m.Name] = true
	}
	rules := auth.Rules()
	for door := range doors {
		if rules[door] == "" {
			t.Errorf("%s has no permission in auth.Rules", door)
		}
	}
	for door := range rules {
		if !doors[door] {
			t.Errorf("auth.Rules has a row for %s, which is no door", door)
		}
	}
}

func build(t *testing.T) *App {
	t.Helper()
	dir := t.TempDir()
	c, err := config.Load(config.Source{
		Flags: map[string]string{"listen": "127.0.0.1:0", "data": filepath.Join(dir, "data")},
		Env:   func(string) (string, bool) { return "", false }, Dir: dir,
	})
	if err != nil {
		t.Fatal(err)
	}
	a, err := New(t.Context(), Options{Config: c, Dist: fstest.MapFS{}, Version: "test", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.undo.unwind(a.opts.Log); err != nil {
			t.Error(err)
		}
	})
	return a
}
