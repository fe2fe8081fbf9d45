package e2e

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// ended is a call that was made while its provider was killed.
type ended struct {
	reply
	err error
	at  time.Time
}

// A provider is killed with calls in it, again and again. Those that may be made twice are, and their callers see nothing; the
// others are told what became of it, each by its type, and nobody hangs.
func TestAKilledProvider(t *testing.T) {
	kills := 2
	if *holds != "" {
		kills = 20
	}
	doubles := map[string]string{"neighbour": "good"}
	for i := range kills { // one each: to be started again and again is another matter
		doubles[fmt.Sprintf("killed%d", i)] = "on-request"
	}
	s, admin := signedIn(t, "", doubles)
	web := newAgents(t)
	visitor := func(id string, older bool) *agent {
		a := &agent{web: web, url: s.url + "/mcp/providers/" + id, key: admin}
		if older {
			a.greet(t)
		}
		return a
	}
	var told, floor []time.Duration
	for i := range kills {
		id := fmt.Sprintf("killed%d", i)
		told = append(told, s.killUnder(t, id, visitor, &floor)...)
	}
	if slices.Sort(told); len(told) == 0 {
		t.Fatal("no call was in the provider when it was killed")
	}
	slices.Sort(floor)
	if t.Failed() {
		return
	}
	keep(t, fmt.Sprintf("kill -9 of a provider under load, %d times", kills),
		fmt.Sprintf("calls of tools that may be repeated: no error seen; the %d others had a typed error, %s after the kill in the median, %s at the latest; "+
			"a bare process that was killed beside each was seen to end after %s in the median, %s at the latest",
			len(told), told[len(told)/2].Round(100*time.Microsecond), told[len(told)-1].Round(100*time.Microsecond),
			floor[len(floor)/2].Round(100*time.Microsecond), floor[len(floor)-1].Round(100*time.Microsecond)))
}

// killUnder kills the provider with calls of each kind and era in it, and gives after how long those were told that may not
// be made again. floor is after how long the end of a process is seen that nobody calls.
func (s *server) killUnder(t *testing.T, id string, visitor func(id string, older bool) *agent, floor *[]time.Duration) (told []time.Duration) {
	t.Helper()
	var once, twice [8]ended
	var all sync.WaitGroup
	for i := range once {
		call := func(into *ended, tool, arguments string) {
			a := visitor(id, i%2 == 0)
			all.Go(func() {
				r, err := a.call(t, tool, arguments)
				*into = ended{r, err, time.Now()}
			})
		}
		call(&once[i], "echo", `{"message":"wait:120000"}`)
		call(&twice[i], "slow", `{"ms":1500}`)
	}
	counting := visitor(id, false)
	eventually(t, patience, "all calls are in the provider", func() bool {
		r, err := counting.call(t, "count", `{}`)
		var counts map[string]int
		return err == nil && json.Unmarshal([]byte(r.text()), &counts) == nil && counts["tools/call"] > len(once)+len(twice)
	})
	var reads atomic.Int64
	done := make(chan struct{})
	for _, a := range []*agent{visitor(id, true), visitor(id, false), visitor("neighbour", false)} { // and a load of what only reads
		all.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-done:
					return
				default:
				}
				if r, err := a.call(t, "add", fmt.Sprintf(`{"a":%d,"b":1}`, n)); err != nil || r.text() != strconv.Itoa(n+1) {
					t.Errorf("a call that only reads: %d %s %v", r.Status, r.raw, err)
					return
				}
				reads.Add(1)
			}
		})
	}
	load := func(n int64) {
		until := reads.Load() + n
		eventually(t, patience, "the load goes on", func() bool { return reads.Load() >= until || t.Failed() })
	}
	load(30)
	bare := startBare(t)
	at := s.killProvider(t, id)
	*floor = append(*floor, bare())
	load(30)
	close(done)
	waitFor(t, &all)
	for i := range once {
		if r := once[i]; r.err != nil || r.typed() != "ProviderDiedError" && !strings.Contains(r.raw, `"reason":"ProviderDiedError"`) {
			t.Errorf("a call that may not be repeated: %d %s %v", r.Status, r.raw, r.err)
		}
		told = append(told, once[i].at.Sub(at))
		if r := twice[i]; r.err != nil || r.text() != "slept 1500 ms" {
			t.Errorf("a call that may be repeated: %d %s %v", r.Status, r.raw, r.err)
		}
	}
	return told
}

// startBare starts a process; end kills it and tells after how long its end was seen.
func startBare(t *testing.T) (end func() time.Duration) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sleep", "600")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	seen := make(chan time.Time, 1)
	go func() {
		_ = cmd.Wait() // it is killed
		seen <- time.Now()
	}()
	return func() time.Duration {
		at := time.Now()
		if err := cmd.Process.Kill(); err != nil {
			t.Error(err)
		}
		return (<-seen).Sub(at)
	}
}

// killProvider is kill -9 of its process.
func (s *server) killProvider(t *testing.T, id string) time.Time {
	t.Helper()
	found := marked(t, "MARK="+mark(t, id))
	if len(found) != 1 {
		t.Fatalf("processes of %s: %v", id, found)
	}
	pid, err := strconv.Atoi(filepath.Base(filepath.Dir(found[0])))
	if err != nil {
		t.Fatal(err)
	}
	at := time.Now()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	return at
}

func waitFor(t *testing.T, group *sync.WaitGroup) {
	t.Helper()
	done := make(chan struct{})
	go func() { group.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(patience):
		t.Fatal("somebody hangs")
	}
}
