package fleet_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"hangar/backend/event"
	"hangar/backend/eventlog"
	"hangar/backend/fleet"
	"hangar/backend/launch"
	"hangar/backend/mcp"
	"hangar/backend/mcptest"
	"hangar/backend/provider"
	"hangar/backend/store"
	"hangar/backend/storetest"
	"hangar/backend/storetest/fresh"
)

func TestMain(m *testing.M) {
	mcptest.Child()
	goleak.VerifyTestMain(storetest.Main(m))
}

// rig is a fleet over a real store and real child processes.
type rig struct {
	*fleet.Fleet
	t         *testing.T
	ctx       context.Context
	providers *provider.Service
	events    *eventlog.Log
	db        *store.DB
	dir       string
}

func setup(t *testing.T, change ...func(*fleet.Options)) *rig {
	t.Helper()
	ctx := event.WithActor(t.Context(), event.Actor{Type: "user", ID: "tester"})
	dir := t.TempDir()
	log := slog.New(slog.DiscardHandler)
	fresh.Into(t, dir)
	db, err := store.Open(ctx, store.Options{Dir: dir, URL: storetest.URL(t, dir), Log: log})
	must(t, err)
	events, err := eventlog.New(db, log)
	must(t, err)
	providers := provider.New(db, events)
	launcher := launch.New(launch.Options{Instance: t.Name(), DataDir: dir, Log: log, StdinGrace: 300 * time.Millisecond, TermGrace: 300 * time.Millisecond})
	o := fleet.Options{
		Providers: providers, Events: events, Dial: fleet.Launch(fleet.Means{Launcher: launcher}), Version: "test", Log: log,
		StartTimeout: 10 * time.Second, DrainTimeout: 500 * time.Millisecond, ProbeTimeout: 300 * time.Millisecond,
	}
	for _, c := range change {
		c(&o)
	}
	r := &rig{Fleet: fleet.New(o), t: t, ctx: ctx, providers: providers, events: events, db: db, dir: dir}
	follow, stop := context.WithCancel(context.WithoutCancel(ctx))
	followed := make(chan struct{})
	go func() { defer close(followed); _ = r.Run(follow) }() // it ends with follow
	t.Cleanup(func() {
		patience, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		r.Close(patience)
		stop()
		<-followed
		must(t, db.Close())
		r.nothingLeft()
	})
	return r
}

// add defines a provider that plays a double.
func (r *rig) add(id provider.ID, mode string, args ...string) {
	r.t.Helper()
	r.define(id, mode, func(*provider.Spec) {}, args...)
}

// define is add with a changed definition.
func (r *rig) define(id provider.ID, mode string, change func(*provider.Spec), args ...string) {
	r.t.Helper()
	command, env := mcptest.Command(r.t, mode, args...)
	env = maps.Clone(env)
	env["MARK"] = r.dir
	spec := provider.Spec{Mode: provider.Subprocess, Command: command, Env: env}
	change(&spec)
	must(r.t, r.providers.Create(r.ctx, id, spec, provider.SourceAPI))
}

// processes lists the living processes of this rig by the mark in their environment.
func (r *rig) processes() []string {
	var found []string
	all, err := filepath.Glob("/proc/[0-9]*/environ")
	must(r.t, err)
	for _, path := range all {
		env, err := os.ReadFile(path)
		if err == nil && strings.Contains(string(env), "MARK="+r.dir+"\x00") {
			found = append(found, path)
		}
	}
	return found
}

func (r *rig) nothingLeft() {
	r.t.Helper()
	eventually(r.t, 5*time.Second, "no process is left", func() bool { return len(r.processes()) == 0 })
}

// call calls a tool as invoke does.
func (r *rig) call(ctx context.Context, id provider.ID, tool, arguments string) (string, error) {
	lease, err := r.Lease(ctx, id)
	if err != nil {
		return "", err
	}
	defer lease.Release()
	params := fmt.Sprintf(`{"name":%q,"arguments":%s}`, tool, arguments)
	result, err := lease.Request(ctx, mcp.Exchange{Method: "tools/call", Params: json.RawMessage(params)})
	return string(result), err
}

func (r *rig) state(id provider.ID) provider.State {
	r.t.Helper()
	p, err := r.providers.Get(r.ctx, id)
	must(r.t, err)
	return p.State
}

func (r *rig) kinds(id provider.ID, kind string) int {
	r.t.Helper()
	found, err := r.events.Read(r.ctx, 0, eventlog.Filter{Streams: []string{id.Stream()}, Kinds: []string{kind}}, 1000)
	must(r.t, err)
	return len(found)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func eventually(t *testing.T, patience time.Duration, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %s: %s", patience, what)
		}
	}
}
