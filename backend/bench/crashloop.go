package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"
)

const (
	loopers   = 50
	loopIdle  = 10 * time.Second // before any of them was started
	loopFirst = 5 * time.Second  // after the starts: the burst is not what is asked about
	loopRun   = 20 * time.Second
)

// crashloop is what a fleet costs that only ever exits, and is only ever started again.
func (b *bench) crashloop() ([]section, error) {
	program, _, err := b.makeHostile()
	if err != nil {
		return nil, err
	}
	var list []foe
	for i := range loopers {
		list = append(list, foe{"exit-now", []string{fmt.Sprint(i + 1)}}) // the exit code tells them apart
	}
	server, err := b.serve("providers:\n" + hostileConfig(program, list))
	if err != nil {
		return nil, err
	}
	defer b.end(server)
	time.Sleep(time.Second) // the start-up is not idleness
	own := row{name: "CPU of the server", unit: "% of a core", goal: atMost(10)}
	all := row{name: "CPU of the server and of what it started", unit: "% of a core", goal: atMost(10)}
	idleOwn, idleAll, err := share(server, loopIdle)
	if err != nil {
		return nil, err
	}
	if err := startAll(server.url, list); err != nil {
		return nil, err
	}
	time.Sleep(loopFirst)
	first, err := failures(server.url, list)
	if err != nil {
		return nil, err
	}
	gotOwn, gotAll, err := share(server, loopRun)
	if err != nil {
		return nil, err
	}
	last, err := failures(server.url, list)
	if err != nil {
		return nil, err
	}
	if last-first < loopers {
		return nil, fmt.Errorf("%d restarts of %d providers in %s: they do not loop", last-first, loopers, loopRun)
	}
	own.add(gotOwn, idleOwn)
	all.add(gotAll, idleAll)
	return []section{{fmt.Sprintf("A fleet of %d providers in a crash loop", loopers), fmt.Sprintf("the same server for %s before any of them was started. Measured: once, for %s, "+
		"from %s after all were started at once; they were restarted %d times meanwhile", loopIdle, loopRun, loopFirst, last-first), []row{own, all}}}, nil
}

// share is the part of one core that a process uses, in percent, and that part with its children.
func share(p *process, d time.Duration) (own, withChildren float64, err error) {
	begun := time.Now()
	ownBefore, childrenBefore, err := p.times()
	if err != nil {
		return 0, 0, err
	}
	time.Sleep(d)
	ownAfter, childrenAfter, err := p.times()
	took := time.Since(begun)
	percent := func(used time.Duration) float64 { return 100 * used.Seconds() / took.Seconds() }
	return percent(ownAfter - ownBefore), percent(ownAfter - ownBefore + childrenAfter - childrenBefore), err
}

// startAll starts them at once. Each start fails: the provider exits.
func startAll(url string, list []foe) error {
	errs := make([]error, len(list))
	var all sync.WaitGroup
	for i, f := range list {
		all.Go(func() {
			c, err := dial(url)
			if err != nil {
				errs[i] = err
				return
			}
			defer c.Close()
			_, errs[i] = c.do(post("/api/providers/"+f.id()+"/start", ""))
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// failures counts how often they failed so far.
func failures(url string, list []foe) (n int, err error) {
	c, err := dial(url)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	for _, f := range list {
		a, err := c.expect(get("/api/providers/"+f.id()), `"consecutive_failures"`)
		if err != nil {
			return 0, err
		}
		var shown struct {
			Disabled json.RawMessage
			Health   struct {
				Failures int `json:"consecutive_failures"`
			}
		}
		if err := json.Unmarshal(a.body, &shown); err != nil {
			return 0, err
		}
		if string(shown.Disabled) != "null" {
			return 0, fmt.Errorf("%s is disabled: %s", f.id(), shown.Disabled)
		}
		n += shown.Health.Failures
	}
	return n, nil
}
