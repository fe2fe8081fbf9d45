package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"
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
		if i > b.rounds {
			settle = time.Second
		}
		filled, rss, err := b.live(large, settle)
		if err != nil {
			return nil, err
		}
		if i == 0 { // makes the small database, and brings both binaries into the page cache
			continue
		}
		fast.add(ms(empty), ms(floor))
		full.add(ms(filled), ms(floor))
		if settle > 0 {
			idle, err := b.floorMemory()
			if err != nil {
				return nil, err
			}
			memory.add(rss, idle)
		}
	}
	return []section{
		{"Start-up, on an existing database", "the same binary doing nothing: `hangar version`, from fork to exit", []row{fast, full}},
		{"Memory", "resident memory of a net/http server that was never asked anything (cmd/floor)", []row{memory}},
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
func (b *bench) live(dir string, settle time.Duration) (ready time.Duration, rss float64, err error) {
	p, err := b.serveIn(dir, b.emptyConfig())
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	if settle == 0 {
		return p.ready, 0, nil
	}
	time.Sleep(settle)
	rss, err = p.rss()
	return p.ready, rss, err
}

func (b *bench) floorMemory() (rss float64, err error) {
	p, err := start(b.floorBinary)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	time.Sleep(200 * time.Millisecond)
	return p.rss()
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
