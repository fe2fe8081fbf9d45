package app_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"hangar/backend/apptest"
)

// pool makes a group of providers that behave.
func pool(t *testing.T, ids ...string) *apptest.App {
	t.Helper()
	a := apptest.Start(t)
	a.Want(201, "POST", "/api/groups", map[string]any{"group_id": "pool"})
	for _, id := range ids {
		a.Add(id, "good")
		a.Want(201, "POST", "/api/groups/pool/members", map[string]any{"member_id": id})
	}
	return a
}

func TestGroupRoutesKeepTheContract(t *testing.T) {
	a := apptest.Start(t)
	a.Add("llm-1", "good")
	keep(t, a, []contract{
		{"POST", "/api/groups", map[string]any{"group_id": "llm-pool", "strategy": "round_robin", "min_healthy": 1, "description": "d"}, 201, []string{"group_id", "created"}, nil},
		{"POST", "/api/groups/llm-pool/members", map[string]any{"member_id": "llm-1", "weight": 2, "priority": 3}, 201, []string{"group_id", "provider_id", "added"}, nil},
		{"GET", "/api/groups", nil, 200, []string{"groups", "position", "store_id"}, map[string][]string{"groups": {"group_id", "state", "strategy", "members", "circuit_breaker_state"}}},
		{"GET", "/api/groups/llm-pool", nil, 200, []string{"group_id", "description", "state", "strategy", "min_healthy", "healthy_count", "total_members", "is_available", "circuit_open", "circuit_breaker_state", "recent_calls"},
			map[string][]string{"members": {"id", "state", "in_rotation", "weight", "priority", "consecutive_failures", "circuit_breaker_state", "wanted_share", "observed_share"}}},
		{"POST", "/api/groups/llm-pool/tools/add/call", map[string]any{"arguments": map[string]any{"a": 1, "b": 2}}, 200, []string{"content", "structuredContent", "duration_ms"}, nil},
		{"PUT", "/api/groups/llm-pool", map[string]any{"strategy": "sticky"}, 200, []string{"group_id", "updated"}, nil},
		{"POST", "/api/groups/llm-pool/rebalance", nil, 200, []string{"status", "group_id"}, nil},
		{"DELETE", "/api/groups/llm-pool/members/llm-1", nil, 200, []string{"group_id", "provider_id", "removed"}, nil},
		{"DELETE", "/api/groups/llm-pool", nil, 200, []string{"group_id", "deleted"}, nil},
	})
	a.Want(200, "GET", "/api/providers/llm-1", nil) // a member outlives its group
}

func TestWhatGroupsRefuse(t *testing.T) {
	a := pool(t, "math")
	create := func(k string, v any) map[string]any { return map[string]any{"group_id": "new", k: v} }
	member := func(k string, v any) map[string]any { return map[string]any{"member_id": "math", k: v} }
	for name, c := range map[string]struct {
		method, path string
		body         any
		status       int
		kind, says   string
	}{
		"get an unknown one":       {"GET", "/api/groups/nope", nil, 404, "GroupNotFoundError", "nope"},
		"update an unknown one":    {"PUT", "/api/groups/nope", map[string]any{}, 404, "GroupNotFoundError", "nope"},
		"delete an unknown one":    {"DELETE", "/api/groups/nope", nil, 404, "GroupNotFoundError", "nope"},
		"rebalance an unknown one": {"POST", "/api/groups/nope/rebalance", nil, 404, "GroupNotFoundError", "nope"},
		"a member of an unknown":   {"POST", "/api/groups/nope/members", member("weight", 1), 404, "GroupNotFoundError", "nope"},
		"call an unknown one":      {"POST", "/api/groups/nope/tools/add/call", map[string]any{}, 404, "GroupNotFoundError", "nope"},
		"an unknown provider":      {"POST", "/api/groups/pool/members", map[string]any{"member_id": "nope"}, 404, "ProviderNotFoundError", "nope"},
		"no member":                {"DELETE", "/api/groups/pool/members/nope", nil, 404, "GroupMemberNotFoundError", "nope"},
		"an unknown tool":          {"POST", "/api/groups/pool/tools/nope/call", map[string]any{}, 404, "ToolNotFoundError", "nope"},
		"a taken id":               {"POST", "/api/groups", map[string]any{"group_id": "pool"}, 409, "ConflictError", "pool"},
		"a member already":         {"POST", "/api/groups/pool/members", member("weight", 1), 409, "ConflictError", "math"},
		"no id":                    {"POST", "/api/groups", map[string]any{}, 422, "ValidationError", "group_id"},
		"a bad id":                 {"POST", "/api/groups", map[string]any{"group_id": "a b"}, 422, "ValidationError", "group_id"},
		"an unknown strategy":      {"POST", "/api/groups", create("strategy", "fastest"), 422, "ValidationError", "strategy"},
		"a new unknown strategy":   {"PUT", "/api/groups/pool", map[string]any{"strategy": "fastest"}, 422, "ValidationError", "strategy"},
		"min_healthy of zero":      {"POST", "/api/groups", create("min_healthy", 0), 422, "ValidationError", "min_healthy"},
		"a negative min_healthy":   {"PUT", "/api/groups/pool", map[string]any{"min_healthy": -1}, 422, "ValidationError", "min_healthy"},
		"a weight of zero":         {"POST", "/api/groups/pool/members", member("weight", 0), 422, "ValidationError", "weight"},
		"a priority beyond":        {"POST", "/api/groups/pool/members", member("priority", 101), 422, "ValidationError", "priority"},
		"an unknown field":         {"POST", "/api/groups", create("bogus", 1), 422, "ValidationError", "bogus"},
		"arguments no object":      {"POST", "/api/groups/pool/tools/add/call", `{"arguments":[1]}`, 422, "ValidationError", "arguments"},
		"no body":                  {"POST", "/api/groups", nil, 400, "MalformedRequestError", ""},
	} {
		got := a.Do(c.method, c.path, c.body)
		if got.Status != c.status || got.Body["error"] != c.kind || !strings.Contains(string(got.Raw), c.says) {
			t.Errorf("%s: got %d %s", name, got.Status, got.Raw)
		}
	}
	if got := a.Want(200, "GET", "/api/groups", nil).Body["groups"].([]any); len(got) != 1 {
		t.Errorf("a refused request left something behind: %v", got)
	}
}

func members(a *apptest.App) map[string]map[string]any {
	out := map[string]map[string]any{}
	for _, m := range a.Want(200, "GET", "/api/groups/pool", nil).Body["members"].([]any) {
		m := m.(map[string]any)
		out[m["id"].(string)] = m
	}
	return out
}

func TestCallsGoByTheStrategyThatHoldsNow(t *testing.T) {
	a := pool(t, "one", "two", "three")
	for range 9 {
		a.Want(200, "POST", "/api/groups/pool/tools/add/call", map[string]any{"arguments": map[string]any{"a": 1, "b": 2}})
	}
	for id, m := range members(a) {
		if m["observed_share"] != 1.0/3 || m["wanted_share"] != 1.0/3 || m["state"] != "ready" {
			t.Errorf("%s: %v", id, m)
		}
	}
	a.Want(200, "PUT", "/api/groups/pool", map[string]any{"strategy": "sticky"})
	before := members(a)
	for range 6 {
		a.Want(200, "POST", "/api/groups/pool/tools/add/call", map[string]any{"arguments": map[string]any{"a": 1, "b": 2}})
	}
	var got []float64 // of the 15 calls
	for id, m := range members(a) {
		got = append(got, m["observed_share"].(float64)*15-before[id]["observed_share"].(float64)*9)
	}
	slices.Sort(got)
	if len(got) != 3 || got[0] > 0.01 || got[1] > 0.01 || got[2] < 5.99 {
		t.Errorf("the one caller did not stay with one member: %v", got)
	}
}

// Members are killed at random, never the last one that lives and takes calls, while calls that may be repeated run: none is lost.
func TestNoRepeatableCallIsLostWhileMembersAreKilled(t *testing.T) {
	a := pool(t, "one", "two", "three")
	ids := []string{"one", "two", "three"}
	for _, id := range ids {
		a.Want(200, "POST", "/api/providers/"+id+"/start", nil)
	}
	over := make(chan struct{})
	var kills int
	var killer, callers sync.WaitGroup
	killer.Go(func() {
		for {
			select {
			case <-over:
				return
			case <-time.After(100 * time.Millisecond):
			}
			var alive []int
			for _, id := range ids {
				body := a.Do("GET", "/api/providers/"+id, nil).Body
				if meta, _ := body["meta"].(map[string]any); body["state"] == "ready" && body["circuit_state"] == "closed" && meta["pid"] != nil {
					alive = append(alive, int(meta["pid"].(float64)))
				}
			}
			// Each death doubles the wait for the restart, so fewer than five keep the member from being disabled.
			if len(alive) > 1 && kills < 8 && syscall.Kill(alive[rand.N(len(alive))], syscall.SIGKILL) == nil {
				kills++
			}
		}
	})
	const workers, each = 5, 60 // fewer than open a breaker when they all fail at once: that would refuse calls, rightly
	var lost, done atomic.Int32
	for w := range workers {
		callers.Go(func() {
			for i := range each {
				got := a.Do("POST", "/api/groups/pool/tools/slow/call", map[string]any{"arguments": map[string]any{"ms": 60 + rand.N(60)}})
				done.Add(1)
				if got.Status != 200 || !strings.Contains(string(got.Raw), "slept") {
					lost.Add(1)
					t.Errorf("call %d of %d: %d %s", i, w, got.Status, got.Raw)
				}
			}
		})
	}
	callers.Wait()
	close(over)
	killer.Wait()
	failed := 0.0
	for _, id := range ids {
		failed += a.Want(200, "GET", "/api/providers/"+id, nil).Body["calls_failed"].(float64)
	}
	t.Logf("%d calls, %d lost, %d kills, %v calls died with their member and were made again", done.Load(), lost.Load(), kills, failed)
	if done.Load() != workers*each || kills < 2 || failed == 0 {
		t.Errorf("%d calls, %d kills, %v made again: too few to show anything", done.Load(), kills, failed)
	}
	events := a.Want(200, "GET", "/api/events?event_type=GroupMemberHealthChanged&limit=100", nil).Body["events"].([]any)
	if out := fmt.Sprint(events); !strings.Contains(out, "reason:dead") {
		t.Errorf("nobody left the rotation: %s", out)
	}
}

// A whole group that is down is no worse than its members: the next call starts them.
func TestADeadGroupComesBackWithACall(t *testing.T) {
	a := pool(t, "one")
	a.Want(200, "POST", "/api/providers/one/start", nil)
	pid := a.Want(200, "GET", "/api/providers/one", nil).Body["meta"].(map[string]any)["pid"].(float64)
	if err := syscall.Kill(int(pid), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the group knows", func() bool {
		return a.Want(200, "GET", "/api/groups/pool", nil).Body["state"] == "inactive"
	})
	a.Want(200, "POST", "/api/groups/pool/tools/add/call", map[string]any{"arguments": map[string]any{"a": 1, "b": 2}})
	eventually(t, "it is back", func() bool {
		return a.Want(200, "GET", "/api/groups/pool", nil).Body["state"] == "healthy"
	})
}

func TestADeletedProviderIsNoMember(t *testing.T) {
	a := pool(t, "one", "two")
	a.Want(200, "DELETE", "/api/providers/one", nil)
	eventually(t, "it left", func() bool { return len(members(a)) == 1 })
	a.Want(200, "POST", "/api/groups/pool/tools/add/call", map[string]any{"arguments": map[string]any{"a": 1, "b": 2}})
}

func TestGroupsSurviveARestart(t *testing.T) {
	dir := t.TempDir()
	a := apptest.Start(t, apptest.InDir(dir))
	a.Add("one", "good")
	a.Want(201, "POST", "/api/groups", map[string]any{"group_id": "pool", "strategy": "priority", "min_healthy": 2})
	a.Want(201, "POST", "/api/groups/pool/members", map[string]any{"member_id": "one", "weight": 7, "priority": 9})
	a.Stop()
	b := apptest.Start(t, apptest.InDir(dir))
	got := b.Want(200, "GET", "/api/groups/pool", nil).Body
	m := members(b)["one"]
	if got["strategy"] != "priority" || got["min_healthy"] != 2.0 || got["state"] != "partial" || m["weight"] != 7.0 || m["priority"] != 9.0 || m["in_rotation"] != true {
		t.Errorf("%v", got)
	}
	b.Want(200, "POST", "/api/groups/pool/tools/add/call", map[string]any{"arguments": map[string]any{"a": 1, "b": 2}})
}
