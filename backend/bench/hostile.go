package main

import (
	"bytes"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	neighbours    = 4                      // who calls the neighbour
	pressing      = 2                      // who calls the hostile provider, and starts it again
	pressPause    = 10 * time.Millisecond  // between two tries of one of them
	pressPatience = 400 * time.Millisecond // of one of them with an answer; then it hangs up and tries anew
	stopPatience  = 15 * time.Second       // until nothing of it runs
	aloneRun      = 500 * time.Millisecond // before, and after
	besideRun     = time.Second
)

// foe is one way to run cmd/hostile.
type foe struct {
	mode string
	args []string
}

func (f foe) String() string { return strings.Join(append([]string{f.mode}, f.args...), " ") }

// id is its name as a provider.
func (f foe) id() string { return strings.ReplaceAll(f.String(), " ", "-") }

// control is the mode that behaves: what it costs to share the machine with any second provider.
const control = "good"

// foes are the modes that package mcptest has, as the program tells them; those that only dump something harm nobody.
func foes(usage string) ([]foe, error) {
	_, names, found := strings.Cut(usage, "modes: ")
	if !found {
		return nil, fmt.Errorf("cmd/hostile does not tell its modes: %q", usage)
	}
	var out []foe
	for name := range strings.SplitSeq(strings.TrimSpace(names), ", ") {
		switch {
		case strings.HasPrefix(name, "dump-"):
		case name == "fork-hold": // at once, and in the middle of a call
			out = append(out, foe{mode: name}, foe{name, []string{"call"}})
		case name == "fork-daemon":
			out = append(out, foe{name, []string{"hold"}})
		default:
			out = append(out, foe{mode: name})
		}
	}
	return out, nil
}

// makeHostile builds cmd/hostile and asks it for its modes.
func (b *bench) makeHostile() (program string, list []foe, err error) {
	if program, err = b.build("hostile", "hangar/backend/mcptest/cmd/hostile"); err != nil {
		return "", nil, err
	}
	usage, err := exec.Command(program).CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) { // without a mode it exits with 2
		return "", nil, err
	}
	list, err = foes(string(usage))
	return program, list, err
}

// hostile is what a neighbour feels of each hostile provider. A call of the neighbour that fails fails the group.
func (b *bench) hostile() ([]section, error) {
	program, list, err := b.makeHostile()
	if err != nil {
		return nil, err
	}
	server, err := b.serve(b.demoConfig() + hostileConfig(program, list))
	if err != nil {
		return nil, err
	}
	defer b.end(server)
	if err := startDemo(server); err != nil {
		return nil, err
	}
	rows, err := beside(server, list)
	if err != nil {
		return nil, err
	}
	return []section{{"A neighbour of a hostile provider: p99 of its calls", fmt.Sprintf("the same calls with no other provider running, the mean of right before and right after. "+
		"Each mode is measured once, for %s, beside %s before and after: echo of the demo provider from %d clients, while %d more call the hostile one every %s and "+
		"start it again whenever it fails. `%s` is a provider that behaves, called as often", besideRun, aloneRun, neighbours, pressing, pressPause, control), rows}}, nil
}

// hostileConfig never gives up on them: who is disabled harms nobody any more.
func hostileConfig(program string, list []foe) string {
	var b strings.Builder
	for _, f := range list {
		fmt.Fprintf(&b, "  %s:\n    mode: subprocess\n    command: [%q", f.id(), program)
		for _, arg := range append([]string{f.mode}, f.args...) {
			fmt.Fprintf(&b, ", %q", arg)
		}
		b.WriteString("]\n    auto_disable_after: 1000\n")
	}
	return b.String()
}

// beside measures the neighbour alone, beside the first, alone, beside the second, and so on; the last row is the worst.
func beside(server *process, list []foe) (rows []row, err error) {
	l, err := newLoad(server.url, neighbours, ways(text(100))[0].ready)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, l.close()) }()
	p99 := func(d time.Duration) (float64, error) {
		o, err := l.run(d)
		return micros(o.took, 0.99), err
	}
	if _, err := p99(time.Second); err != nil { // warms up
		return nil, err
	}
	before, err := p99(aloneRun)
	if err != nil {
		return nil, err
	}
	for _, f := range list {
		end := press(server.url, f)
		with, err := p99(besideRun)
		if err := errors.Join(err, end()); err != nil {
			return nil, fmt.Errorf("%s: %w", f, err)
		}
		after, err := p99(aloneRun)
		if err != nil {
			return nil, fmt.Errorf("after %s: %w", f, err)
		}
		r := row{name: f.String(), unit: "µs"}
		if f.mode != control {
			r.goal = ratioAtMost(2)
		}
		r.add(with, (before+after)/2)
		rows, before = append(rows, r), after
	}
	return append(rows, worst(rows)), nil
}

// worst repeats the row with the greatest ratio among those with a goal.
func worst(rows []row) row {
	judged := slices.DeleteFunc(slices.Clone(rows), func(r row) bool { return r.goal == goal{} })
	w := slices.MaxFunc(judged, func(a, b row) int {
		if a.ratio().median < b.ratio().median {
			return -1
		}
		return 1
	})
	w.name = "worst: " + w.name
	return w
}

// press calls a hostile provider, and starts it again, until end; end also stops the provider and waits for that.
func press(url string, f foe) (end func() error) {
	done, errs := make(chan struct{}), make([]error, pressing)
	var all sync.WaitGroup
	for i := range pressing {
		all.Go(func() { errs[i] = pressOn(url, f, done) })
	}
	return func() error {
		close(done)
		all.Wait()
		return errors.Join(append(errs, stopFoe(url, f))...)
	}
}

// pressOn bears every answer, and none; only a server that does not even take connections is an error.
func pressOn(url string, f foe, done <-chan struct{}) error {
	tool := "echo"
	if f.mode == "huge-line" { // whose echo is as good as any other
		tool = "add"
	}
	call := post("/api/providers/"+f.id()+"/tools/"+tool+"/call", `{"arguments":{"message":"hello","a":1,"b":2}}`)
	begin := post("/api/providers/"+f.id()+"/start", "")
	for {
		answered, err := try(url, call)
		if err != nil {
			return err
		}
		if !answered {
			if _, err := try(url, begin); err != nil {
				return err
			}
		}
		select {
		case <-done:
			return nil
		case <-time.After(pressPause):
		}
	}
}

// try asks once, on a connection of its own: to hang up is the way to cancel.
func try(url string, request []byte) (answered bool, err error) {
	c, err := dial(url)
	if err != nil {
		return false, err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(pressPatience)); err != nil {
		return false, err
	}
	a, err := c.do(request)
	return err == nil && a.status/100 == 2 && !bytes.Contains(a.body, []byte(`"isError":true`)), nil
}

// stopFoe asks again when a stop takes longer than one request may: some die by SIGKILL only.
func stopFoe(url string, f foe) error {
	c, err := dial(url)
	if err != nil {
		return err
	}
	defer c.Close()
	request := post("/api/providers/"+f.id()+"/stop", "")
	for until := time.Now().Add(stopPatience); ; {
		if _, err = c.expect(request, `"stopped"`); !errors.Is(err, errAnswer) || time.Now().After(until) {
			return err
		}
	}
}
