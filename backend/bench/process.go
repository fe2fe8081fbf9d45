package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const startPatience = 15 * time.Second

// process is a server under measurement: a child that says where it listens.
type process struct {
	cmd   *exec.Cmd
	url   string
	ready time.Duration // from the fork to that line
	said  chan string   // the rest of its stderr, once it ended
}

// start runs a server until stop.
func start(name string, args ...string) (*process, error) {
	p := &process{cmd: exec.Command(name, args...), said: make(chan string, 1)}
	stderr, err := p.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	begun := time.Now()
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	listening := make(chan string, 1)
	go p.follow(stderr, listening)
	select {
	case url, ok := <-listening:
		p.ready = time.Since(begun)
		if p.url = url; ok {
			return p, nil
		}
	case <-time.After(startPatience):
	}
	_ = p.cmd.Process.Kill() // it may be gone
	said := <-p.said
	return nil, errors.Join(fmt.Errorf("%s %v does not listen: %s", name, args, said), p.cmd.Wait())
}

func (p *process) follow(stderr io.Reader, listening chan<- string) {
	var rest strings.Builder
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		if url, ok := strings.CutPrefix(lines.Text(), "Hangar is listening on "); ok {
			listening <- url
			continue
		}
		if rest.Len() < 1<<16 {
			rest.WriteString(lines.Text() + "\n")
		}
	}
	close(listening)
	p.said <- rest.String()
}

// stop asks it to end, and waits.
func (p *process) stop() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	said := <-p.said
	err := p.cmd.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGTERM {
		return nil // the floor does not catch signals
	}
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", p.cmd.Path, err, said)
	}
	return nil
}

// clockTick is USER_HZ, which Linux fixes at 100 for what it shows in /proc.
const clockTick = 10 * time.Millisecond

// cpu is the processor time of the process itself; its children are not in it.
func (p *process) cpu() (time.Duration, error) {
	own, _, err := p.times()
	return own, err
}

// times is the processor time of the process, and that of the children that it has waited for.
func (p *process) times() (own, children time.Duration, err error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0, 0, err
	}
	return cpuOf(stat)
}

// cpuOf reads utime, stime, cutime and cstime, fields 14 to 17 of proc_pid_stat(5). The second field may hold spaces and
// brackets.
func cpuOf(stat []byte) (own, children time.Duration, err error) {
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 15 {
		return 0, 0, fmt.Errorf("not a line of /proc/PID/stat: %q", stat)
	}
	var ticks [4]time.Duration
	for i := range ticks {
		n, err := strconv.ParseInt(string(fields[11+i]), 10, 64)
		if err != nil {
			return 0, 0, err
		}
		ticks[i] = time.Duration(n) * clockTick
	}
	return ticks[0] + ticks[1], ticks[2] + ticks[3], nil
}

// settled is cpu once the process has nothing left to do; what still runs after two seconds is not waited for.
func (p *process) settled() (time.Duration, error) {
	last, err := p.cpu()
	patience := time.Now().Add(2 * time.Second)
	for quiet := 0; err == nil && quiet < 3 && time.Now().Before(patience); {
		time.Sleep(15 * time.Millisecond)
		var now time.Duration
		if now, err = p.cpu(); now == last {
			quiet++
		} else {
			quiet = 0
		}
		last = now
	}
	return last, err
}

// resident is the memory of a process in MB (10^6 bytes).
type resident struct {
	all float64
	own float64 // without pages of files: of the binary, above all, which are shared and can be dropped at any time
}

// rss is the resident memory in MB (10^6 bytes).
func (p *process) rss() (float64, error) {
	r, err := p.resident()
	return r.all, err
}

func (p *process) resident() (r resident, err error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return r, err
	}
	if r.all, err = megabytes(string(status), "VmRSS:"); err != nil {
		return r, err
	}
	r.own, err = megabytes(string(status), "RssAnon:")
	return r, err
}

// megabytes reads a line such as "VmRSS:	   51552 kB".
func megabytes(status, name string) (float64, error) {
	for line := range strings.Lines(status) {
		if v, ok := strings.CutPrefix(line, name); ok {
			kib, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(v), " kB"), 64)
			return kib * 1024 / 1e6, err
		}
	}
	return 0, fmt.Errorf("no %s in /proc/PID/status", name)
}

// spawn runs a program to its end and tells how long that took.
func spawn(name string, args ...string) (time.Duration, error) {
	begun := time.Now()
	err := exec.Command(name, args...).Run()
	return time.Since(begun), err
}
