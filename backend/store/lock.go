package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// Holder is who holds a data directory, as written in its lock file.
type Holder struct {
	PID      int       `json:"pid"`
	Instance string    `json:"instance"` // unique per run of the process
	URL      string    `json:"url"`      // where it can be reached; empty until it listens
	Since    time.Time `json:"since"`
}

// LockedError says that another process uses the data directory.
type LockedError struct {
	Dir    string
	Holder Holder // zero when the holder has not written itself down yet
}

func (e *LockedError) Error() string {
	who := "another process"
	if e.Holder.PID != 0 {
		who = fmt.Sprintf("process %d", e.Holder.PID)
	}
	if e.Holder.URL != "" {
		who += " at " + e.Holder.URL
	}
	return fmt.Sprintf("the data directory %s is in use by %s; stop it or choose another directory with --data", e.Dir, who)
}

// lockFile is the open, locked file. The lock belongs to the open file description: it goes when the process goes,
// however it goes, and children do not inherit it (close-on-exec). The file itself is never removed: removing it would
// let two processes hold locks on two files of the same name.
type lockFile struct {
	f      *os.File
	holder Holder
}

func lockDir(dir string, h Holder) (*lockFile, error) {
	f, err := os.OpenFile(filepath.Join(dir, "hangar.lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock file: %w", err)
	}
	if err := flock(f); err != nil {
		defer f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, &LockedError{Dir: dir, Holder: readHolder(f)}
		}
		return nil, fmt.Errorf("lock %s: %w", f.Name(), err)
	}
	l := &lockFile{f: f, holder: h}
	if err := l.write(); err != nil {
		f.Close()
		return nil, err
	}
	return l, nil
}

// orphanPatience is how long a lock may outlive its holder.
const orphanPatience = 2 * time.Second

// flock takes the lock or says EWOULDBLOCK. A holder that was killed while it started a child leaves the lock with that child until
// the exec, for a moment: it is waited for when the process that the file names is gone.
func flock(f *os.File) error {
	for until := time.Now().Add(orphanPatience); ; time.Sleep(5 * time.Millisecond) {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EWOULDBLOCK) || time.Now().After(until) {
			return err
		}
		if pid := readHolder(f).PID; pid == 0 || !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			return err
		}
	}
}

// write replaces the text in place: a rename would replace the locked file. A reader that meets a half-written text
// sees no holder, which is true for that instant.
func (l *lockFile) write() error {
	b, err := json.Marshal(l.holder)
	if err != nil {
		return fmt.Errorf("encode the lock file: %w", err)
	}
	if err := l.f.Truncate(0); err != nil {
		return fmt.Errorf("write the lock file: %w", err)
	}
	if _, err := l.f.WriteAt(append(b, '\n'), 0); err != nil {
		return fmt.Errorf("write the lock file: %w", err)
	}
	return nil
}

func (l *lockFile) release() error {
	return errors.Join(l.f.Truncate(0), l.f.Close())
}

func readHolder(r io.ReaderAt) Holder {
	var h Holder
	b, err := io.ReadAll(io.NewSectionReader(r, 0, 4096))
	if err != nil || json.Unmarshal(b, &h) != nil {
		return Holder{}
	}
	return h
}
