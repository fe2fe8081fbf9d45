package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"hangar/backend/fault"
)

// child is what the test binary does as a child process.
func child(mode, dir string) int {
	db, err := Open(context.Background(), Options{Dir: dir, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	switch mode {
	case "hold": // holds the directory until it is killed
		if err := db.SetHolder("http://127.0.0.1:8000"); err != nil {
			fmt.Println(err)
			return 1
		}
		fmt.Println("held")
		select {}
	case "write-error":
		if err := writeError(db); err != nil {
			fmt.Println(err)
			return 1
		}
		fmt.Println("ok")
	}
	return 0
}

// writeError makes write(2) fail with something else than "disk full" and checks that the store stops for good, even
// when the disk recovers. A process-wide limit on the size of files does it, which is why this is a child.
func writeError(db *DB) error {
	ctx := context.Background()
	blob := strings.Repeat("x", 1<<20)
	if err := db.Write(ctx, func(ctx context.Context, tx *Tx) error {
		_, err := tx.Exec(ctx, "CREATE TABLE things (name TEXT UNIQUE)")
		return err
	}); err != nil {
		return err
	}
	signal.Ignore(syscall.SIGXFSZ)
	limit := syscall.Rlimit{Cur: 256 << 10, Max: 1 << 40}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	first := db.Write(ctx, add(blob))
	limit.Cur = limit.Max
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	second := db.Write(ctx, add("small"))
	for _, err := range []error{first, second, db.Health()} {
		var f *fault.Error
		if !errors.As(err, &f) || f.Type != "StorageFailedError" || f.Kind != fault.Unavailable {
			return fmt.Errorf("want StorageFailedError, have %v (all: %v | %v | %v)", err, first, second, db.Health())
		}
	}
	var n int
	if err := db.Read().Get(ctx, &n, "SELECT COUNT(*) FROM things"); err != nil || n != 0 {
		return fmt.Errorf("reads go on: %d rows, %v", n, err)
	}
	return nil
}

func command(t *testing.T, mode, dir string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe, dir)
	cmd.Env = append(os.Environ(), childMode+"="+mode)
	cmd.Stderr = os.Stderr
	return cmd
}

func TestAfterAnIOErrorNoWriteIsTaken(t *testing.T) {
	out, err := command(t, "write-error", t.TempDir()).Output()
	if err != nil || string(out) != "ok\n" {
		t.Fatalf("%v: %s", err, out)
	}
}

func TestALockedDirectoryNamesItsHolderAndIsFreeWhenTheHolderIsKilled(t *testing.T) {
	dir := t.TempDir()
	cmd := command(t, "hold", dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var word string
	if _, err := fmt.Fscan(out, &word); err != nil || word != "held" {
		t.Fatalf("child: %q %v", word, err)
	}

	_, err = Open(t.Context(), Options{Dir: dir, Log: slog.New(slog.DiscardHandler)})
	var locked *LockedError
	if !errors.As(err, &locked) {
		t.Fatalf("want a LockedError, have %v", err)
	}
	if h := locked.Holder; h.PID != cmd.Process.Pid || h.URL != "http://127.0.0.1:8000" || h.Instance == "" || h.Since.IsZero() {
		t.Errorf("holder: %+v", h)
	}
	if !strings.Contains(err.Error(), "http://127.0.0.1:8000") {
		t.Errorf("message: %v", err)
	}

	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed
	open(t, dir)
}
