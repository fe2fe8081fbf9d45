package launch

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"
)

func fill(r *Ring, n int) {
	for range n {
		r.Append(time.Unix(0, 0), fmt.Sprint("line ", total(r)+1))
	}
}

func TestRingTail(t *testing.T) {
	for _, tt := range []struct {
		name        string
		appended    int
		since       int64
		n           int
		first, last int64 // 0, 0: none
		next        int64
	}{
		{"nothing yet", 0, 0, 10, 0, 0, 0},
		{"the newest", 5, 0, 2, 4, 5, 5},
		{"all", 5, 0, 0, 1, 5, 5},
		{"fewer than asked for", 5, 0, 100, 1, 5, 5},
		{"after a line", 5, 3, 0, 4, 5, 5},
		{"after a line, a page of one", 5, 3, 1, 4, 4, 4},
		{"after the last", 5, 5, 10, 0, 0, 5},
		{"after one that does not exist yet", 5, 9, 10, 0, 0, 9},
		{"the oldest are gone", 25, 0, 0, 16, 25, 25},
		{"after one that is gone", 25, 3, 4, 16, 19, 19},
		{"a negative since is none", 5, -1, 2, 4, 5, 5},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := NewRing(10, 0)
			fill(r, tt.appended)
			lines, next := r.Tail(tt.since, tt.n)
			var first, last int64
			for i, l := range lines {
				if l.Text != fmt.Sprint("line ", l.Seq) || l.Seq != lines[0].Seq+int64(i) {
					t.Errorf("line %d is %+v", i, l)
				}
				first, last = lines[0].Seq, l.Seq
			}
			if first != tt.first || last != tt.last || next != tt.next {
				t.Errorf("%d..%d next %d, want %d..%d next %d", first, last, next, tt.first, tt.last, tt.next)
			}
		})
	}
}

func TestRingLines(t *testing.T) {
	for _, tt := range []struct {
		name, in, want string
		dropped        int64
	}{
		{"plain", "hello", "hello", 0},
		{"empty", "", "", 0},
		{"not UTF-8", "a\xffb", "a\uFFFDb", 0},
		{"at the limit", strings.Repeat("x", maxLine), strings.Repeat("x", maxLine), 0},
		{"over the limit", strings.Repeat("x", maxLine+7), strings.Repeat("x", maxLine), 7},
		{"a character across the limit", strings.Repeat("x", maxLine-1) + "é", strings.Repeat("x", maxLine-1), 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := NewRing(2, 0)
			r.Append(time.Now(), tt.in)
			lines, _ := r.Tail(0, 0)
			if len(lines) != 1 || lines[0].Text != tt.want || r.Dropped() != tt.dropped {
				t.Errorf("%d lines, %d dropped", len(lines), r.Dropped())
			}
		})
	}
}

func TestRingIsBoundedInBytes(t *testing.T) {
	r := NewRing(1000, 0)
	for range 500 {
		r.Append(time.Now(), strings.Repeat("x", maxLine))
	}
	lines, _ := r.Tail(0, 0)
	if len(lines) != maxRing/maxLine || lines[len(lines)-1].Seq != 500 {
		t.Errorf("%d lines kept", len(lines))
	}
}

// A follower that waits on Watch and reads with Tail sees every line once, in order, whatever the timing.
func TestRingFollowersMissNothing(t *testing.T) {
	const lines, followers = 20000, 4
	r := NewRing(lines, 0)
	fill(r, 10)
	var wg sync.WaitGroup
	for range followers {
		wake, stop := r.Watch()
		wg.Go(func() {
			defer stop()
			since := int64(0)
			for since < lines {
				got, next := r.Tail(since, 0)
				for _, l := range got {
					if l.Seq != since+1 {
						t.Errorf("line %d after %d", l.Seq, since)
						return
					}
					since = l.Seq
				}
				if next != since {
					t.Errorf("next is %d after %d", next, since)
					return
				}
				if since < lines {
					<-wake // a lost wake-up is a deadlock
				}
			}
		})
	}
	for total(r) < lines {
		fill(r, 1+rand.IntN(3))
		if total(r) > lines-3 {
			fill(r, int(lines-total(r)))
		}
	}
	wg.Wait()
	if len(r.watchers) != 0 {
		t.Errorf("%d watchers are left", len(r.watchers))
	}
}

func FuzzRing(f *testing.F) {
	f.Add("hello", int64(0), 5)
	f.Add("\xff\xfe", int64(7), -1)
	f.Fuzz(func(t *testing.T, text string, since int64, n int) {
		r := NewRing(4, 0)
		for range 9 {
			r.Append(time.Time{}, text)
		}
		lines, _ := r.Tail(since, n)
		for _, l := range lines {
			if !utf8.ValidString(l.Text) || len(l.Text) > maxLine || (since > 0 && l.Seq <= since) {
				t.Errorf("line %+v", l)
			}
		}
	})
}

func total(r *Ring) int64 {
	_, n := r.Bounds()
	return n
}

func TestARingCountsFromItsBase(t *testing.T) {
	r := NewRing(10, 1_000_000)
	r.Append(time.Unix(0, 0), "first")
	lines, next := r.Tail(1_000_000, 0)
	if len(lines) != 1 || lines[0].Seq != 1_000_001 || next != 1_000_001 {
		t.Errorf("%v, %d", lines, next)
	}
}
