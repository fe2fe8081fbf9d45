package store

import (
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// A process that is killed while it starts a child leaves the lock with the child until the exec: the next one waits for that.
func TestALockThatOutlivesItsHolderIsWaitedFor(t *testing.T) {
	gone := exec.CommandContext(t.Context(), "true")
	if err := gone.Run(); err != nil {
		t.Fatal(err)
	}
	for name, pid := range map[string]int{"a holder that is gone": gone.Process.Pid, "a holder that lives": os.Getpid()} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			f, err := os.Create(filepath.Join(dir, "hangar.lock"))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
				t.Fatal(err)
			}
			l := lockFile{f, Holder{PID: pid, Instance: "before"}}
			if err := l.write(); err != nil {
				t.Fatal(err)
			}
			if pid != os.Getpid() {
				freed := time.AfterFunc(100*time.Millisecond, func() { _ = f.Close() }) // nobody reads what it says
				defer freed.Stop()
			}
			db, err := Open(t.Context(), Options{Dir: dir, Log: slog.New(slog.DiscardHandler)})
			var locked *LockedError
			switch {
			case pid == os.Getpid() && !errors.As(err, &locked):
				t.Errorf("got %v", err)
			case pid != os.Getpid() && err != nil:
				t.Errorf("got %v", err)
			}
			if err == nil {
				_ = db.Close() // only the lock counts
			}
		})
	}
}
