package fleet_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"hangar/backend/enginetest"
	"hangar/backend/fault"
	"hangar/backend/fleet"
	"hangar/backend/launch"
	"hangar/backend/provider"
)

// A container goes through the same life as a process: first call, stop, a death under a call with its last words, and
// the loss of the engine itself.
func TestDockerProvider(t *testing.T) {
	d := enginetest.Start(t)
	d.Load()
	docker := launch.NewDocker(launch.DockerOptions{
		Options: launch.Options{Instance: t.Name(), DataDir: t.TempDir(), Log: slog.New(slog.DiscardHandler), StdinGrace: time.Second, TermGrace: time.Second},
		Engine:  d.Engine(),
	})
	t.Cleanup(docker.Close)
	r := setup(t, func(o *fleet.Options) { o.Dial = fleet.Launch(fleet.Means{Docker: docker}) })
	for id, mode := range map[provider.ID]string{"good": "good", "dies": "exit-mid-call", "hangs": "hang-call"} {
		must(t, r.providers.Create(r.ctx, id, provider.Spec{Mode: provider.Docker, Image: enginetest.Image, Args: []string{mode}}, provider.SourceAPI))
	}

	got, err := r.call(r.ctx, "good", "add", `{"a":2,"b":3}`)
	if err != nil || !strings.Contains(got, `"5"`) {
		t.Fatalf("%s, %v", got, err)
	}
	if live := r.Live("good"); !live.Alive || live.PID == 0 {
		t.Errorf("%+v", live)
	}
	must(t, r.Stop(r.ctx, "good", "test"))
	if state := r.state("good"); state != provider.Cold {
		t.Errorf("stopped is %s", state)
	}

	_, err = r.call(r.ctx, "dies", "add", `{}`)
	if f := fault.From(err); f.Kind != fault.Unavailable || f.Details["exit_code"] != 3 || !strings.Contains(strings.Join(f.Details["stderr"].([]string), "\n"), "out of cheese") {
		t.Errorf("death under a call: %+v", f)
	}

	failed := make(chan error, 1)
	go func() { _, err := r.call(r.ctx, "hangs", "add", `{}`); failed <- err }()
	eventually(t, 10*time.Second, "the call is under way", func() bool { return r.Live("hangs").InFlight == 1 })
	d.Kill()
	select {
	case err := <-failed:
		if f := fault.From(err); f.Kind != fault.Unavailable || !strings.Contains(f.Message, "engine") {
			t.Errorf("the engine died under a call: %+v", f)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("the call hangs although its engine is gone")
	}
	_, err = r.call(r.ctx, "good", "add", `{"a":2,"b":3}`)
	if f := fault.From(err); f.Kind != fault.Unavailable || !strings.Contains(f.Message, d.Host) {
		t.Errorf("a start without an engine: %+v", f)
	}
	d.Restart()
	if removed, err := docker.Reconcile(r.ctx); removed != 1 || err != nil {
		t.Errorf("%d leftovers removed, %v", removed, err)
	}
}
