package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"syscall"
	"time"

	"hangar"
	"hangar/backend/app"
	"hangar/backend/config"
)

// profiled is a way of calling a tool, and what the server's configuration begins with.
type profiled struct {
	way
	config    string
	providers string // demoConfig where it is empty
}

// profile drives each way of calling a tool, one after another, against the app under the profiler; the last is the
// third without records of calls, so that the difference is what they cost
// (-only recording: these two; -only peers: the first, with the provider over HTTP; -rounds 9: three times as long).
func (b *bench) profile(context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	small, large := ways(text(100)), ways(text(10 << 10))[0]
	large.name += ", 10 KiB"
	var list []profiled
	for _, w := range append(small, large) {
		list = append(list, profiled{way: w})
	}
	silent := profiled{way: small[2], config: unrecorded}
	silent.name += ", no records"
	list = append(list, silent)
	switch b.only {
	case "recording":
		list = []profiled{list[2], silent}
	case "peers":
		back, err := b.serve(b.demoConfig())
		if err != nil {
			return err
		}
		defer b.end(back)
		if err := startDemo(back); err != nil {
			return err
		}
		list = []profiled{{way: small[0], providers: remoteConfig(back.url)}}
	}
	for i, w := range list {
		out := filepath.Join(b.out, fmt.Sprintf("call-%d", i))
		file := filepath.Join(b.dir, "profile.yaml")
		yaml := fmt.Sprintf("listen: 127.0.0.1:0\ndata: %q\n%s%s", filepath.Join(b.dir, fmt.Sprintf("profile-%d", i)), w.config, cmp.Or(w.providers, b.demoConfig()))
		if err := os.WriteFile(file, []byte(yaml), 0o600); err != nil {
			return err
		}
		server, err := start(self, hostCommand, file, out)
		if err != nil {
			return err
		}
		err = startDemo(server)
		var s sample
		if err == nil {
			s, err = measure(server, 8, callWarm, time.Duration(b.rounds)*4*time.Second/3, w.ready)
		}
		if err := errors.Join(err, server.stop()); err != nil {
			return err
		}
		fmt.Printf("%s: %.0f calls/s, %.0f µs each; go tool pprof %s.cpu (or %s.allocs)\n", w.name, s.perSecond, s.cpu, out, out)
	}
	return nil
}

const hostCommand = "host"

// host is the product in this process, under the profiler, until SIGTERM. Its profiles go to out.cpu and out.allocs.
func host(file, out string) (err error) {
	c, err := config.Load(config.Source{File: file})
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(acting(), syscall.SIGTERM)
	defer stop()
	a, err := app.New(ctx, app.Options{Config: c, Dist: hangar.Dist(), Version: "bench", Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		return err
	}
	cpu, err := os.Create(out + ".cpu")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cpu.Close()) }()
	if err := pprof.StartCPUProfile(cpu); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "Hangar is listening on %s\n", a.URL())
	err = a.Run(ctx)
	pprof.StopCPUProfile()
	runtime.GC() // what is counted is what was freed up to the last collection
	allocs, err2 := os.Create(out + ".allocs")
	if err2 == nil {
		err2 = errors.Join(pprof.Lookup("allocs").WriteTo(allocs, 0), allocs.Close())
	}
	return errors.Join(err, err2)
}
