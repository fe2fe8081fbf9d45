package launch

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hangar/backend/engine"
	"hangar/backend/enginetest"
	"hangar/backend/provider"
)

// yard is a Docker launcher over a private engine.
type yard struct {
	*Docker
	t      *testing.T
	engine *engine.Engine
}

func newYard(t *testing.T, host, dir, instance string, change ...func(*DockerOptions)) *yard {
	t.Helper()
	e := engine.New(engine.Options{Host: host})
	o := DockerOptions{
		Options: Options{Instance: instance, DataDir: dir, Log: slog.New(slog.DiscardHandler), StdinGrace: 2 * time.Second, TermGrace: time.Second},
		Engine:  e, Store: "store-of-" + dir,
	}
	for _, c := range change {
		c(&o)
	}
	y := &yard{Docker: NewDocker(o), t: t, engine: e}
	t.Cleanup(func() {
		y.Close()
		_ = e.Close()
	})
	return y
}

// left lists the containers of the data directory, whoever made them.
func (y *yard) left() []engine.Listed {
	y.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	list, err := y.engine.List(ctx, map[string]string{labelData: y.data})
	if err != nil {
		y.t.Fatal(err)
	}
	return list
}

func hostile(args ...string) provider.Spec {
	return provider.Spec{Mode: provider.Docker, Image: enginetest.Image, Args: args, Pull: provider.PullNever}.WithDefaults()
}

func quiet(string, string) {}

// guest is a running container and the means to talk to it.
type guest struct {
	*Container
	t    *testing.T
	ring *Ring
	in   *bufio.Reader
}

func (y *yard) start(t *testing.T, spec provider.Spec) *guest {
	t.Helper()
	ring := NewRing(1000, 0)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	c, err := y.Start(ctx, "guest", spec, ring, quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 0)
		defer cancel()
		c.Stop(ctx)
	})
	return &guest{Container: c, t: t, ring: ring, in: bufio.NewReaderSize(c.Stdout(), 64<<10)}
}

func (g *guest) send(tool string, args any) {
	g.t.Helper()
	b, _ := json.Marshal(map[string]any{
		"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": map[string]any{"name": tool, "arguments": args},
	})
	if _, err := g.Stdin().Write(append(b, '\n')); err != nil {
		g.t.Fatalf("call %s: %v", tool, err)
	}
}

func (g *guest) answer() (string, error) {
	line, err := g.in.ReadBytes('\n')
	if err != nil {
		return "", err
	}
	var m struct {
		Result struct{ Content []struct{ Text string } }
	}
	if err := json.Unmarshal(line, &m); err != nil || len(m.Result.Content) == 0 {
		return "", fmt.Errorf("no tool result: %s", line)
	}
	return m.Result.Content[0].Text, nil
}

func (g *guest) call(tool string, args any) string {
	g.t.Helper()
	g.send(tool, args)
	text, err := g.answer()
	if err != nil {
		g.t.Fatalf("%s: %v; stderr: %v", tool, err, g.said())
	}
	return text
}

func (g *guest) said() (texts []string) {
	found, _ := g.ring.Tail(0, 0)
	for _, l := range found {
		texts = append(texts, l.Text)
	}
	return texts
}

func (g *guest) ended(patience time.Duration) Exit {
	g.t.Helper()
	if !within(g.Done(), patience) {
		g.t.Fatalf("not done within %s", patience)
	}
	return g.Exit()
}

// refused is the StartError of a start that must fail.
func (y *yard) refused(t *testing.T, spec provider.Spec, reason Reason, words string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	_, err := y.Start(ctx, "guest", spec, nil, quiet)
	var e *StartError
	if !errors.As(err, &e) || e.Reason != reason || !strings.Contains(e.Error(), words) {
		t.Errorf("want %s with %q, got %v", reason, words, err)
	}
}

func TestDocker(t *testing.T) {
	d := enginetest.Start(t)
	d.Load()
	y := newYard(t, d.Host, t.TempDir(), "run-1")

	t.Run("a call through attach, and nothing is left after a stop", func(t *testing.T) {
		g := y.start(t, hostile())
		if got := g.call("add", map[string]int{"a": 2, "b": 3}); got != "5" {
			t.Errorf("2 + 3 = %s", got)
		}
		if got := len(g.call("big", map[string]int{"bytes": 3 << 20})); got != 3<<20 {
			t.Errorf("a large answer came with %d bytes", got)
		}
		if args, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", g.PID())); err != nil || !strings.Contains(string(args), "hostile") {
			t.Errorf("process %d is %q, %v", g.PID(), args, err)
		}
		found := y.left()
		if len(found) != 1 || found[0].Labels[labelProvider] != "guest" || found[0].Labels[labelInstance] != "run-1" || found[0].Labels[labelGeneration] == "" {
			t.Errorf("labels %+v", found)
		}
		if exit := g.Stop(t.Context()); exit.Code != 0 || exit.Signal != "" || exit.Err != nil { // end of input was enough
			t.Errorf("exit %+v", exit)
		}
		if found := y.left(); len(found) > 0 {
			t.Errorf("left: %+v", found)
		}
		if _, err := g.Stdin().Write([]byte("{}\n")); err == nil {
			t.Error("writing to a container that is gone works")
		}
	})

	t.Run("walls", func(t *testing.T) {
		walls := func(spec provider.Spec) map[string]string {
			var m map[string]string
			if err := json.Unmarshal([]byte(y.start(t, spec).call("dump", nil)), &m); err != nil {
				t.Fatal(err)
			}
			return m
		}
		m := walls(hostile("dump-walls"))
		for fact, want := range map[string]string{
			"write_root": "read-only file system", "write_tmp": "ok", "fill_tmp": "no space left", "exec_tmp": "permission denied",
			"dial": "network is unreachable", "CapEff": "0000000000000000", "CapBnd": "0000000000000000", "NoNewPrivs": "1", "Seccomp": "2", "init": "init",
		} {
			if !strings.Contains(m[fact], want) {
				t.Errorf("%s: %q, want %q", fact, m[fact], want)
			}
		}
		open := hostile("dump-walls")
		no := false
		open.ReadOnly, open.User = &no, "1234:5678"
		m = walls(open)
		if m["Uid"] != "1234 1234 1234 1234" || !strings.Contains(m["write_root"], "permission denied") || m["CapEff"] != "0000000000000000" {
			t.Errorf("as a user: %v", m)
		}
		open.User = ""
		if m = walls(open); m["write_root"] != "ok" {
			t.Errorf("read_only false: %v", m)
		}
	})

	t.Run("a command replaces the entrypoint; the environment is the declared one", func(t *testing.T) {
		t.Setenv("AWS_SECRET_ACCESS_KEY", "ours alone")
		spec := hostile()
		spec.Command, spec.Args, spec.Env = []string{"/hostile", "dump-env"}, nil, map[string]string{"TOKEN": "s3cret, with 'quotes' and $x"}
		g := y.start(t, spec)
		var env []string
		if err := json.Unmarshal([]byte(g.call("dump", nil)), &env); err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(env, "TOKEN="+spec.Env["TOKEN"]) || slices.ContainsFunc(env, func(kv string) bool { return strings.Contains(kv, "ours alone") }) {
			t.Errorf("environment %q", env)
		}
		if args, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", g.PID())); err != nil || strings.Contains(string(args), "s3cret") {
			t.Errorf("a secret on a command line: %q, %v", args, err)
		}
	})

	t.Run("a volume is there", func(t *testing.T) {
		spec := hostile()
		spec.Volumes, spec.Command = []string{filepath.Dir(enginetest.Program(t)) + ":/in:ro"}, []string{"/in/hostile", "good"}
		if got := y.start(t, spec).call("echo", map[string]string{"message": "from a volume"}); got != "from a volume" {
			t.Errorf("%q", got)
		}
	})

	t.Run("the end of a container that ends by itself is told with its last words", func(t *testing.T) {
		g := y.start(t, hostile("exit-now", "9"))
		if exit := g.ended(10 * time.Second); exit.Code != 9 || exit.String() != "exited with code 9" {
			t.Errorf("exit %+v", exit)
		}
		if said := g.said(); !slices.Contains(said, "fatal: cannot start: the configuration is missing") {
			t.Errorf("stderr %q", said)
		}
		if found := y.left(); len(found) > 0 {
			t.Errorf("left: %+v", found)
		}
	})

	t.Run("a death in the middle of a call ends the stream", func(t *testing.T) {
		g := y.start(t, hostile("exit-mid-call"))
		g.send("add", nil)
		if text, err := g.answer(); err == nil {
			t.Errorf("answered %q", text)
		}
		if exit := g.ended(10 * time.Second); exit.Code != 3 || !slices.Contains(g.said(), "RuntimeError: out of cheese") {
			t.Errorf("exit %+v, stderr %q", exit, g.said())
		}
	})

	t.Run("the memory limit is the reason on the record", func(t *testing.T) {
		spec := hostile()
		spec.Resources = &provider.Resources{Memory: "24m"}
		g := y.start(t, spec)
		g.send("big", map[string]int{"bytes": 256 << 20})
		exit := g.ended(20 * time.Second)
		if exit.Signal != "SIGKILL" || !slices.ContainsFunc(g.said(), func(l string) bool { return strings.Contains(l, "memory limit") }) {
			t.Errorf("exit %+v, stderr %q", exit, g.said())
		}
	})

	t.Run("what ignores everything is killed", func(t *testing.T) {
		g := y.start(t, hostile("ignore-term"))
		g.call("echo", map[string]string{"message": "up"})
		begun := time.Now()
		exit := g.Stop(t.Context())
		if took := time.Since(begun); exit.Signal != "SIGKILL" || took > 8*time.Second || took < 3*time.Second {
			t.Errorf("exit %+v after %s", exit, took)
		}
		if found := y.left(); len(found) > 0 {
			t.Errorf("left: %+v", found)
		}
	})

	t.Run("lost patience kills at once", func(t *testing.T) {
		g := y.start(t, hostile("ignore-term"))
		g.call("echo", map[string]string{"message": "up"})
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		begun := time.Now()
		if exit := g.Stop(ctx); exit.Signal != "SIGKILL" || time.Since(begun) > 2*time.Second {
			t.Errorf("exit %+v after %s", exit, time.Since(begun))
		}
	})

	t.Run("a flood on stderr holds up no answer", func(t *testing.T) {
		g := y.start(t, hostile("flood-stderr"))
		var worst time.Duration
		for range 50 {
			begun := time.Now()
			g.call("echo", map[string]string{"message": "through"})
			worst = max(worst, time.Since(begun))
		}
		t.Logf("slowest of 50 calls under a flood: %s", worst)
		if _, total := g.ring.Bounds(); total == 0 || worst > 2*time.Second {
			t.Errorf("%d lines, slowest call %s", total, worst)
		}
	})

	t.Run("starts that cannot be say why, and leave nothing", func(t *testing.T) {
		absent := hostile()
		absent.Image = "hangar-test/absent:1"
		y.refused(t, absent, ReasonImage, "pull is never")
		absent.Image, absent.Pull = "sha256:"+strings.Repeat("0", 64), provider.PullIfMissing
		y.refused(t, absent, ReasonImage, "an id cannot be pulled")
		network := hostile()
		network.Network = "nowhere"
		y.refused(t, network, ReasonRefused, "network nowhere not found")
		user := hostile()
		user.User = "nobody-here"
		y.refused(t, user, ReasonRefused, "unable to find user nobody-here")
		missing := hostile()
		missing.Volumes = []string{"/srv/hangar-does-not-exist:/data"}
		y.refused(t, missing, ReasonRefused, "bind source path does not exist")
		link := filepath.Join(t.TempDir(), "innocent")
		if err := os.Symlink("/etc", link); err != nil {
			t.Fatal(err)
		}
		linked := hostile()
		linked.Volumes = []string{link + ":/data"}
		y.refused(t, linked, ReasonInvalid, "belongs to the host's system")
		privileged := hostile()
		privileged.Network = "container:x"
		y.refused(t, privileged, ReasonInvalid, "network")
		eventually(t, "nothing is left of them", func() bool { return len(y.left()) == 0 })
	})

	t.Run("twenty starts and stops at twice leave nothing", func(t *testing.T) {
		y.start(t, hostile()).Stop(t.Context())
		time.Sleep(2 * drainGrace)
		before := descriptors(t)
		for range 10 {
			a, b := y.start(t, hostile()), y.start(t, hostile())
			a.call("add", map[string]int{"a": 1, "b": 1})
			gone := make(chan Exit)
			go func() { gone <- a.Stop(context.Background()) }()
			b.Stop(t.Context())
			<-gone
		}
		if found := y.left(); len(found) > 0 {
			t.Errorf("left: %+v", found)
		}
		eventually(t, "no descriptor is left", func() bool {
			y.engine.Close()
			return descriptors(t) <= before
		})
		if len(y.running) > 0 {
			t.Errorf("still noted as running: %v", y.running)
		}
	})

	t.Run("a reconciliation takes what nothing runs, and nothing else", func(t *testing.T) {
		mine := y.start(t, hostile())
		dir := t.TempDir()
		earlier := newYard(t, d.Host, dir, "run-1")
		stranger := newYard(t, d.Host, dir, "run-1", func(o *DockerOptions) { o.Store = "another store under the same path" })
		lost, others := earlier.start(t, hostile()), stranger.start(t, hostile())
		now := newYard(t, d.Host, dir, "run-2")
		for want := range 2 {
			n, err := now.Reconcile(t.Context())
			if err != nil || n != 1-want {
				t.Errorf("pass %d removed %d, %v", want, n, err)
			}
		}
		if exit := lost.ended(10 * time.Second); exit.Signal != "SIGKILL" {
			t.Errorf("the lost one: %+v", exit)
		}
		for _, g := range []*guest{mine, others} {
			g.call("echo", map[string]string{"message": "alive"})
		}
	})

	t.Run("kill -9 of the owner leaves containers until the next run reconciles", func(t *testing.T) {
		dir := t.TempDir()
		self, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		owner := exec.Command(self)
		owner.Env = append(os.Environ(), envDockerGateway+"="+dir, "DOCKER_HOST="+d.Host)
		out, err := owner.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := owner.Start(); err != nil {
			t.Fatal(err)
		}
		said, _ := bufio.NewReader(out).ReadString('\n')
		_ = owner.Process.Kill()
		_ = owner.Wait()
		if said != "ready\n" {
			t.Fatalf("the owner said %q", said)
		}
		next := newYard(t, d.Host, dir, "next")
		if n := len(next.left()); n != 2 {
			t.Fatalf("%d containers were left, want 2", n)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ran := make(chan error)
		go func() { ran <- next.Run(ctx) }()
		eventually(t, "the next run removed them", func() bool { return len(next.left()) == 0 })
		cancel()
		if err := <-ran; err != nil {
			t.Error(err)
		}
	})
}

// envDockerGateway makes the test binary a run of Hangar with containers, which will be killed.
const envDockerGateway = "HANGAR_LAUNCH_TEST_DOCKER"

func dockerGateway() {
	dir, ok := os.LookupEnv(envDockerGateway)
	if !ok {
		return
	}
	d := NewDocker(DockerOptions{Options: Options{Instance: "killed", DataDir: dir}, Engine: engine.New(engine.Options{}), Store: "store-of-" + dir})
	for _, mode := range []string{"good", "ignore-term"} {
		if _, err := d.Start(context.Background(), mode, hostile(mode), nil, quiet); err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
	}
	fmt.Println("ready")
	time.Sleep(time.Hour)
}
