package main

import (
	"fmt"
	"time"
)

const (
	recordRun  = 400 * time.Millisecond // short and often: what the machine does meanwhile hits both alike
	recordWarm = 100 * time.Millisecond
	unrecorded = "records: { calls: false }\n"
)

// recording is what keeping a record of every call costs: the same load on two servers, one of which keeps none.
func (b *bench) recording() ([]section, error) {
	on, err := b.serve(b.demoConfig())
	if err != nil {
		return nil, err
	}
	defer b.end(on)
	off, err := b.serve(unrecorded + b.demoConfig())
	if err != nil {
		return nil, err
	}
	defer b.end(off)
	for _, p := range []*process{on, off} {
		if err := startDemo(p); err != nil {
			return nil, err
		}
	}
	var rate, cpu []row
	for _, c := range []int{8, 64} {
		name := fmt.Sprintf("/mcp, session, c=%d", c)
		rates := row{name: name, unit: "calls/s", goal: goal{limit: 0.9, ratio: true, atLeast: true}}
		costs := row{name: name, unit: "µs"}
		for round := range 5 * b.rounds {
			with, without, err := b.recordRound(on, off, c, round%2 == 1)
			if err != nil {
				return nil, err
			}
			rates.add(with.perSecond, without.perSecond)
			costs.add(with.cpu, without.cpu)
		}
		rate, cpu = append(rate, rates), append(cpu, costs)
	}
	const floor = "the same server with records.calls: false, measured right before or after"
	return []section{
		{"Recording of calls: throughput", floor, rate},
		{"Recording of calls: CPU of the gateway per call", floor, cpu},
	}, nil
}

// recordRound measures both, by turns first, so that what the machine does meanwhile favours neither.
func (b *bench) recordRound(on, off *process, c int, swap bool) (with, without sample, err error) {
	ready := ways(text(100))[2].ready
	if swap {
		if without, err = measure(off, c, recordWarm, recordRun, ready); err != nil {
			return with, without, err
		}
	}
	if with, err = measure(on, c, recordWarm, recordRun, ready); err != nil || swap {
		return with, without, err
	}
	without, err = measure(off, c, recordWarm, recordRun, ready)
	return with, without, err
}
