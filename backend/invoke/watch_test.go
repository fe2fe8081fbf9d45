package invoke

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"testing"
	"time"

	"hangar/backend/event"
	"hangar/backend/eventlog"
	"hangar/backend/mcp"
	"hangar/backend/operation"
	"hangar/backend/provider"
	"hangar/backend/store"
	"hangar/backend/storetest"
	"hangar/backend/storetest/fresh"
)

// reporter is a session whose tool tells of its progress.
type reporter struct {
	session
	reports []string
}

func (s *reporter) Request(_ context.Context, x mcp.Exchange) (json.RawMessage, error) {
	progress := func(params json.RawMessage) { x.Peer.Hear(mcp.NoteProgress, params) }
	for _, r := range s.reports {
		progress(json.RawMessage(r))
	}
	return json.RawMessage(`{"content":[],"isError":true}`), nil
}

func TestACallWhoseProgressIsWantedIsAnOperation(t *testing.T) {
	ctx := event.WithActor(t.Context(), event.Actor{Type: "user", ID: "tester"})
	log := slog.New(slog.DiscardHandler)
	db, err := store.Open(ctx, store.Options{Dir: fresh.Dir(t), URL: storetest.URL(t, ""), Log: log})
	if err != nil {
		t.Fatal(err)
	}
	events, err := eventlog.New(db, log)
	if err != nil {
		t.Fatal(err)
	}
	operations := operation.New(operation.Options{DB: db, Events: events, Log: log})
	t.Cleanup(func() {
		operations.Close(context.Background())
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	s := &reporter{reports: []string{
		`{"progress":1,"total":4,"message":"first"}`,
		`{"progress":3}`,
		`{"progress":1e999,"total":"many","message":7}`,
		`{"progress":9,"total":4}`,
	}}
	var kept records
	service := New(Options{
		Permit: func(context.Context, provider.ID, string) error { return nil },
		Lease:  func(context.Context, provider.ID) (Session, error) { return s, nil },
		Record: &kept, Timeout: time.Minute, Operations: operations, Log: log,
	})
	var heard []string
	c := Call{Provider: "math", Tool: "add", Progress: func(p json.RawMessage) { heard = append(heard, string(p)) }}
	if _, err := service.Call(ctx, c); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(heard, s.reports) {
		t.Errorf("the caller heard %v", heard)
	}
	operations.Close(ctx)
	found, _, err := operations.List(ctx, operation.Filter{})
	if err != nil || len(found) != 1 || found[0].Type != "tool_call" || found[0].Actor.ID != "tester" {
		t.Fatalf("%+v, %v", found, err)
	}
	said, _, err := operations.Events(ctx, found[0].ID, 1, 100)
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, e := range said[:len(said)-2] {
		var own struct{ Data json.RawMessage }
		if err := json.Unmarshal(e.Data, &own); err != nil {
			t.Fatal(err)
		}
		told = append(told, string(own.Data))
	}
	want := []string{
		`{"progress":0.25,"message":"first","details":{"progress":1,"total":4}}`,
		`{"progress":0,"message":"","details":{"progress":3}}`,
		`{"progress":0,"message":"","details":{}}`,
		`{"progress":1,"message":"","details":{"progress":9,"total":4}}`,
	}
	if !slices.Equal(told, want) {
		t.Errorf("it told\n%q\nwant\n%q", told, want)
	}
	if last := said[len(said)-1]; last.Kind != operation.KindCompleted {
		t.Errorf("at last %s", last.Kind)
	}
}
