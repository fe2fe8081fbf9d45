package app

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/go-chi/chi/v5"

	"hangar/backend/auth"
	"hangar/backend/config"
	"hangar/backend/manage"
)

// Every route, socket and MCP method stands in the one table of permissions, and the table has no row without a door.
func TestEveryDoorHasItsPermission(t *testing.T) {
	a := build(t, "{}\n")
	doors := map[string]bool{"GET /*": true} // the dashboard's shell answers what no route does
	walk := func(method, path string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		doors[auth.DoorName(method, path)] = true
		return nil
	}
	if err := chi.Walk(a.router(newGuard(a.opts.Config)), walk); err != nil {
		t.Fatal(err)
	}
	tools := manage.New(manage.Options{}).Names()
	for _, m := range a.gateway.Methods() {
		doors["MCP "+m.Name] = true
	}
	for door := range auth.Rules() {
		if tool, ok := strings.CutPrefix(door, "TOOL "); ok {
			tool, _, _ = strings.Cut(tool, "/")
			doors[door] = slices.Contains(tools, tool)
			tools = slices.DeleteFunc(tools, func(name string) bool { return name == tool })
		}
	}
	for _, tool := range tools {
		t.Errorf("the tool %s has no permission in auth.Rules", tool)
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

// A route that somebody adds and forgets to list serves nobody, wherever it is added.
func TestAForgottenRouteServesNobody(t *testing.T) {
	a := build(t, "{}\n")
	r := a.router(newGuard(a.opts.Config))
	served := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }
	r.Get("/api/forgotten", served)
	r.Route("/api/sub", func(r chi.Router) { r.Post("/{id}", served) })
	r.Mount("/mounted", http.HandlerFunc(served))
	for path, method := range map[string]string{"/api/forgotten": "GET", "/api/sub/x": "POST", "/mounted": "GET", "/mounted/deep": "GET"} {
		w := httptest.NewRecorder()
		r.ServeHTTP(w, httptest.NewRequest(method, "http://127.0.0.1"+path, nil))
		if w.Code != http.StatusForbidden {
			t.Errorf("%s %s: %d", method, path, w.Code)
		}
	}
}

// build makes an app of a file, without running it.
func build(t *testing.T, file string) *App {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "hangar.yaml"), []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	flags := map[string]string{"data": filepath.Join(dir, "data"), "websocket-enabled": "false"}
	if !strings.Contains(file, "listen:") {
		flags["listen"] = "127.0.0.1:0"
	}
	c, err := config.Load(config.Source{
		File: filepath.Join(dir, "hangar.yaml"), Flags: flags,
		Env: func(string) (string, bool) { return "", false }, Dir: dir,
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
