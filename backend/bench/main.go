package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
)

func main() {
	var err error
	switch {
	case len(os.Args) == 4 && os.Args[1] == hostCommand:
		err = host(os.Args[2], os.Args[3])
	case len(os.Args) > 1 && os.Args[1] == "profile":
		err = run(os.Args[2:], (*bench).profile)
	case len(os.Args) > 1 && os.Args[1] == "compare":
		err = run(os.Args[2:], (*bench).compare)
	default:
		err = run(os.Args[1:], (*bench).all)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// bench is one run.
type bench struct {
	hangar      string // the binary
	before      string // the one that it is compared with
	floorBinary string
	floor       *process
	dir         string // of data; removed at the end
	rounds      int
	only        string
	write       string // a file for the table
	out         string // a directory for profiles
	served      int
	configs     int
	other       string // another gateway, by the URL of its MCP endpoint
	otherTool   string // the name of the echo there
}

func run(args []string, do func(*bench, context.Context) error) (err error) {
	b := &bench{}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.StringVar(&b.hangar, "hangar", "bin/hangar", "the binary to measure")
	flags.StringVar(&b.before, "before", "", "compare: the binary of before")
	flags.IntVar(&b.rounds, "rounds", 3, "how often each figure is measured")
	flags.StringVar(&b.only, "only", "", "one group: "+groupNames())
	flags.StringVar(&b.write, "write", "", "write the table to this file too (docs/benchmarks.md)")
	flags.StringVar(&b.out, "out", ".", "directory for the profiles")
	flags.StringVar(&b.other, "other", "", "another gateway to measure beside, by the URL of its MCP endpoint (http://127.0.0.1:9000/mcp): it must take sessions and have an echo tool")
	flags.StringVar(&b.otherTool, "other-tool", "echo", "the echo tool of that gateway: it gives back its argument message")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if b.hangar, err = filepath.Abs(b.hangar); err != nil {
		return err
	}
	if _, err := os.Stat(b.hangar); err != nil {
		return fmt.Errorf("%w; make build makes it", err)
	}
	// Beyond this line there is something to clear away, also when the reader of our output is gone (| head): printing
	// then fails, which ends the run. The signal itself says nothing: it comes for a provider's pipe and a peer's socket too.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if b.dir, err = os.MkdirTemp("", "hangar-bench"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.dir)) }()
	if err := b.makeFloor(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.floor.stop()) }()
	return do(b, ctx)
}

// makeFloor builds and starts cmd/floor, a program of its own so that nothing of the product is linked into it.
func (b *bench) makeFloor() (err error) {
	if b.floorBinary, err = b.build("floor", "hangar/backend/bench/cmd/floor"); err != nil {
		return err
	}
	b.floor, err = start(b.floorBinary)
	return err
}

// build makes a program of this module that is not shipped.
func (b *bench) build(name, path string) (program string, err error) {
	program = filepath.Join(b.dir, name)
	if out, err := exec.Command("go", "build", "-ldflags", "-s -w", "-o", program, path).CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", name, err, out)
	}
	return program, nil
}

// group is what is measured in one go.
type group struct {
	name string
	do   func(*bench) ([]section, error)
}

// groups are in an order that alternates heavy and light ones: a shared machine is not loaded for a minute at a stretch.
func groups() []group {
	return []group{
		{"start", (*bench).startup},
		{"calls", (*bench).calls},
		{"recording", (*bench).recording},
		{"stdio", (*bench).stdio},
		{"crashloop", (*bench).crashloop},
		{"cold", (*bench).cold},
		{"size", (*bench).sizes},
		{"peers", (*bench).peers},
		{"list", (*bench).listing},
		{"hostile", (*bench).hostile},
		{"discover", (*bench).discover},
		{"append", (*bench).appending},
		{"million", one((*bench).million)},
		{"sockets", (*bench).fan},
		{"streams/idle", one((*bench).idleMemory)},
		{"streams/flood", one((*bench).manyEvents)},
		{"streams/slow", one((*bench).slowReaders)},
		{"streams/reconnects", one((*bench).reconnects)},
	}
}

// one is the group of a single section.
func one(measure func(*bench) (section, error)) func(*bench) ([]section, error) {
	return func(b *bench) ([]section, error) {
		s, err := measure(b)
		return []section{s}, err
	}
}

// asked says whether this run is about a group: streams asks for streams/idle and its like too.
func (b *bench) asked(group string) bool {
	return b.only == "" || b.only == group || strings.HasPrefix(group, b.only+"/")
}

func groupNames() string {
	var names []string
	for _, g := range groups() {
		names = append(names, g.name)
	}
	return strings.Join(names, ", ")
}

// all measures, prints as it goes, and writes the table when asked to. A group that cannot be measured costs no other.
func (b *bench) all(ctx context.Context) error {
	about, err := newAbout()
	if err != nil {
		return err
	}
	var sections []section
	var failed []error
	for _, g := range groups() {
		if !b.asked(g.name) {
			continue
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		found, err := g.do(b)
		if err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", g.name, err))
			continue
		}
		for _, s := range found {
			if err := s.print(os.Stdout); err != nil {
				return err
			}
		}
		sections = append(sections, found...)
	}
	if err := about.finish(); err != nil {
		return err
	}
	fmt.Printf("\n%s\n", about)
	if b.write != "" && len(failed) == 0 {
		failed = append(failed, os.WriteFile(b.write, document(about, sections), 0o644))
	}
	return errors.Join(failed...)
}

// serve runs the product in a directory of its own.
func (b *bench) serve(config string) (*process, error) {
	b.served++
	return b.serveIn(filepath.Join(b.dir, fmt.Sprintf("data-%d", b.served)), config)
}

func (b *bench) serveIn(dir, config string) (*process, error) {
	file, err := b.writeConfig(config)
	if err != nil {
		return nil, err
	}
	return start(b.hangar, "serve", "--listen", "127.0.0.1:0", "--data", dir, "--config", file)
}

func (b *bench) writeConfig(config string) (file string, err error) {
	b.configs++ // each server has a file of its own, because it follows the changes of it
	file = filepath.Join(b.dir, fmt.Sprintf("hangar-%d.yaml", b.configs))
	return file, os.WriteFile(file, []byte(config), 0o600)
}

// end stops a server whose figures are taken. That it did not end well is told, and spoils none of them.
func (b *bench) end(p *process) {
	if err := p.stop(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
	}
}

func (b *bench) emptyConfig() string { return "{}\n" }

func (b *bench) demoConfig() string {
	return fmt.Sprintf("providers:\n  demo:\n    mode: subprocess\n    command: [%q, demo]\n", b.hangar)
}
