package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"hangar/backend/eventlog"
	"hangar/backend/provider"
	"hangar/backend/store"
)

// startup is the way from the fork to an open listener, and the memory of a server with nothing to do.
func (b *bench) startup() ([]section, error) {
	small, large := filepath.Join(b.dir, "small"), filepath.Join(b.dir, "large")
	if err := b.keepLarge(large); err != nil {
		return nil, fmt.Errorf("fill the database: %w", err)
	}
	fast := row{name: "start-up, stored: nothing", unit: "ms", goal: atMost(150)}
	full := row{name: "start-up, stored: 100 providers, 100,000 events", unit: "ms", goal: atMost(150)}
	memory := row{name: "idle memory, 100 cold providers", unit: "MB", goal: atMost(40)}
	own := row{name: "of it without the pages of the binary", unit: "MB", goal: atMost(25)}
	for i := range 1 + 2*b.rounds {
		floor, err := spawn(b.hangar, "version")
		if err != nil {
			return nil, err
		}
		empty, _, err := b.live(small, 0)
		if err != nil {
			return nil, err
		}
		settle := time.Duration(0)
		if i == 0 || i > b.rounds {
			settle = time.Second
		}
		filled, held, err := b.live(large, settle)
		if err != nil {
			return nil, err
		}
		if i == 0 { // makes the small database, reads the events into the records of calls, and brings both binaries into the page cache
			continue
		}
		fast.add(ms(empty), ms(floor))
		full.add(ms(filled), ms(floor))
		if settle > 0 {
			idle, err := b.floorMemory()
			if err != nil {
				return nil, err
			}
			memory.add(held.all, idle.all)
			own.add(held.own, idle.own)
		}
	}
	return []section{
		{"Start-up, on an existing database", "the same binary doing nothing: `hangar version`, from fork to exit", []row{fast, full}},
		{"Memory", "resident memory of a net/http server that was never asked anything (cmd/floor)", []row{memory, own}},
	}, nil
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func (b *bench) keepLarge(dir string) error {
	demo, err := b.pipe()
	if err != nil {
		return err
	}
	tools, err := demo.tools()
	if err := errors.Join(err, demo.close()); err != nil {
		return err
	}
	return stored{providers: manyProviders(100), tools: tools, events: 100_000}.keep(dir, b.hangar)
}

// live runs the product once on a directory: how soon it listens, and its memory after a while.
func (b *bench) live(dir string, settle time.Duration) (ready time.Duration, held resident, err error) {
	p, err := b.serveIn(dir, b.emptyConfig())
	if err != nil {
		return 0, held, err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	if settle == 0 {
		return p.ready, held, nil
	}
	time.Sleep(settle)
	held, err = p.resident()
	return p.ready, held, err
}

func (b *bench) floorMemory() (r resident, err error) {
	p, err := start(b.floorBinary)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	time.Sleep(200 * time.Millisecond)
	return p.resident()
}

// cold is the first call of a provider that does not run.
func (b *bench) cold() ([]section, error) {
	server, err := b.serve(b.demoConfig())
	if err != nil {
		return nil, err
	}
	defer b.end(server)
	c, err := dial(server.url)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	stop := post("/api/providers/demo/stop", "")
	call := post("/api/providers/demo/tools/echo/call", `{"arguments":{"message":"hello"}}`)
	overBinary := row{name: "first call of a cold provider, beside `hangar version`", unit: "ms"}
	overDirect := row{name: "first call of a cold provider, beside the same without a gateway", unit: "ms", goal: ratioAtMost(1.4)}
	for i := range 1 + 5*b.rounds {
		if _, err := c.expect(stop, `"stopped"`); err != nil {
			return nil, err
		}
		begun := time.Now()
		if _, err := c.expect(call, echoed("hello")); err != nil {
			return nil, err
		}
		took := time.Since(begun)
		floor, err := spawn(b.hangar, "version")
		if err != nil {
			return nil, err
		}
		direct, err := b.direct()
		if err != nil {
			return nil, err
		}
		if i > 0 {
			overBinary.add(ms(took), ms(floor))
			overDirect.add(ms(took), ms(direct))
		}
	}
	return []section{{"Cold start", "`hangar version` from fork to exit; and `hangar demo` on pipes of our own: spawn, initialize, tools/list, the call",
		[]row{overBinary, overDirect}}}, nil
}

func (b *bench) direct() (took time.Duration, err error) {
	begun := time.Now()
	p, err := b.pipe()
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	if _, err := p.tools(); err != nil {
		return 0, err
	}
	err = p.call(callBody("echo", "hello", ""), echoed("hello"))
	return time.Since(begun), err
}

const (
	millionEvents = 1_000_000
	manyCold      = 1000
	manyCalled    = 10 // of the providers, by those events
	manySessions  = 200
)

// million is a server with much to know: how soon it listens, and what a provider that does not run and a session cost.
func (b *bench) million() (section, error) {
	empty, full := filepath.Join(b.dir, "none"), filepath.Join(b.dir, "million")
	if err := (stored{providers: manyProviders(manyCold)}).keep(full, b.hangar); err != nil {
		return section{}, err
	}
	if err := b.keepRecords(full, millionEvents); err != nil {
		return section{}, err
	}
	ready := row{name: "start-up, stored: 1,000 providers, 1,000,000 events", unit: "ms", goal: atMost(150)}
	cold := row{name: "memory of a cold provider", unit: "KB"}
	session := row{name: "memory of a session", unit: "KB"}
	for i := range 1 + b.rounds {
		floor, err := spawn(b.hangar, "version")
		if err != nil {
			return section{}, err
		}
		_, none, err := b.live(empty, time.Second)
		if err != nil {
			return section{}, err
		}
		took, held, each, err := b.liveLarge(full)
		if err != nil {
			return section{}, err
		}
		if i > 0 { // the first one reads the events into the records of calls
			ready.add(ms(took), ms(floor))
			cold.measure((held - none.own) * 1000 / manyCold)
			session.measure(each * 1000 / manySessions)
		}
	}
	return section{"Much stored", "`hangar version` from fork to exit. Memory is what the server holds (RssAnon) beside one with nothing stored, and what 200 sessions on /mcp add",
		[]row{ready, cold, session}}, nil
}

// liveLarge runs the product once: how soon it listens, its memory, and what sessions add to it.
func (b *bench) liveLarge(dir string) (ready time.Duration, held, sessions float64, err error) {
	p, err := b.serveIn(dir, b.emptyConfig())
	if err != nil {
		return 0, 0, 0, err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	if _, err := p.settled(); err != nil {
		return 0, 0, 0, err
	}
	time.Sleep(time.Second)
	before, err := p.resident()
	if err != nil {
		return 0, 0, 0, err
	}
	c, err := dial(p.url)
	if err != nil {
		return 0, 0, 0, err
	}
	defer c.Close()
	for range manySessions {
		if _, err := c.expect(post("/mcp", greeting, bothForms), accepted); err != nil {
			return 0, 0, 0, err
		}
	}
	after, err := p.resident()
	return p.ready, before.own, after.own - before.own, err
}

// keepRecords stores events as calls leave them.
func (b *bench) keepRecords(dir string, n int) (err error) {
	log := slog.New(slog.DiscardHandler)
	db, err := store.Open(acting(), store.Options{Dir: dir, Log: log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	events, err := eventlog.New(db, log)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(acting())
	ended := make(chan error, 1)
	go func() { ended <- events.Run(ctx) }()
	for i := 0; i < n && err == nil; i++ {
		err = events.Record(acting(), record(provider.ID(fmt.Sprintf("provider-%03d", i%manyCalled))))
	}
	stop()
	return errors.Join(err, <-ended)
}
