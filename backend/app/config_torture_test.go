package app_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hangar/backend/apptest"
	"hangar/backend/config"
)

// generation is a whole configuration in which everything but "stable" names its generation: definitions by their
// description, the group by its own and by its members.
func generation(t *testing.T, name string) string {
	t.Helper()
	inline := func(v any) string {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	b := &strings.Builder{}
	fmt.Fprintf(b, "providers:\n  stable: %s\n", inline(double(t, "good", nil)))
	fmt.Fprintf(b, "  flip: %s\n", inline(double(t, "dump-env", map[string]string{"GENERATION": name}, object{"description": name})))
	for i := range 6 {
		fmt.Fprintf(b, "  p%d:\n    description: %s\n    command: [/bin/true, \"%d\"]\n    env: {GENERATION: %s}\n", i, name, i, name)
	}
	fmt.Fprintf(b, "  only-%s:\n    description: %s\n    command: [/bin/true]\n", name, name)
	fmt.Fprintf(b, "groups:\n  g:\n    description: %s\n    members: [p0, only-%s]\n", name, name)
	return b.String()
}

// picture is what one look at the configuration shows: the generations in it, which must be one.
func picture(body object) (generations []string, providers []string) {
	note := func(name any) {
		s, _ := name.(string)
		for _, whole := range []string{"one", "two"} { // a name may be where a file was cut
			if s != "" && strings.HasPrefix(whole, s) {
				s = whole
			}
		}
		if s != "" && !slices.Contains(generations, s) {
			generations = append(generations, s)
		}
	}
	c := body["config"].(object)
	for _, p := range c["providers"].([]any) {
		p := p.(object)
		id := p["provider_id"].(string)
		providers = append(providers, id)
		note(p["description"])
		if name, ok := strings.CutPrefix(id, "only-"); ok {
			note(name)
		}
	}
	for _, g := range c["groups"].([]any) {
		g := g.(object)
		note(g["description"])
		for _, m := range g["members"].([]any) {
			if name, ok := strings.CutPrefix(m.(object)["id"].(string), "only-"); ok {
				note(name)
			}
		}
	}
	return generations, providers
}

// load runs until stop: calls of what no reload touches, which must all succeed, and looks, which must show one generation.
type load struct {
	stop  atomic.Bool
	wg    sync.WaitGroup
	calls atomic.Int64
	looks atomic.Int64
}

// pace leaves the reloads some of a small machine.
const pace = 8 * time.Millisecond

func (l *load) begin(a *apptest.App, t *testing.T) {
	for range 3 {
		l.wg.Go(func() {
			for !l.stop.Load() {
				got := a.Do("POST", "/api/providers/stable/tools/add/call", object{"arguments": object{"a": 1, "b": 2}})
				if got.Status != 200 {
					t.Errorf("a call of what did not change: %d %s", got.Status, got.Raw)
					return
				}
				l.calls.Add(1)
				time.Sleep(pace)
			}
		})
	}
	l.wg.Go(func() {
		for !l.stop.Load() {
			if generations, _ := picture(a.Do("GET", "/api/config", nil).Body); len(generations) > 1 {
				t.Errorf("a mix of %v", generations)
				return
			}
			l.looks.Add(1)
			time.Sleep(pace)
		}
	})
}

func (l *load) end() {
	l.stop.Store(true)
	l.wg.Wait()
}

// A configuration takes effect as a whole or not at all, however its file changes and however often; what it leaves as it
// was keeps its process.
func TestReloadsUnderLoad(t *testing.T) {
	one, two := generation(t, "one"), generation(t, "two")
	a := apptest.Start(t, apptest.WithFile(one))
	a.Want(200, "POST", "/api/providers/stable/start", nil)
	before := pid(a, t, "stable")
	var l load
	l.begin(a, t)
	defer l.end()

	t.Run("cut at any byte it is what can be read, or nothing", func(t *testing.T) { cuts(a, t, two) })
	t.Run("swapped by renaming, 50 times a second", func(t *testing.T) {
		swaps(a, t, func(n int) { a.Write([]string{one, two}[n%2]) })
	})
	t.Run("swapped by turning a link", func(t *testing.T) {
		write(t, filepath.Join(a.Dir, "1", "hangar.yaml"), one)
		write(t, filepath.Join(a.Dir, "2", "hangar.yaml"), two)
		turn(t, filepath.Join(a.Dir, "now"), "1")
		turn(t, a.File, "now/hangar.yaml")
		swaps(a, t, func(n int) { turn(t, filepath.Join(a.Dir, "now"), []string{"1", "2"}[n%2]) })
	})
	t.Run("what changed runs by the new definition once a reload is over", func(t *testing.T) { flips(a, t, one, two) })

	l.end()
	if after := pid(a, t, "stable"); after != before || after == 0 {
		t.Errorf("what never changed has pid %v, had %v", after, before)
	}
	t.Logf("%d calls, %d looks", l.calls.Load(), l.looks.Load())
	if l.calls.Load() == 0 || l.looks.Load() == 0 {
		t.Error("there was no load")
	}
}

// cutsPerRun are at other bytes in each run.
const cutsPerRun = 50

// cuts reloads a file that ends anywhere behind the definition of "stable".
func cuts(a *apptest.App, t *testing.T, whole string) {
	from := strings.Index(whole, "  flip:")
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	refused := 0
	_, had := picture(a.Want(200, "GET", "/api/config", nil).Body)
	for n := range cutsPerRun {
		text := whole[:from+random.IntN(len(whole)-from)]
		a.Write(text)
		got := a.Do("POST", "/api/config/reload", nil)
		meant, err := config.Load(config.Source{
			File: "cut.yaml", Dir: a.Dir, Env: func(string) (string, bool) { return "", false }, Read: func(string) ([]byte, error) { return []byte(text), nil },
		})
		want := had
		if err == nil {
			want = nil
			for id := range meant.Providers {
				want = append(want, string(id))
			}
			slices.Sort(want)
		} else {
			refused++
		}
		if (got.Status == 200) != (err == nil) || err != nil && got.Status != 422 {
			t.Fatalf("seed %d: a file that ends with %q: %d %s, but %v", seed, text[max(0, len(text)-40):], got.Status, got.Raw, err)
		}
		if _, has := picture(a.Want(200, "GET", "/api/config", nil).Body); !slices.Equal(has, want) {
			t.Fatalf("seed %d: a file that ends with %q: providers %v, want %v", seed, text[max(0, len(text)-40):], has, want)
		}
		if had = want; err == nil && n%10 == 0 {
			noDiff(a, t, "after a cut")
		}
	}
	if refused == 0 || refused == cutsPerRun {
		t.Errorf("%d of %d cuts were refused", refused, cutsPerRun)
	}
}

func swaps(a *apptest.App, t *testing.T, swap func(n int)) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	const times = 15
	for n := range times {
		<-tick.C
		swap(n)
		want := []string{"one", "two"}[n%2]
		a.Want(200, "POST", "/api/config/reload", nil)
		if got, _ := picture(a.Want(200, "GET", "/api/config", nil).Body); !slices.Equal(got, []string{want}) {
			t.Fatalf("swap %d: generation %v, want %s", n, got, want)
		}
	}
}

// flips lets calls go on to a provider that restarts with every reload: each is answered, by an old or a new one.
func flips(a *apptest.App, t *testing.T, one, two string) {
	ask := func() (string, error) {
		got := a.Do("POST", "/api/providers/flip/tools/dump/call", object{})
		for _, name := range []string{"one", "two"} {
			if got.Status == 200 && strings.Contains(string(got.Raw), "GENERATION="+name) {
				return name, nil
			}
		}
		return "", fmt.Errorf("%d %s", got.Status, got.Raw)
	}
	var stop atomic.Bool
	var callers sync.WaitGroup
	for range 2 {
		callers.Go(func() {
			for !stop.Load() {
				if _, err := ask(); err != nil {
					t.Errorf("a call meanwhile: %v", err)
					return
				}
			}
		})
	}
	for n := range 6 {
		a.Write([]string{one, two}[n%2])
		a.Want(200, "POST", "/api/config/reload", nil)
		if got, err := ask(); err != nil || got != []string{"one", "two"}[n%2] {
			t.Errorf("flip %d: %s answers, %v", n, got, err)
		}
	}
	stop.Store(true)
	callers.Wait()
}
