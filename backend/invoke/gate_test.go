package invoke

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hangar/backend/event"
	"hangar/backend/fault"
)

func TestAGateTakesTurnsBetweenCallers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(1)
		if err := g.enter(t.Context(), "first", 1); err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		var order []string
		queue := func(caller string, n int) {
			for i := range n {
				go func() {
					if err := g.enter(t.Context(), caller, 1); err != nil {
						t.Error(err)
					}
					mu.Lock()
					order = append(order, fmt.Sprint(caller, i))
					mu.Unlock()
					g.leave()
				}()
				synctest.Wait()
			}
		}
		queue("greedy", 4)
		queue("modest", 1)
		g.leave()
		synctest.Wait()
		if got := fmt.Sprint(order); got != "[greedy0 modest0 greedy1 greedy2 greedy3]" {
			t.Errorf("%s", got)
		}
		if inside, waiting := g.load(); inside+waiting != 0 || len(g.lanes)+len(g.turns) != 0 {
			t.Errorf("%d inside, %d waiting, %d lanes", inside, waiting, len(g.lanes))
		}
	})
}

func TestAWaitCanBeGivenUpWithoutLosingThePlace(t *testing.T) {
	g := newGate(2)
	var all sync.WaitGroup
	for i := range 200 {
		all.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i%7)*time.Millisecond)
			defer cancel()
			if err := g.enter(ctx, fmt.Sprint(i%5), 2); err != nil {
				return
			}
			if inside, _ := g.load(); inside > 2 {
				t.Errorf("%d inside", inside)
			}
			time.Sleep(time.Millisecond)
			g.leave()
		})
	}
	all.Wait()
	if inside, waiting := g.load(); inside+waiting != 0 {
		t.Errorf("%d inside, %d waiting", inside, waiting)
	}
}

func TestARaisedLimitLetsWaitersIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(1)
		if err := g.enter(t.Context(), "a", 1); err != nil {
			t.Fatal(err)
		}
		let := make(chan error, 2)
		go func() { let <- g.enter(t.Context(), "b", 1) }()
		synctest.Wait()
		go func() { let <- g.enter(t.Context(), "c", 3) }()
		synctest.Wait()
		if len(let) != 2 {
			t.Errorf("%d of 2 were let in", len(let))
		}
	})
}

func TestAFullProviderRefusesInTimeAndHoldsUpNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimits()
		l.set(Limits{Global: 2, Provider: 1, Queue: 10 * time.Second})
		ctx := event.WithActor(t.Context(), event.Actor{Type: "user", ID: "a"})
		leave, err := l.enter(ctx, "slow", 0)
		if err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		refused := make(chan error, 5)
		for range cap(refused) {
			go func() { _, err := l.enter(ctx, "slow", 0); refused <- err }()
		}
		synctest.Wait()
		other, err := l.enter(ctx, "quick", 0)
		if err != nil || time.Since(begun) != 0 {
			t.Fatalf("%v after %s", err, time.Since(begun))
		}
		other()
		for range cap(refused) {
			f := fault.From(<-refused)
			if f.Type != "ProviderBusyError" || f.RetryAfter == 0 || time.Since(begun) != 10*time.Second {
				t.Errorf("%v after %s", f, time.Since(begun))
			}
		}
		leave()
		short, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		if leave, err = l.enter(short, "slow", 0); err != nil {
			t.Fatal(err)
		}
		if _, err := l.enter(short, "slow", 0); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the call's own deadline comes first: %v", err)
		}
		leave()
		if len(l.providers) != 0 {
			t.Errorf("%d gates are kept", len(l.providers))
		}
	})
}
