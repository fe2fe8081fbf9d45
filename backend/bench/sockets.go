package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"
)

const (
	sockets    = 100
	eventEvery = 5 * time.Millisecond // 200 a second
	fanRun     = 1500 * time.Millisecond
	fanEvents  = int(fanRun / eventEvery)
	fanRest    = 2 * time.Second // for what is under way when the publisher ends
)

// fan is what a publisher of 200 events a second costs with 100 sockets open on it.
func (b *bench) fan() ([]section, error) {
	server, err := b.serve(b.demoConfig())
	if err != nil {
		return nil, err
	}
	defer b.end(server)
	if err := startDemo(server); err != nil {
		return nil, err
	}
	late := row{name: "delivery p99, 100 sockets, 200 events/s", unit: "ms", goal: atMost(6)}
	middle := row{name: "delivery p50", unit: "ms"}
	cpu := row{name: "CPU of the server per delivered event", unit: "µs", goal: ratioAtMost(2.2)}
	for range b.rounds {
		floor, err := deliver(b.floor, "/join", func() error { return publishFloor(b.floor) })
		if err != nil {
			return nil, fmt.Errorf("floor: %w", err)
		}
		alone, err := publisherAlone(server)
		if err != nil {
			return nil, err
		}
		got, err := deliver(server, "/api/ws/events?event_type=ToolInvocationCompleted", func() error { return publish(server) })
		if err != nil {
			return nil, err
		}
		const deliveries = float64(sockets * fanEvents)
		late.add(got.p99, floor.p99)
		middle.add(got.p50, floor.p50)
		cpu.add(float64((got.cpu-alone).Microseconds())/deliveries, float64(floor.cpu.Microseconds())/deliveries)
	}
	return []section{{"Events on sockets", "one goroutine that writes the same bytes to 100 connections, one write(2) each, and stores nothing. Measured: from the event's own " +
		"timestamp to its arrival, the commit to disk included; CPU less that of the same calls with no socket open", []row{late, middle, cpu}}}, nil
}

// publish makes tool calls at a steady rate; each is an event.
func publish(server *process) error {
	c, err := dial(server.url)
	if err != nil {
		return err
	}
	defer c.Close()
	request := post("/api/providers/demo/tools/echo/call", `{"arguments":{"message":"hello"}}`)
	tick := time.NewTicker(eventEvery)
	defer tick.Stop()
	for range fanEvents {
		<-tick.C
		if _, err := c.expect(request, echoed("hello")); err != nil {
			return err
		}
	}
	return nil
}

func publishFloor(floor *process) error {
	c, err := dial(floor.url)
	if err != nil {
		return err
	}
	defer c.Close()
	_, err = c.expect(post(fmt.Sprintf("/publish/%g", fanRun.Seconds()), ""), "")
	return err
}

func publisherAlone(server *process) (time.Duration, error) {
	before, err := server.settled()
	if err != nil {
		return 0, err
	}
	if err := publish(server); err != nil {
		return 0, err
	}
	after, err := server.settled()
	return after - before, err
}

type delivery struct {
	p50, p99 float64 // ms
	cpu      time.Duration
}

// deliver opens the sockets, has events published, and waits until each socket has each of them.
func deliver(p *process, path string, publish func() error) (d delivery, err error) {
	var open []*conn
	defer func() {
		for _, c := range open {
			_ = c.Close() // it may be closed by the other side
		}
	}()
	for range sockets {
		c, err := upgrade(p, path)
		if err != nil {
			return d, err
		}
		open = append(open, c)
	}
	before, err := p.settled()
	if err != nil {
		return d, err
	}
	delays := make([][]time.Duration, sockets)
	errs := make([]error, sockets)
	var all sync.WaitGroup
	for i, c := range open {
		if err := c.SetReadDeadline(time.Now().Add(fanRun + fanRest + time.Second)); err != nil {
			return d, err
		}
		all.Go(func() { delays[i], errs[i] = c.listen(fanEvents) })
	}
	err = publish()
	all.Wait()
	if err = errors.Join(err, errors.Join(errs...)); err != nil {
		return d, err
	}
	after, err := p.settled()
	every := slices.Concat(delays...)
	return delivery{micros(every, 0.5) / 1000, micros(every, 0.99) / 1000, after - before}, err
}

func upgrade(p *process, path string) (*conn, error) {
	c, err := dial(p.url)
	if err != nil {
		return nil, err
	}
	_, err = fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n", path)
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	a, _, err := c.head()
	if err == nil && a.status != 101 {
		err = fmt.Errorf("%w: %d instead of a socket", errAnswer, a.status)
	}
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// listen reads so many events and tells how old each was when it came.
func (c *conn) listen(n int) ([]time.Duration, error) {
	delays := make([]time.Duration, 0, n)
	for len(delays) < n {
		frame, err := c.frame()
		if err != nil {
			return delays, fmt.Errorf("after %d of %d events: %w", len(delays), n, err)
		}
		_, rest, ok := bytes.Cut(frame, []byte(`"timestamp":"`))
		if !ok {
			continue // a ping
		}
		at, err := time.Parse("2006-01-02T15:04:05.000000Z", string(rest[:27]))
		if err != nil {
			return delays, err
		}
		delays = append(delays, time.Since(at))
	}
	return delays, nil
}

// frame reads a frame of a server (RFC 6455 5.2: not masked).
func (c *conn) frame() ([]byte, error) {
	var head [8]byte
	if _, err := io.ReadFull(c.in, head[:2]); err != nil {
		return nil, err
	}
	size := int(head[1] & 0x7f)
	switch size {
	case 126:
		if _, err := io.ReadFull(c.in, head[:2]); err != nil {
			return nil, err
		}
		size = int(binary.BigEndian.Uint16(head[:]))
	case 127:
		if _, err := io.ReadFull(c.in, head[:]); err != nil {
			return nil, err
		}
		size = int(binary.BigEndian.Uint64(head[:]))
	}
	if cap(c.body) < size {
		c.body = make([]byte, size)
	}
	_, err := io.ReadFull(c.in, c.body[:size])
	return c.body[:size], err
}
