//go:build faults

package faults

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// rounds is how often each fault comes that takes its time: those are in no run of all tests, but in `make faults`.
var rounds = flag.Int("faults.rounds", 1, "how often the faults other than kill -9 come")

// forget leaves alone whatever a fault was about, because nobody knows what became of it: others are made.
func (cr *crew) forget() {
	for _, w := range cr.workers {
		w.groups, w.provs, w.keys, w.ops = nil, nil, nil, nil
	}
}

// onSmallDisk is the binary with its data on a file system of its own, which only it sees; disk is how others reach it.
func (r *rig) onSmallDisk() (disk func() string) {
	if err := os.MkdirAll(r.data, 0o700); err != nil {
		r.t.Fatal(err)
	}
	inner := r.command()
	cmd := exec.Command("unshare", append([]string{"-m", "sh", "-c", `mount -t tmpfs -o size=24m tmpfs "$1" && shift && exec "$@"`, "sh", r.data}, inner.Args...)...)
	cmd.Dir = inner.Dir
	r.start(cmd)
	r.up()
	return func() string { return filepath.Join(fmt.Sprintf("/proc/%d/root", cmd.Process.Pid), r.data) }
}

// fill writes until nothing fits any more.
func fill(filler string) error {
	f, err := os.OpenFile(filler, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	for block := make([]byte, 1<<20); len(block) > 0; {
		if _, err := f.Write(block); errors.Is(err, syscall.ENOSPC) {
			block = block[:len(block)/2]
		} else if err != nil {
			return err
		}
	}
	return nil
}

// takes waits until a change goes through.
func (r *rig) takes() {
	r.t.Helper()
	n := 0
	if err := eventually(func() error {
		n++
		f := fact{"GroupCreated", fmt.Sprintf("%sback-%d-%d", prefix, r.life, time.Now().UnixNano()), ""}
		w := r.crew.workers[0]
		if a, ok := w.try(context.Background(), f, "POST", "/api/groups", object{"group_id": f.id}); !ok {
			return fmt.Errorf("%d %s", a.status, a.raw)
		}
		return nil
	}); err != nil {
		r.h.blame("I13", "it takes no changes again: %v", err)
	}
}

// filling fills the disk under load and makes room again.
func (r *rig) filling(n int) {
	r.t.Helper()
	disk := r.onSmallDisk()
	r.hear()
	for i := range n {
		moment := rand.New(rand.NewPCG(*seed, uint64(i)))
		stop := r.work(0)
		time.Sleep(time.Duration(100+moment.IntN(300)) * time.Millisecond)
		filler := filepath.Join(disk(), "filler")
		if err := fill(filler); err != nil {
			r.t.Fatal(err)
		}
		time.Sleep(time.Second)
		if err := os.Remove(filler); err != nil {
			r.t.Fatal(err)
		}
		stop()
		r.takes()
		if err := r.judge.look(true, r.ears); err != nil {
			r.t.Fatal(err)
		}
		r.crew.forget()
		r.life++
	}
}

// What a full disk refuses is not there, what it did not refuse is, and room is all that it needs.
func TestFullDisk(t *testing.T) {
	r := newRig(t, binary)
	r.filling(*rounds)
	r.whole()
	t.Logf("%d times full, %d events, %d acknowledged changes", *rounds, r.judge.position, r.h.acknowledged())
}

// failing lets every fsync fail from a moment on, under load; then the binary is killed, and begins again on a sound disk.
func (r *rig) failing(n int) {
	r.t.Helper()
	strace, err := exec.LookPath("strace")
	if err != nil {
		r.t.Fatal("strace is missing: apt-get install strace")
	}
	r.hear()
	for i := range n {
		moment := rand.New(rand.NewPCG(*seed, uint64(i)))
		r.start(r.command())
		r.up()
		r.check(1)
		stop := r.work(0)
		time.Sleep(time.Duration(100+moment.IntN(200)) * time.Millisecond)
		cut := exec.Command(strace, "-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:error=EIO",
			"-p", fmt.Sprint(r.run.cmd.Process.Pid))
		if err := cut.Start(); err != nil {
			r.t.Fatal(err)
		}
		refused := eventually(func() error {
			if a := r.c.send(context.Background(), "POST", "/api/operations", object{"operation_type": "probe"}, nil); a.text("error") != "StorageFailedError" {
				return fmt.Errorf("%d %s", a.status, a.raw)
			}
			return nil
		})
		if refused != nil {
			r.h.blame("I13", "fsync fails and changes are taken: %v", refused)
		}
		r.run.kill()
		stop()
		_ = cut.Wait() // it ends with what it traced
		r.crew.forget()
	}
	r.start(r.command())
	r.up()
	r.check(0)
}

// After a failed fsync nothing is acknowledged any more; what was acknowledged before it is there.
func TestFailingDisk(t *testing.T) {
	r := newRig(t, binary)
	r.failing(*rounds)
	r.whole()
	t.Logf("fsync failed %d times, %d events, %d acknowledged changes", *rounds, r.judge.position, r.h.acknowledged())
}
