package main

import (
	"fmt"
	"time"
)

const (
	callRun  = 500 * time.Millisecond
	callWarm = 120 * time.Millisecond
)

// way is one way to call a tool.
type way struct {
	name  string
	ready prepare
}

func ways(message string) []way {
	const one, all, rest = "/mcp/providers/demo", "/mcp", "/api/providers/demo/tools/echo/call"
	want := echoed(message)
	return []way{
		{"/mcp/providers/demo, session", inSession(one, callBody("echo", message, ""), want)},
		{"/mcp/providers/demo, 2026-07-28", stateless(one, "tools/call", "echo", callBody("echo", message, ","+statelessMeta), want)},
		{"/mcp, session", inSession(all, callBody("demo__echo", message, ""), want)},
		{"/mcp, 2026-07-28", stateless(all, "tools/call", "demo__echo", callBody("demo__echo", message, ","+statelessMeta), want)},
		{"REST", plainly(post(rest, fmt.Sprintf(`{"arguments":{"message":%q}}`, message)), want)},
	}
}

// calls is the path of a tool call: five ways in, the demo provider on stdio behind.
func (b *bench) calls() ([]section, error) {
	server, err := b.serve(b.demoConfig())
	if err != nil {
		return nil, err
	}
	defer b.end(server)
	if err := startDemo(server); err != nil {
		return nil, err
	}
	message := text(100)
	list := ways(message)
	floorOf := canned(callBody("echo", message, ""), len(message)+90)
	cpu, rate, latency := map[string]*row{}, map[string]*row{}, map[string]*row{}
	var order []string
	for _, c := range []int{1, 8, 64} {
		for _, w := range list {
			key := fmt.Sprintf("%s, c=%d", w.name, c)
			order = append(order, key)
			cpu[key] = &row{name: key, unit: "µs"}
			if c > 1 {
				cpu[key].goal = ratioAtMost(2.5)
			}
			rate[key] = &row{name: key, unit: "calls/s"}
			latency[key] = &row{name: key, unit: "µs"}
		}
	}
	for range b.rounds {
		for _, c := range []int{1, 8, 64} {
			base, err := measure(b.floor, c, callWarm, callRun, floorOf)
			if err != nil {
				return nil, fmt.Errorf("floor: %w", err)
			}
			for _, w := range list {
				s, err := measure(server, c, callWarm, callRun, w.ready)
				if err != nil {
					return nil, fmt.Errorf("%s: %w", w.name, err)
				}
				key := fmt.Sprintf("%s, c=%d", w.name, c)
				cpu[key].add(s.cpu, base.cpu)
				rate[key].add(s.perSecond, base.perSecond)
				latency[key].add(s.p50, base.p50)
			}
		}
	}
	return []section{
		{"Tool call: CPU of the gateway per call", cannedFloor, pick(cpu, order)},
		{"Tool call: throughput", cannedFloor, pick(rate, order)},
		{"Tool call: median time", cannedFloor + "; it has no provider behind it", pick(latency, order)},
	}, nil
}

const cannedFloor = "a net/http handler in a process of its own that reads the same body and writes as many fixed bytes"

func (r *row) add(measured, floor float64) {
	r.measured = append(r.measured, measured)
	r.floor = append(r.floor, floor)
}

func pick(rows map[string]*row, order []string) []row {
	var out []row
	for _, key := range order {
		out = append(out, *rows[key])
	}
	return out
}

// sizes is what the size of a payload costs: 10 KiB there and back, beside 100 bytes.
func (b *bench) sizes() ([]section, error) {
	server, err := b.serve(b.demoConfig())
	if err != nil {
		return nil, err
	}
	defer b.end(server)
	if err := startDemo(server); err != nil {
		return nil, err
	}
	size := row{name: "CPU per call, 10 KiB, c=8", unit: "µs", goal: ratioAtMost(1.6)}
	added := row{name: "time added to a call, c=1", unit: "µs", goal: ratioAtMost(1)}
	pipe, err := b.pipe()
	if err != nil {
		return nil, err
	}
	defer pipe.close()
	for range b.rounds {
		small, err := measure(server, 8, callWarm, callRun, ways(text(100))[0].ready)
		if err != nil {
			return nil, err
		}
		large, err := measure(server, 8, callWarm, callRun, ways(text(10 << 10))[0].ready)
		if err != nil {
			return nil, err
		}
		size.add(large.cpu, small.cpu)
		if err := b.added(&added, server, pipe); err != nil {
			return nil, err
		}
	}
	return []section{
		{"Tool call: size of the payload", "the same call with 100 bytes; bytes must be passed on, not decoded", []row{size}},
		{"Tool call: added time", "median of the canned handler. Measured: median through /mcp/providers/demo, less the canned handler's, less that of the " +
			"same call written straight into the provider's pipe", []row{added}},
	}, nil
}

func (b *bench) added(r *row, server *process, pipe *pipe) error {
	message := text(100)
	base, err := measure(b.floor, 1, callWarm, callRun, canned(callBody("echo", message, ""), len(message)+90))
	if err != nil {
		return err
	}
	through, err := measure(server, 1, callWarm, callRun, ways(message)[0].ready)
	if err != nil {
		return err
	}
	var took []time.Duration
	for until := time.Now().Add(callRun / 2); time.Now().Before(until); {
		begun := time.Now()
		if err := pipe.call(callBody("echo", message, ""), echoed(message)); err != nil {
			return err
		}
		took = append(took, time.Since(begun))
	}
	r.add(through.p50-base.p50-micros(took, 0.5), base.p50)
	return nil
}

// startDemo has the provider up before anything is measured.
func startDemo(server *process) error {
	c, err := dial(server.url)
	if err != nil {
		return err
	}
	defer c.Close()
	_, err = c.expect(post("/api/providers/demo/start", ""), `"ready"`)
	return err
}
