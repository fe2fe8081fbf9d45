package app

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hangar/backend/auth"
	"hangar/backend/config"
	"hangar/backend/event"
	"hangar/backend/eventlog"
)

// A change is put down to who made it, however they came, and not to what they say of themselves.
func TestEveryChangeHasItsActor(t *testing.T) {
	a := build(t, "auth: {enabled: true}\n")
	ctx := event.WithActor(t.Context(), event.System("test"))
	_, key, err := a.auth.Bootstrap(ctx, auth.NewKey{Principal: "root", Name: "n"})
	if err != nil {
		t.Fatal(err)
	}
	head := a.events.Head()
	send := func(key, body string) {
		t.Helper()
		r := httptest.NewRequest("POST", "http://127.0.0.1/api/auth/keys", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+key)
		w := httptest.NewRecorder()
		a.server.Handler.ServeHTTP(w, r)
		if w.Code != http.StatusCreated {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	send(key, `{"principal_id":"one","name":"n","created_by":"somebody else"}`)
	send(a.localKey, `{"principal_id":"two","name":"n"}`)
	found, err := a.events.Read(ctx, head, eventlog.Filter{Kinds: []string{auth.KindKeyCreated}}, 10)
	if err != nil || len(found) != 2 {
		t.Fatalf("%+v, %v", found, err)
	}
	for i, want := range []event.Actor{{Type: "user", ID: "root"}, {Type: "user", ID: auth.LocalID}} {
		if found[i].Actor != want {
			t.Errorf("%s: by %+v, want %+v", found[i].Data, found[i].Actor, want)
		}
	}
	if !strings.Contains(string(found[0].Data), `"created_by":"somebody else"`) {
		t.Errorf("the claim is lost: %s", found[0].Data)
	}
}

// Only its owner may read the key of a run, and it goes with the run.
func TestTheLocalKeyIsOfThisRunAlone(t *testing.T) {
	a := build(t, "auth: {enabled: true}\n")
	file := filepath.Join(a.opts.Config.DataDir, localKeyFile)
	at, err := os.Stat(file)
	if err != nil || at.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", at, err)
	}
	if key, err := LocalKey(a.opts.Config.DataDir); err != nil || key != a.localKey {
		t.Errorf("%q, %v", key, err)
	}
	if err := a.undo.unwind(a.opts.Log); err != nil {
		t.Fatal(err)
	}
	if key, err := LocalKey(a.opts.Config.DataDir); err != nil || key != "" {
		t.Errorf("after the run: %q, %v", key, err)
	}
	open := build(t, "{}\n")
	if key, err := LocalKey(open.opts.Config.DataDir); err != nil || key != "" || open.SetupLink() != "" {
		t.Errorf("where nobody signs in: %q, %v, link %q", key, err, open.SetupLink())
	}
}

func TestBeyondLoopbackOnlyWithSignIn(t *testing.T) {
	for file, want := range map[string]bool{
		"listen: 0.0.0.0:0\nauth: {enabled: true}\n": true, "listen: 0.0.0.0:0\nunsafe_no_auth: true\n": true, "listen: 127.0.0.1:0\n": true,
	} {
		a := build(t, file)
		if got := a.listener != nil; got != want {
			t.Errorf("%q: %v", file, got)
		}
		if a.opts.Config.Auth.Enabled && !strings.HasPrefix(a.SetupLink(), "http://127.0.0.1:") {
			t.Errorf("a link to nowhere: %s", a.SetupLink())
		}
	}
	c := &config.Config{Listen: "0.0.0.0:0"}
	if err := (&App{opts: Options{Config: c}}).listen(t.Context()); err == nil || !strings.Contains(err.Error(), "auth: {enabled: true}") {
		t.Errorf("%v", err)
	}
}
