package main

import (
	"errors"
	"sync"
	"time"
)

// load is a number of clients that ask, wait for the answer, and ask again.
type load struct {
	clients []client
}

type client struct {
	conn    *conn
	request []byte
	want    string
}

// prepare makes a connection ready: it may open a session. It gives the request to repeat and what its answer must hold.
type prepare func(c *conn) (request []byte, want string, err error)

func newLoad(url string, n int, ready prepare) (*load, error) {
	l := &load{}
	for range n {
		c, err := dial(url)
		if err != nil {
			return nil, errors.Join(err, l.close())
		}
		l.clients = append(l.clients, client{conn: c})
		me := &l.clients[len(l.clients)-1]
		if me.request, me.want, err = ready(c); err != nil {
			return nil, errors.Join(err, l.close())
		}
	}
	return l, nil
}

func (l *load) close() error {
	var errs []error
	for _, c := range l.clients {
		errs = append(errs, c.conn.Close())
	}
	return errors.Join(errs...)
}

// outcome is what a load saw.
type outcome struct {
	took    []time.Duration // of every call
	elapsed time.Duration
}

func (o outcome) perSecond() float64 { return float64(len(o.took)) / o.elapsed.Seconds() }

func (l *load) run(d time.Duration) (outcome, error) {
	begun := time.Now()
	took := make([][]time.Duration, len(l.clients))
	errs := make([]error, len(l.clients))
	var all sync.WaitGroup
	for i, c := range l.clients {
		all.Go(func() { took[i], errs[i] = c.repeat(begun.Add(d)) })
	}
	all.Wait()
	o := outcome{elapsed: time.Since(begun)}
	for _, t := range took {
		o.took = append(o.took, t...)
	}
	return o, errors.Join(errs...)
}

func (c client) repeat(until time.Time) ([]time.Duration, error) {
	took := make([]time.Duration, 0, 4096)
	for begun := time.Now(); begun.Before(until); {
		if _, err := c.conn.expect(c.request, c.want); err != nil {
			return took, err
		}
		now := time.Now()
		took = append(took, now.Sub(begun))
		begun = now
	}
	return took, nil
}

// sample is one run of a load against one process.
type sample struct {
	cpu       float64 // of the server, µs per call
	p50       float64 // µs
	perSecond float64
}

// measure warms up, then runs; the work that the server leaves for later (records of calls) counts to the run.
func measure(p *process, n int, warm, d time.Duration, ready prepare) (s sample, err error) {
	l, err := newLoad(p.url, n, ready)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, l.close()) }()
	if _, err = l.run(warm); err != nil {
		return s, err
	}
	before, err := p.settled()
	if err != nil {
		return s, err
	}
	o, err := l.run(d)
	if err != nil {
		return s, err
	}
	after, err := p.settled()
	if err != nil {
		return s, err
	}
	return sample{cpu: float64((after - before).Microseconds()) / float64(len(o.took)), p50: micros(o.took, 0.5), perSecond: o.perSecond()}, nil
}
