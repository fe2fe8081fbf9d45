package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

const compareRun = 250 * time.Millisecond // short and often: what the machine does meanwhile hits all alike

// compare measures the CPU of a call with two binaries and with the canned handler by turns, and prints the middle half of
// the rounds, averaged (-before: the other binary).
func (b *bench) compare(context.Context) error {
	type turn struct {
		p       *process
		n       int
		ready   prepare
		figures []float64
	}
	names := []string{"the canned handler", "before", "now"}
	servers := []*process{b.floor}
	now := b.hangar
	for _, program := range []string{b.before, now} {
		b.hangar = program
		p, err := b.serve(b.demoConfig())
		if err != nil {
			return err
		}
		defer b.end(p)
		if err := startDemo(p); err != nil {
			return err
		}
		servers = append(servers, p)
	}
	loads := []struct {
		name string
		n    int
		size int
	}{{"100 B, c=8", 8, 100}, {"100 B, c=64", 64, 100}, {"10 KiB, c=8", 8, 10 << 10}}
	var turns []*turn
	for _, l := range loads {
		message := text(l.size)
		for _, p := range servers {
			ready := ways(message)[2].ready
			if p == b.floor {
				ready = canned(callBody("echo", message, ""), len(message)+90)
			}
			turns = append(turns, &turn{p: p, n: l.n, ready: ready})
		}
	}
	for range b.rounds {
		var errs error
		for _, t := range turns {
			s, err := measure(t.p, t.n, compareRun/4, compareRun, t.ready)
			t.figures, errs = append(t.figures, s.cpu), errors.Join(errs, err)
		}
		slices.Reverse(turns)
		if errs != nil {
			return errs
		}
	}
	if b.rounds%2 == 1 {
		slices.Reverse(turns)
	}
	for i, t := range turns {
		fmt.Printf("%s, %s: %.1f µs\n", loads[i/len(servers)].name, names[i%len(servers)], middle(t.figures))
	}
	return nil
}

// middle is the average of the middle half.
func middle(all []float64) float64 {
	all = slices.Sorted(slices.Values(all))
	all = all[len(all)/4 : len(all)-len(all)/4]
	sum := 0.0
	for _, f := range all {
		sum += f
	}
	return sum / float64(len(all))
}
