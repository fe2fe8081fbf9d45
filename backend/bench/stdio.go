package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"time"
)

// shared is a process on stdio that many callers use at once; each has one call under way, under an id of its own.
type shared struct {
	p     *process
	in    io.WriteCloser
	write sync.Mutex
	calls []chan []byte // by id
	ended chan struct{}
}

// startShared starts a process and greets it.
func startShared(callers int, name string, args ...string) (*shared, error) {
	s := &shared{p: &process{cmd: exec.Command(name, args...), said: make(chan string, 1)}, calls: make([]chan []byte, callers+1), ended: make(chan struct{})}
	for i := range s.calls {
		s.calls[i] = make(chan []byte, 1)
	}
	var err error
	if s.in, err = s.p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := s.p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.p.cmd.Start(); err != nil {
		return nil, err
	}
	go s.read(out)
	if err := s.call(0, []byte(fmt.Sprintf(stdioGreeting, 0)+"\n"), "serverInfo"); err != nil {
		return nil, errors.Join(err, s.close())
	}
	_, err = io.WriteString(s.in, greeted+"\n")
	return s, err
}

const stdioGreeting = `{"jsonrpc":"2.0","id":%d,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"bench","version":"1"}}}`

func (s *shared) read(out io.Reader) {
	defer close(s.ended)
	lines := bufio.NewReaderSize(out, 64<<10)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		_, rest, found := bytes.Cut(line, []byte(`"id":`))
		if !found {
			continue // a notification
		}
		n := 0
		for n < len(rest) && rest[n] >= '0' && rest[n] <= '9' {
			n++
		}
		if id, err := strconv.Atoi(string(rest[:n])); err == nil && id < len(s.calls) {
			s.calls[id] <- line
		}
	}
}

func (s *shared) call(id int, line []byte, want string) error {
	s.write.Lock()
	_, err := s.in.Write(line)
	s.write.Unlock()
	if err != nil {
		return err
	}
	select {
	case answer := <-s.calls[id]:
		if !bytes.Contains(answer, []byte(want)) {
			return fmt.Errorf("%w: %.300s", errAnswer, answer)
		}
		return nil
	case <-s.ended:
		return errors.New("the process on stdio has ended")
	}
}

func (s *shared) close() error {
	err := s.in.Close()
	<-s.ended
	return errors.Join(err, s.p.cmd.Wait())
}

// run has so many callers repeat a call; meta is what it says beside its arguments.
func (s *shared) run(callers int, tool, meta string, d time.Duration) (out sample, err error) {
	want := echoed(text(100))
	once := func(id int) error {
		line := fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":%q,"arguments":{"message":%q}%s}}`+"\n", id, tool, text(100), meta)
		return s.call(id, line, want)
	}
	if err := once(1); err != nil {
		return out, err
	}
	before, err := s.p.settled()
	if err != nil {
		return out, err
	}
	begun := time.Now()
	took, errs := make([][]time.Duration, callers), make([]error, callers)
	var all sync.WaitGroup
	for i := range callers {
		all.Go(func() {
			for at := time.Now(); at.Sub(begun) < d && errs[i] == nil; at = time.Now() {
				errs[i] = once(i + 1)
				took[i] = append(took[i], time.Since(at))
			}
		})
	}
	all.Wait()
	o := outcome{elapsed: time.Since(begun)}
	for _, t := range took {
		o.took = append(o.took, t...)
	}
	after, err := s.p.settled()
	if err := errors.Join(append(errs, err)...); err != nil {
		return out, err
	}
	return sample{cpu: float64((after - before).Microseconds()) / float64(len(o.took)), p50: micros(o.took, 0.5), perSecond: o.perSecond()}, nil
}

// stdio is the gateway on stdin and stdout, as a client that starts its servers has it, with all callers on one pipe.
func (b *bench) stdio() ([]section, error) {
	const most = 64
	direct, err := startShared(most, b.hangar, "demo")
	if err != nil {
		return nil, err
	}
	defer direct.close()
	config, err := b.writeConfig(b.demoConfig())
	if err != nil {
		return nil, err
	}
	through, err := startShared(most, b.hangar, "serve", "--stdio", "--listen", "127.0.0.1:0", "--data", filepath.Join(b.dir, "stdio"), "--config", config)
	if err != nil {
		return nil, err
	}
	defer through.close()
	var cpu, rate, added []row
	for _, era := range []struct{ name, meta string }{{"session", ""}, {"2026-07-28", "," + statelessMeta}} {
		for _, c := range []int{1, 8, most} {
			name := fmt.Sprintf("stdio, %s, c=%d", era.name, c)
			cost, calls, time := row{name: name, unit: "µs"}, row{name: name, unit: "calls/s"}, row{name: name, unit: "µs"}
			for range b.rounds {
				base, err := direct.run(c, "echo", "", callRun)
				if err != nil {
					return nil, fmt.Errorf("direct: %w", err)
				}
				got, err := through.run(c, "demo__echo", era.meta, callRun)
				if err != nil {
					return nil, fmt.Errorf("%s: %w", name, err)
				}
				cost.add(got.cpu, base.cpu)
				calls.add(got.perSecond, base.perSecond)
				time.add(got.p50-base.p50, base.p50)
			}
			cpu, rate, added = append(cpu, cost), append(rate, calls), append(added, time)
		}
	}
	const floor = "the same calls straight on the provider's stdio"
	return []section{
		{"Tool call on stdio: CPU of the gateway per call", floor + ", and the CPU of the provider itself", cpu},
		{"Tool call on stdio: throughput", floor, rate},
		{"Tool call on stdio: median time added", floor + ", their whole time", added},
	}, nil
}
