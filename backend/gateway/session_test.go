package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestUnusedSessionsExpireAndBusyOnesDoNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table := newSessions(10, time.Hour)
		ctx, stop := context.WithCancel(t.Context())
		go table.expire(ctx)
		unused, _ := table.open(door{}, "a")
		used, _ := table.open(door{}, "b")
		busy, _ := table.open(door{}, "c")
		call, err := busy.calls.begin(ctx, json.RawMessage("1"))
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(50 * time.Minute)
		if _, ok := table.find(used.id, door{}); !ok {
			t.Fatal("it went early")
		}
		time.Sleep(15 * time.Minute)
		if _, ok := table.find(unused.id, door{}); ok {
			t.Error("an unused session is still there")
		}
		if _, ok := table.find(used.id, door{}); !ok {
			t.Error("a used session is gone")
		}
		if _, ok := table.find(busy.id, door{}); !ok || call.Err() != nil {
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
	table := newSessions(3, time.Hour)
	busy, _ := table.open(door{}, "busy")
	if _, err := busy.calls.begin(t.Context(), json.RawMessage("1")); err != nil {
		t.Fatal(err)
	}
	second, _ := table.open(door{}, "second")
	third, _ := table.open(door{}, "third")
	table.find(second.id, door{}) // used after the third
	fourth, ok := table.open(door{}, "fourth")
	if _, there := table.find(third.id, door{}); !ok || there || table.count() != 3 {
		t.Fatalf("%v %v %d", ok, there, table.count())
	}
	for _, s := range []*session{second, fourth} {
		if _, err := s.calls.begin(t.Context(), json.RawMessage("1")); err != nil {
			t.Fatal(err)
		}
	}
	if _, ok := table.open(door{}, "fifth"); ok {
		t.Error("a busy session was given up")
	}
	if _, err := third.calls.begin(t.Context(), json.RawMessage("2")); !errors.Is(err, errExpired) {
		t.Errorf("a call in a session that is over: %v", err)
	}
	table.closeAll(errShutdown)
}
