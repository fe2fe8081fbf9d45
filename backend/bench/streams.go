package main

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

const (
	idleSockets  = 9_900 // the server takes 10,000, and some of those are for us
	manySockets  = 1_000
	badReaders   = 200
	fillRun      = 1500 * time.Millisecond // until the connections of the bad ones are full
	trickleBytes = 512                     // that a slow reader takes at a time
	tricklePause = 100 * time.Millisecond
)

// idleMemory is what an open socket costs on which nothing happens.
func (b *bench) idleMemory() (section, error) {
	each := row{name: fmt.Sprintf("memory of an idle socket, %d of them", idleSockets), unit: "KiB", goal: atMost(32)}
	for range b.rounds {
		server, err := b.serve(b.demoConfig())
		if err != nil {
			return section{}, err
		}
		kib, err := heldBy(server, "/api/ws/events?event_type=Nothing")
		b.end(server)
		if err != nil {
			return section{}, err
		}
		plain, err := start(b.floorBinary)
		if err != nil {
			return section{}, err
		}
		floor, err := heldBy(plain, "/join")
		if err := errors.Join(err, plain.stop()); err != nil {
			return section{}, err
		}
		each.add(kib, floor)
	}
	return section{"Idle sockets", "a taken-over connection of net/http with no goroutine (cmd/floor). Resident memory of the server over that without sockets; " +
		"the kernel's buffers are not in it", []row{each}}, nil
}

func heldBy(p *process, path string) (kib float64, err error) {
	open := make([]*conn, 0, idleSockets)
	defer func() { hangUp(open) }()
	before, err := p.rss()
	if err != nil {
		return 0, err
	}
	for range idleSockets {
		c, err := upgrade(p, path)
		if err != nil {
			return 0, fmt.Errorf("socket %d: %w", len(open)+1, err)
		}
		c.in = nil // ours need not be measured
		open = append(open, c)
	}
	time.Sleep(time.Second)
	after, err := p.rss()
	return (after - before) * 1e6 / 1024 / idleSockets, err
}

func hangUp(open []*conn) {
	for _, c := range open {
		_ = c.Close() // it may be closed by the other side
	}
}

// manyEvents is a flood to a thousand sockets, in arrays, and a trickle frame by frame.
func (b *bench) manyEvents() (section, error) {
	batched := row{name: "delivery p99, 1,000 events/s to 1,000 sockets, ?batch=1", unit: "ms", goal: atMost(250)}
	each := row{name: "CPU of the server per delivered event of that", unit: "µs", goal: atMost(1)}
	plain := row{name: "delivery p99, 20 events/s to 1,000 sockets, one frame each", unit: "ms", goal: atMost(250)}
	for range b.rounds {
		got, err := b.deliverTo(manySockets, 1000, "/api/ws/events?batch=1")
		if err != nil {
			return section{}, fmt.Errorf("batched: %w", err)
		}
		batched.measure(got.p99)
		each.measure(got.perEvent)
		if got, err = b.deliverTo(manySockets, 20, "/api/ws/events"); err != nil {
			return section{}, fmt.Errorf("plain: %w", err)
		}
		plain.measure(got.p99)
	}
	return section{"Many events to many sockets", "none of its own: see the cost of a single write under \"Events on sockets\". Measured from the event's own timestamp to the " +
		"arrival of its frame, on the same two cores as the readers. Every socket must get every event, in order", []row{batched, each, plain}}, nil
}

type flooded struct {
	p99      float64 // ms
	perEvent float64 // µs of the server, calls included
}

func (b *bench) deliverTo(sockets, perSecond int, path string) (f flooded, err error) {
	server, err := b.serve(b.demoConfig())
	if err != nil {
		return f, err
	}
	defer b.end(server)
	if err := startDemo(server); err != nil {
		return f, err
	}
	readers, err := follow(server, sockets, path)
	if err != nil {
		return f, err
	}
	defer readers.hangUp()
	before, err := server.settled()
	if err != nil {
		return f, err
	}
	if err := flood(server, perSecond, floodRun); err != nil {
		return f, err
	}
	after, err := server.settled()
	if err != nil {
		return f, err
	}
	delays, events, err := readers.wait()
	if err != nil {
		return f, err
	}
	f.p99 = micros(delays, 0.99) / 1000
	f.perEvent = float64((after - before).Microseconds()) / float64(events)
	return f, nil
}

// slowReaders is what readers that never read, and some that trickle, do to the others.
func (b *bench) slowReaders() (section, error) {
	late := row{name: "delivery p99 to 100 good readers, beside 200 that never read and 200 that trickle", unit: "ms", goal: ratioAtMost(1.2)}
	work := row{name: "CPU of the server per event of that, its tool call included", unit: "µs", goal: ratioAtMost(1.2)}
	memory := row{name: "memory of the server after that, over before", unit: "MB"}
	for range b.rounds {
		alone, err := b.besideBadReaders(0)
		if err != nil {
			return section{}, fmt.Errorf("alone: %w", err)
		}
		beside, err := b.besideBadReaders(badReaders)
		if err != nil {
			return section{}, err
		}
		late.add(beside.p99, alone.p99)
		work.add(beside.perEvent, alone.perEvent)
		memory.measure(beside.grown)
	}
	return section{"Bad readers", "the same without the bad ones; 200 events/s, one frame each, once the connections of the bad ones are full. Afterwards a bad reader comes back with the last position that it saw, and must get every event " +
		"once", []row{late, work, memory}}, nil
}

type endured struct {
	p99      float64 // ms
	perEvent float64 // µs of the server
	grown    float64 // MB
}

func (b *bench) besideBadReaders(bad int) (e endured, err error) {
	server, err := b.serve(b.demoConfig())
	if err != nil {
		return e, err
	}
	defer b.end(server)
	if err := startDemo(server); err != nil {
		return e, err
	}
	stuck := make([]*conn, 0, 2*bad)
	defer func() { hangUp(stuck) }()
	var slow sync.WaitGroup
	defer slow.Wait()
	stop := make(chan struct{})
	defer close(stop)
	for i := range 2 * bad {
		c, err := upgrade(server, "/api/ws/events")
		if err != nil {
			return e, err
		}
		stuck = append(stuck, c)
		if err := c.narrow(); err != nil {
			return e, err
		}
		if i%2 == 0 {
			slow.Go(func() { c.trickle(stop) })
		}
	}
	if err := flood(server, 1000, fillRun); err != nil {
		return e, err
	}
	good, err := follow(server, sockets, "/api/ws/events")
	if err != nil {
		return e, err
	}
	defer good.hangUp()
	memory, err := server.rss()
	if err != nil {
		return e, err
	}
	before, err := server.settled()
	if err != nil {
		return e, err
	}
	if err := flood(server, 200, floodRun); err != nil {
		return e, err
	}
	after, err := server.settled()
	if err != nil {
		return e, err
	}
	delays, _, err := good.wait()
	if err != nil {
		return e, err
	}
	e.p99 = micros(delays, 0.99) / 1000
	e.perEvent = float64((after - before).Microseconds()) / (200 * floodRun.Seconds())
	if e.grown, err = server.rss(); err != nil {
		return e, err
	}
	e.grown -= memory
	return e, resumes(server, good.lasts[0])
}

// narrow has the kernel take little for a reader that does not read, so that the server soon meets a full connection.
func (c *conn) narrow() error {
	tcp, ok := c.Conn.(*net.TCPConn)
	if !ok {
		return fmt.Errorf("%T has no buffer to set", c.Conn)
	}
	return tcp.SetReadBuffer(4 << 10)
}

// trickle reads a little at a time.
func (c *conn) trickle(stop <-chan struct{}) {
	buffer := make([]byte, trickleBytes)
	tick := time.NewTicker(tricklePause)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		if _, err := c.Conn.Read(buffer); err != nil {
			return
		}
	}
}

// resumes reads everything from the beginning up to a position: each once, in order.
func resumes(server *process, upTo int64) error {
	c, err := upgrade(server, "/api/ws/events?since=0")
	if err != nil {
		return err
	}
	defer c.Close()
	return c.upTo(0, upTo)
}

// upTo reads until a position has come and fails on a gap or a repetition.
func (c *conn) upTo(last, position int64) error {
	for last < position {
		if err := c.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
			return err
		}
		text, err := c.frame()
		if err != nil {
			return fmt.Errorf("after position %d: %w", last, err)
		}
		first, _, until, ok := ends(text)
		if !ok {
			continue
		}
		if first != last+1 {
			return fmt.Errorf("%d follows on %d", first, last)
		}
		last = until
	}
	return nil
}

// reconnects is a flood during which a thousand clients come and go, each going on where it was.
func (b *bench) reconnects() (section, error) {
	took := row{name: "time for 1,000 reconnects with since, 2,000 events/s", unit: "ms"}
	for range b.rounds {
		ms, err := b.comeAndGo()
		if err != nil {
			return section{}, err
		}
		took.measure(ms)
	}
	return section{"Reconnects during a flood", "none. Fifty clients hang up twenty times each, after some frames, and come back with the last position that they saw: an event that is missing " +
		"or comes twice fails the run", []row{took}}, nil
}

func (b *bench) comeAndGo() (took float64, err error) {
	const clients, times = 50, 20
	server, err := b.serve(b.demoConfig())
	if err != nil {
		return 0, err
	}
	defer b.end(server)
	if err := startDemo(server); err != nil {
		return 0, err
	}
	errs := make([]error, clients+1)
	var all sync.WaitGroup
	all.Go(func() { errs[clients] = flood(server, 2000, floodRun) })
	begun := time.Now()
	var coming sync.WaitGroup
	for i := range clients {
		coming.Go(func() {
			last := int64(0)
			for range times {
				if errs[i] == nil {
					last, errs[i] = visit(server, last)
				}
			}
		})
	}
	coming.Wait()
	took = ms(time.Since(begun))
	all.Wait()
	return took, errors.Join(errs...)
}

// visit goes on after a position for a hundred events, or until nothing more comes.
func visit(server *process, last int64) (int64, error) {
	c, err := upgrade(server, fmt.Sprintf("/api/ws/events?since=%d", last))
	if err != nil {
		return last, err
	}
	defer c.Close()
	for until := last + 100; last < until; {
		if err := c.SetReadDeadline(time.Now().Add(2 * time.Second)); err != nil {
			return last, err
		}
		text, err := c.frame()
		if err != nil {
			return last, nil // the flood is over
		}
		first, _, end, ok := ends(text)
		if !ok {
			continue
		}
		if first != last+1 {
			return last, fmt.Errorf("%d follows on %d", first, last)
		}
		last = end
	}
	return last, nil
}
