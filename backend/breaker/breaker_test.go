package breaker

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func recorded(t *testing.T, r Rules) (*Breaker, func() []string) {
	var mu sync.Mutex
	var heard []string
	b := New(r, func(to State, failures int) {
		mu.Lock()
		defer mu.Unlock()
		heard = append(heard, fmt.Sprintf("%s %d", to, failures))
	})
	t.Cleanup(b.Close)
	return b, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(heard)
	}
}

func call(t *testing.T, b *Breaker, o Outcome) {
	t.Helper()
	report, ok := b.Admit()
	if !ok {
		t.Fatal("not admitted")
	}
	report(o)
}

func TestFailuresInARowOpenIt(t *testing.T) {
	b, heard := recorded(t, Rules{3, time.Minute, 1})
	for _, o := range []Outcome{Bad, Bad, Good, Bad, Neutral, Bad} { // an answer starts anew, the caller's doing does not count
		call(t, b, o)
	}
	if b.State() != Closed || b.Failures() != 2 {
		t.Fatalf("%s after %d", b.State(), b.Failures())
	}
	call(t, b, Bad)
	if _, ok := b.Admit(); ok || b.State() != Open || b.Failures() != 3 {
		t.Errorf("%s after %d", b.State(), b.Failures())
	}
	if got := heard(); !slices.Equal(got, []string{"open 3"}) {
		t.Errorf("%q", got)
	}
}

func TestHalfOpenComesByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, heard := recorded(t, Rules{1, time.Minute, 1})
		call(t, b, Bad)
		time.Sleep(59 * time.Second)
		if got := heard(); !slices.Equal(got, []string{"open 1"}) {
			t.Fatalf("%q", got)
		}
		time.Sleep(2 * time.Second) // nobody calls; the event is on time all the same
		synctest.Wait()
		if got := heard(); !slices.Equal(got, []string{"open 1", "half_open 1"}) {
			t.Fatalf("%q", got)
		}
		report, ok := b.Admit()
		if _, second := b.Admit(); !ok || second {
			t.Fatal("half-open lets one call through, not none and not two")
		}
		report(Neutral) // it was given up: the place is free again
		call(t, b, Bad)
		if b.State() != Open {
			t.Fatalf("the trial failed, but it is %s", b.State())
		}
		time.Sleep(61 * time.Second)
		synctest.Wait()
		call(t, b, Good)
		if got := heard(); !slices.Equal(got, []string{"open 1", "half_open 1", "open 1", "half_open 1", "closed 1"}) || b.Failures() != 0 {
			t.Errorf("%q %d", got, b.Failures())
		}
	})
}

func TestAClosedOneIsQuiet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, heard := recorded(t, Rules{1, time.Minute, 1})
		call(t, b, Bad)
		b.Close()
		time.Sleep(time.Hour)
		if got := heard(); len(got) != 1 {
			t.Errorf("%q", got)
		}
	})
}

func TestManyAtOnce(t *testing.T) {
	b, heard := recorded(t, Rules{50, time.Minute, 1})
	var all sync.WaitGroup
	for range 200 {
		all.Go(func() {
			if report, ok := b.Admit(); ok {
				report(Bad)
			}
			_ = b.Failures()
		})
	}
	all.Wait()
	if got := heard(); !slices.Equal(got, []string{"open 50"}) {
		t.Errorf("%q", got)
	}
}
