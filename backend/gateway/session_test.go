package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"hangar/backend/auth"
)

func TestUnusedSessionsExpireAndBusyOnesDoNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table := newSessions(10, time.Hour, func(*session) {})
		ctx, stop := context.WithCancel(t.Context())
		go table.expire(ctx)
		unused, _ := table.open(door{}, "a", auth.Local())
		used, _ := table.open(door{}, "b", auth.Local())
		busy, _ := table.open(door{}, "c", auth.Local())
		call, err := busy.calls.begin(ctx, json.RawMessage("1"))
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(50 * time.Minute)
		if _, ok := table.find(used.id, door{}, auth.LocalID); !ok {
			t.Fatal("it went early")
		}
		time.Sleep(15 * time.Minute)
		if _, ok := table.find(unused.id, door{}, auth.LocalID); ok {
			t.Error("an unused session is still there")
		}
		if _, ok := table.find(used.id, door{}, auth.LocalID); !ok {
			t.Error("a used session is gone")
		}
		if _, ok := table.find(busy.id, door{}, auth.LocalID); !ok || call.Err() != nil {
			t.Error("a session with a running call is gone")
		}
		busy.calls.end(json.RawMessage("1"))
		time.Sleep(2 * time.Hour)
		if n := table.count(); n != 0 {
			t.Errorf("%d sessions", n)
		}
		stop()
	})
}

func TestAFullTableGivesUpTheLongestUnused(t *testing.T) {
	table := newSessions(3, time.Hour, func(*session) {})
	busy, _ := table.open(door{}, "busy", auth.Local())
	if _, err := busy.calls.begin(t.Context(), json.RawMessage("1")); err != nil {
		t.Fatal(err)
	}
	second, _ := table.open(door{}, "second", auth.Local())
	third, _ := table.open(door{}, "third", auth.Local())
	table.find(second.id, door{}, auth.LocalID) // used after the third
	fourth, ok := table.open(door{}, "fourth", auth.Local())
	if _, there := table.find(third.id, door{}, auth.LocalID); !ok || there || table.count() != 3 {
		t.Fatalf("%v %v %d", ok, there, table.count())
	}
	if _, ok := table.find(fourth.id, door{}, "somebody else"); ok {
		t.Error("a session is its id's, not its principal's")
	}
	for _, s := range []*session{second, fourth} {
		if _, err := s.calls.begin(t.Context(), json.RawMessage("1")); err != nil {
			t.Fatal(err)
		}
	}
	if _, ok := table.open(door{}, "fifth", auth.Local()); ok {
		t.Error("a busy session was given up")
	}
	if _, err := third.calls.begin(t.Context(), json.RawMessage("2")); !errors.Is(err, errExpired) {
		t.Errorf("a call in a session that is over: %v", err)
	}
	table.closeAll(errShutdown)
}
