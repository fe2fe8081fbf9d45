package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// about is what one must know of a run to read its figures.
type about struct {
	begun  time.Time
	took   time.Duration
	cpu    string
	busy   time.Duration // of all processors, since boot; then during the run
	own    time.Duration // of this process and its children; then during the run
	others float64       // cores that other work kept busy meanwhile
}

func newAbout() (*about, error) {
	a := &about{begun: time.Now()}
	var err error
	if a.cpu, err = find("/proc/cpuinfo", "model name"); err != nil {
		return nil, err
	}
	a.busy, a.own, err = usage()
	return a, err
}

func (a *about) finish() error {
	busy, own, err := usage()
	a.took = time.Since(a.begun)
	a.busy, a.own = busy-a.busy, own-a.own
	// The clocks of the two sides differ a little; less than nothing is nothing.
	a.others = max(0, (a.busy-a.own).Seconds()/a.took.Seconds())
	return err
}

// usage is the time that all processors worked, and what of it was ours. Children count once they have ended.
func usage() (busy, own time.Duration, err error) {
	line, err := find("/proc/stat", "cpu ")
	if err != nil {
		return 0, 0, err
	}
	for i, field := range strings.Fields(line) {
		ticks, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, 0, err
		}
		if i == 3 || i == 4 || i > 7 { // idle, iowait; guests are counted in user
			continue
		}
		busy += time.Duration(ticks) * clockTick
	}
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var u syscall.Rusage
		if err := syscall.Getrusage(who, &u); err != nil {
			return 0, 0, err
		}
		own += time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	return busy, own, nil
}

// find gives the rest of the first line that begins with a key.
func find(path, key string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), key); ok {
			return strings.TrimLeft(rest, " \t:"), nil
		}
	}
	return "", fmt.Errorf("no %q in %s", key, path)
}

func (a *about) String() string {
	return fmt.Sprintf("%s, %s, %d cores of %s, shared with other work that kept %.1f of them busy meanwhile; %.0f s in all",
		a.begun.UTC().Format(time.DateOnly), runtime.Version(), runtime.NumCPU(), a.cpu, a.others, a.took.Seconds())
}

// document is docs/benchmarks.md.
func document(a *about, sections []section) []byte {
	var b strings.Builder
	b.WriteString("# Benchmarks\n\n" +
		"Written by `make bench WRITE=docs/benchmarks.md`; do not edit. " + a.String() + ".\n\n" +
		"Each figure is the median of several rounds, with the least and the greatest in brackets, beside a floor: the least that\n" +
		"the same machine needs for the same thing, measured in the same round. Times change with the machine and with what else\n" +
		"it does; the ratio, taken within a round, is what to compare. CPU is of the server process alone, from `/proc/PID/stat`\n" +
		"(ticks of 10 ms), the records of calls included; the provider's process is not in it. Clients and servers share the\n" +
		"cores, over loopback. The goals are those of the design, and no figure here fails a test.\n")
	for _, s := range sections {
		s.markdown(&b)
	}
	return []byte(b.String())
}
