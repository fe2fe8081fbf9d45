package main

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"
)

const (
	floodRun = 4 * time.Second
	callers  = 8
)

// flood makes tool calls at a steady rate, from several callers; each is an event.
func flood(server *process, perSecond int, run time.Duration) error {
	due := make(chan struct{}, perSecond)
	errs := make([]error, callers)
	var all sync.WaitGroup
	for i := range callers {
		all.Go(func() {
			c, err := dial(server.url)
			if err != nil {
				errs[i] = err
				for range due {
				}
				return
			}
			defer c.Close()
			request := post("/api/providers/demo/tools/echo/call", `{"arguments":{"message":"hello"}}`)
			for range due {
				if errs[i] == nil {
					_, errs[i] = c.expect(request, echoed("hello"))
				}
			}
		})
	}
	const tick = 5 * time.Millisecond
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	sent := 0
	for begun := time.Now(); ; {
		<-ticker.C
		passed := min(time.Since(begun), run)
		for ; sent < int(passed.Seconds()*float64(perSecond)); sent++ {
			due <- struct{}{}
		}
		if passed == run {
			break
		}
	}
	close(due)
	all.Wait()
	return errors.Join(errs...)
}

// readers follow the log on many sockets.
type readers struct {
	open   []*conn
	all    sync.WaitGroup
	delays [][]time.Duration
	counts []int64
	lasts  []int64
	errs   []error
}

// follow opens the sockets and checks on each that the positions count by ones.
func follow(server *process, sockets int, path string) (*readers, error) {
	r := &readers{delays: make([][]time.Duration, sockets), counts: make([]int64, sockets), lasts: make([]int64, sockets), errs: make([]error, sockets)}
	for i := range sockets {
		c, err := upgrade(server, path)
		if err != nil {
			r.hangUp()
			return nil, err
		}
		r.open = append(r.open, c)
		r.all.Go(func() { r.errs[i] = r.read(i, c) })
	}
	return r, nil
}

func (r *readers) hangUp() {
	hangUp(r.open)
	r.all.Wait()
}

// wait ends the reading once nothing has come for a while, and gives the delays and the number of events over all sockets.
func (r *readers) wait() (delays []time.Duration, events int64, err error) {
	r.all.Wait()
	for i, n := range r.counts {
		if r.lasts[i] != r.lasts[0] {
			return nil, 0, fmt.Errorf("socket %d got the events up to %d, the first one up to %d", i, r.lasts[i], r.lasts[0])
		}
		events += n
	}
	return slices.Concat(r.delays...), events, errors.Join(r.errs...)
}

// quiet is how long nothing must come until all has come.
const quiet = 1500 * time.Millisecond

func (r *readers) read(i int, c *conn) error {
	if err := c.SetReadDeadline(time.Now().Add(floodRun + 10*time.Second)); err != nil {
		return err
	}
	for {
		text, err := c.frame()
		if err != nil {
			if r.counts[i] > 0 { // quiet at last, or we hung up
				return nil
			}
			return err
		}
		first, at, last, ok := ends(text)
		if !ok {
			continue // a ping
		}
		if r.lasts[i] > 0 && first != r.lasts[i]+1 {
			return fmt.Errorf("socket %d: %d follows on %d", i, first, r.lasts[i])
		}
		if r.lasts[i] == 0 {
			r.lasts[i] = first - 1
		}
		r.counts[i] += last - r.lasts[i]
		r.lasts[i] = last
		r.delays[i] = append(r.delays[i], time.Since(at))
		if err := c.SetReadDeadline(time.Now().Add(quiet)); err != nil {
			return err
		}
	}
}

// ends finds the positions of the first and last event of a frame and the time of the first, which is the oldest. Reading
// all of it as JSON would cost more than the server's work on the same cores.
func ends(text []byte) (first int64, at time.Time, last int64, ok bool) {
	const position, timestamp = `"position":`, `"timestamp":"`
	i := bytes.Index(text, []byte(position))
	j := bytes.Index(text, []byte(timestamp))
	k := bytes.LastIndex(text, []byte(position))
	if i < 0 || j < 0 {
		return 0, at, 0, false
	}
	at, err := time.Parse("2006-01-02T15:04:05.000000Z", string(text[j+len(timestamp):j+len(timestamp)+27]))
	return digits(text[i+len(position):]), at, digits(text[k+len(position):]), err == nil
}

func digits(text []byte) int64 {
	end := bytes.IndexFunc(text, func(r rune) bool { return r < '0' || r > '9' })
	n, err := strconv.ParseInt(string(text[:max(end, 0)]), 10, 64)
	if err != nil {
		return 0
	}
	return n
}
