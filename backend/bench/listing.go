package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"hangar/backend/provider"
)

// listing is a catalogue of 1,000 tools, and one of 10,000.
func (b *bench) listing() (all []section, err error) {
	for _, n := range []int{1000, 10_000} {
		found, err := b.listOf(n)
		if err != nil {
			return nil, fmt.Errorf("%d tools: %w", n, err)
		}
		all = append(all, found)
	}
	return all, nil
}

// listOf is a catalogue of n tools, given out from what is stored.
func (b *bench) listOf(n int) (s section, err error) {
	dir := filepath.Join(b.dir, fmt.Sprint("tools-", n))
	if err := (stored{providers: []provider.ID{"big"}, tools: manyTools(n)}).keep(dir, b.hangar); err != nil {
		return s, err
	}
	server, err := b.serveIn(dir, b.emptyConfig())
	if err != nil {
		return s, err
	}
	defer b.end(server)
	const first = `"big__tool_0000"` // to find the last one costs a client more than the answer costs the server
	stateless26 := stateless("/mcp", "tools/list", "", `{"jsonrpc":"2.0","id":7,"method":"tools/list","params":{`+statelessMeta+`}}`, first)
	eras := []way{{"session", inSession("/mcp", `{"jsonrpc":"2.0","id":7,"method":"tools/list"}`, first)}, {"2026-07-28", stateless26}}
	size, err := sizeOf(server, stateless26, first)
	if err != nil {
		return s, err
	}
	var rows []row
	for _, w := range eras {
		rows = append(rows,
			row{name: "/mcp, " + w.name + ", CPU, c=8", unit: "µs", goal: ratioAtMost(2.5)},
			row{name: "/mcp, " + w.name + ", median time, c=1", unit: "µs", goal: atMost(10_000)})
	}
	for range b.rounds {
		base8, err8 := measure(b.floor, 8, callWarm, callRun, canned(listBody, size))
		base1, err1 := measure(b.floor, 1, callWarm, callRun, canned(listBody, size))
		if err := errors.Join(err8, err1); err != nil {
			return s, fmt.Errorf("floor: %w", err)
		}
		for i, w := range eras {
			got8, err8 := measure(server, 8, callWarm, callRun, w.ready)
			got1, err1 := measure(server, 1, callWarm, callRun, w.ready)
			if err := errors.Join(err8, err1); err != nil {
				return s, fmt.Errorf("%s: %w", w.name, err)
			}
			rows[2*i].add(got8.cpu, base8.cpu)
			rows[2*i+1].add(got1.p50, base1.p50)
		}
	}
	return section{fmt.Sprintf("tools/list of %d tools (the first page: %d KB), the provider cold", n, size/1000), cannedFloor, rows}, nil
}

// sizeOf is the size of an answer, which must hold want.
func sizeOf(server *process, ready prepare, want string) (int, error) {
	c, err := dial(server.url)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	request, _, err := ready(c)
	if err != nil {
		return 0, err
	}
	a, err := c.expect(request, want)
	return len(a.body), err
}
