package group

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"hangar/backend/provider"
)

func cand(id string, weight, priority, inFlight int) Candidate {
	return Candidate{provider.ID(id), weight, priority, inFlight}
}

func seeded() func() float64 { return rand.New(rand.NewPCG(1, 2)).Float64 }

func names(c []Candidate) string {
	var b strings.Builder
	for _, x := range c {
		b.WriteString(string(x.ID))
	}
	return b.String()
}

// Each row plays a few picks in a row and names the whole order of each: the pick, then whom next.
func TestTheOrderOfEachStrategy(t *testing.T) {
	three := []Candidate{cand("a", 1, 1, 0), cand("b", 1, 1, 0), cand("c", 1, 1, 0)}
	for name, c := range map[string]struct {
		strategy   Strategy
		candidates []Candidate
		want       string
	}{
		"round robin goes around":                       {RoundRobin, three, "abc bca cab abc"},
		"round robin does not weigh":                    {RoundRobin, []Candidate{cand("a", 9, 1, 0), cand("b", 1, 1, 0)}, "ab ba ab"},
		"round robin of one":                            {RoundRobin, three[:1], "a a"},
		"smooth is never the same for long":             {WeightedRoundRobin, []Candidate{cand("a", 5, 1, 0), cand("b", 1, 1, 0), cand("c", 1, 1, 0)}, "abc abc bca acb cab abc abc"},
		"least connections takes the idle one":          {LeastConnections, []Candidate{cand("a", 1, 1, 3), cand("b", 1, 1, 0), cand("c", 1, 1, 1)}, "bca bca"},
		"least connections goes by weight":              {LeastConnections, []Candidate{cand("a", 10, 1, 5), cand("b", 1, 1, 1)}, "ab ab"},
		"least connections is smooth among equals":      {LeastConnections, []Candidate{cand("a", 1, 1, 1), cand("b", 1, 1, 1), cand("c", 1, 1, 2)}, "abc bac abc"},
		"priority takes the lowest number":              {Priority, []Candidate{cand("a", 1, 9, 0), cand("b", 1, 1, 0), cand("c", 1, 5, 0)}, "bca bca"},
		"priority is smooth among equals":               {Priority, []Candidate{cand("a", 1, 1, 0), cand("b", 1, 1, 0), cand("c", 99, 2, 0)}, "abc bac abc"},
		"priority goes by weight among those left over": {Priority, []Candidate{cand("a", 1, 1, 0), cand("b", 1, 2, 0), cand("c", 9, 2, 0)}, "acb acb"},
	} {
		s := newStrategy(c.strategy, seeded())
		for i, want := range strings.Fields(c.want) {
			if got := names(s.order(slices.Clone(c.candidates), "caller")); got != want {
				t.Errorf("%s: pick %d is %s, want %s", name, i+1, got, want)
			}
		}
	}
}

func TestEveryOrderIsWhole(t *testing.T) {
	for _, s := range Strategies() {
		st := newStrategy(s, seeded())
		for n := 1; n <= 7; n++ {
			var c []Candidate
			for i := range n {
				c = append(c, cand(string(rune('a'+i)), 1+i, 1+i%3, i%2))
			}
			before := slices.Clone(c)
			for range 20 {
				got := []byte(names(st.order(c, "x")))
				slices.Sort(got)
				if string(got) != names(before) || !slices.Equal(c, before) {
					t.Fatalf("%s of %d: %s, and left %v", s, n, got, c)
				}
			}
		}
	}
}

// The share that each strategy gives is what it says, within 2 % (percentage points) over 10,000 picks by 10,000 callers.
func TestTheDistributionIsTheWantedOne(t *testing.T) {
	uneven := []Candidate{cand("a", 5, 1, 0), cand("b", 3, 1, 0), cand("c", 2, 2, 0), cand("d", 10, 2, 0)}
	even := []Candidate{cand("a", 1, 1, 0), cand("b", 1, 1, 0), cand("c", 1, 1, 0)}
	heavy := []Candidate{cand("a", 100, 1, 0), cand("b", 1, 1, 0)}
	for _, s := range Strategies() {
		for _, c := range [][]Candidate{uneven, even, heavy} {
			t.Run(fmt.Sprint(s, len(c)), func(t *testing.T) {
				const picks = 10_000
				st, got, want := newStrategy(s, seeded()), map[provider.ID]int{}, wanted(s, c)
				for i := range picks {
					got[st.order(c, fmt.Sprint("user:", i))[0].ID]++
				}
				sum := 0.0
				for _, x := range c {
					sum += want[x.ID]
					share := float64(got[x.ID]) / picks
					if math.Abs(share-want[x.ID]) > 0.02 {
						t.Errorf("%s got %.3f, wanted %.3f", x.ID, share, want[x.ID])
					}
					t.Logf("%s %s: wanted %.4f, got %.4f", s, x.ID, want[x.ID], share)
				}
				if math.Abs(sum-1) > 1e-9 {
					t.Errorf("the wanted shares are %.3f together", sum)
				}
			})
		}
	}
}

// Least connections holds what it promises while calls take time: who is slow gets less.
func TestLeastConnectionsFollowsTheLoad(t *testing.T) {
	st := newStrategy(LeastConnections, nil)
	left := map[provider.ID][]int{} // ends of the calls that run
	got := map[provider.ID]int{}
	for now := range 10_000 {
		var c []Candidate
		for _, id := range []string{"fast", "slow"} {
			left[provider.ID(id)] = slices.DeleteFunc(left[provider.ID(id)], func(end int) bool { return end <= now })
			c = append(c, cand(id, 1, 1, len(left[provider.ID(id)])))
		}
		id := st.order(c, "")[0].ID
		got[id]++
		took := 4
		if id == "slow" {
			took = 12
		}
		left[id] = append(left[id], now+took)
	}
	if share := float64(got["fast"]) / 10_000; math.Abs(share-0.75) > 0.02 {
		t.Errorf("the one that is three times as fast got %.3f", share)
	}
}

func TestStickyStays(t *testing.T) {
	all := []Candidate{cand("a", 1, 1, 0), cand("b", 1, 1, 0), cand("c", 1, 1, 0), cand("d", 1, 1, 0)}
	without := slices.DeleteFunc(slices.Clone(all), func(c Candidate) bool { return c.ID == "b" })
	st := newStrategy(Sticky, nil)
	moved, ofB := 0, 0
	for i := range 1000 {
		caller := fmt.Sprint("user:", i)
		first := st.order(all, caller)
		if again := newStrategy(Sticky, nil).order(all, caller); names(again) != names(first) {
			t.Fatalf("%s: %s, then %s", caller, names(first), names(again))
		}
		then := st.order(without, caller)[0].ID
		switch {
		case first[0].ID == "b":
			ofB++
			if then != first[1].ID {
				t.Errorf("%s went to %s and not to the next of its order, %s", caller, then, first[1].ID)
			}
		case then != first[0].ID:
			moved++
		}
	}
	if moved != 0 || ofB == 0 {
		t.Errorf("%d callers of other members moved; %d were with b", moved, ofB)
	}
}

func TestNobodyIsPassedOverWhenMembersComeAndGo(t *testing.T) {
	st := newStrategy(RoundRobin, nil)
	pick := func(ids string) string {
		var c []Candidate
		for _, r := range ids {
			c = append(c, cand(string(r), 1, 1, 0))
		}
		return string(st.order(c, "")[0].ID)
	}
	got := pick("abc") + pick("bc") + pick("abc") + pick("abcd") + pick("abcd")
	if got != "abcda" {
		t.Errorf("%s", got)
	}
}

func TestTheBalancer(t *testing.T) {
	busy := map[provider.ID]int{}
	g := Group{ID: "g", Strategy: RoundRobin, MinHealthy: 1, Members: members("ccc-")}
	b := NewBalancer(g, func(id provider.ID) int { return busy[id] })
	shut := map[provider.ID]bool{}
	pick := func() string {
		var out string
		for _, c := range b.Pick("x", func(id provider.ID) bool { return shut[id] }) {
			out += string(c.ID)
			if !c.InRotation {
				out += "!"
			}
		}
		return out
	}
	for i, want := range []string{"abcd!", "bcad!", "cabd!"} {
		if got := pick(); got != want {
			t.Errorf("pick %d: %s, want %s", i, got, want)
		}
	}
	shut["b"] = true
	if got := pick(); got != "acd!" {
		t.Errorf("an open breaker is not passed by: %s", got)
	}
	shut["b"] = false
	g.Strategy = LeastConnections // and the live balancer follows at once
	b.Update(g)
	endA, endB := b.Begin("a"), b.Begin("b")
	busy["c"] = 2 // by somebody else's calls
	if got := pick(); got != "abcd!" {
		t.Errorf("%s", got)
	}
	endA()
	endB()
	if shares, calls := b.Shares(); calls != 2 || shares["a"].Observed != 0.5 || math.Abs(shares["a"].Wanted-1.0/3) > 1e-9 || shares["d"].Wanted != 0 {
		t.Errorf("%d %+v", calls, shares)
	}
}

func TestTheWindowForgets(t *testing.T) {
	w := newWindow()
	for range windowSize {
		w.add("old")
	}
	for range windowSize / 4 {
		w.add("new")
	}
	if w.share("old") != 0.75 || w.share("new") != 0.25 || len(w.ids) != windowSize {
		t.Errorf("%v %v", w.share("old"), w.share("new"))
	}
	for range windowSize {
		w.add("new")
	}
	if len(w.count) != 1 {
		t.Errorf("it keeps %v", w.count)
	}
}
