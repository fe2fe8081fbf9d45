package app

import (
	"context"
	"crypto/sha256"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/fsnotify/fsnotify"

	"hangar/backend/config"
	"hangar/backend/event"
)

const (
	quiet     = 150 * time.Millisecond // without a further change, until a file is taken for written
	mostQuiet = time.Second            // of changes without end, until it is looked at all the same
	lookAgain = 5 * time.Second        // where changes are not told: network file systems, directories that come and go
	awayLooks = 2                      // in vain, one after the other, until it is said: a file that is replaced is away for a moment
)

// Run reloads when the file changes and when a signal asks for it, until ctx ends.
func (d *desk) Run(ctx context.Context) error {
	ctx = event.WithActor(ctx, event.System("config"))
	w := d.newWatch()
	defer w.close()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-d.a.opts.Hangup:
			_, _ = d.Reload(ctx, config.ReloadRequest{By: config.BySignal}) // a refusal is on record
		case <-w.changes():
			w.stir()
		case err := <-w.errors():
			d.a.opts.Log.Warn("a change of the configuration may have been missed; looking at the file", "error", err)
			w.stir()
		case <-w.again.C:
			w.follow(d.current.Load().Path())
			w.stir()
		case <-w.due.C:
			w.since = time.Time{}
			w.follow(d.current.Load().Path())
			d.remark(w, d.lookAtFile(ctx))
		}
	}
}

// remark says once that the file is away or cannot be read, and once that it is back.
func (d *desk) remark(w *watch, err error) {
	path := d.current.Load().Path()
	if err == nil {
		if w.vain >= awayLooks {
			d.a.opts.Log.Info("the configuration file can be read again", "path", path)
		}
		w.vain = 0
		return
	}
	if w.vain++; w.vain == awayLooks {
		d.a.opts.Log.Warn("the configuration file cannot be read; what was read last stays in effect until it is back", "path", path, "error", err)
	}
}

// lookAtFile reloads when the file says something that was not looked at yet. It fails when the file cannot be read.
func (d *desk) lookAtFile(ctx context.Context) error {
	f, err := os.Open(d.current.Load().Path())
	if err != nil {
		return err
	}
	text, err := config.ReadFile(f)
	_ = f.Close() // it was only read
	if err != nil || sha256.Sum256(text) == *d.seen.Load() {
		return err
	}
	_, _ = d.Reload(ctx, config.ReloadRequest{By: config.ByWatcher}) // a refusal is on record
	return nil
}

// watch follows the directories through which a path leads: a file that is replaced by renaming another one over it, or by
// turning a link elsewhere, changes there.
type watch struct {
	notify *fsnotify.Watcher // nil: nobody tells, or nobody wants to know
	on     bool
	due    *time.Timer
	again  *time.Ticker
	since  time.Time // when the changes began that are not looked at yet
	vain   int       // looks in a row at which the file could not be read
}

func (d *desk) newWatch() *watch {
	c := d.current.Load()
	w := &watch{due: time.NewTimer(time.Hour), again: time.NewTicker(lookAgain), on: c.Path() != "" && c.Reloading.Watch}
	w.due.Stop()
	if !w.on {
		w.again.Stop()
		return w
	}
	var err error
	if w.notify, err = fsnotify.NewWatcher(); err != nil {
		w.notify = nil
		d.a.opts.Log.Warn("changes of the configuration are not told by this system; looking at the file instead", "every", lookAgain, "error", err)
	}
	w.follow(c.Path())
	w.stir() // it may have changed since it was read
	return w
}

func (w *watch) close() {
	w.due.Stop()
	w.again.Stop()
	if w.notify != nil {
		_ = w.notify.Close() // there is nothing to lose
	}
}

func (w *watch) changes() <-chan fsnotify.Event {
	if w.notify == nil {
		return nil
	}
	return w.notify.Events
}

func (w *watch) errors() <-chan error {
	if w.notify == nil {
		return nil
	}
	return w.notify.Errors
}

// stir waits for quiet before the file is looked at, but not for ever.
func (w *watch) stir() {
	now := time.Now()
	if w.since.IsZero() {
		w.since = now
	}
	w.due.Reset(max(0, min(quiet, mostQuiet-now.Sub(w.since))))
}

// follow watches the directories of a path as they are now.
func (w *watch) follow(path string) {
	if w.notify == nil {
		return
	}
	wanted, is := directories(path), w.notify.WatchList()
	for _, dir := range is {
		if !slices.Contains(wanted, dir) {
			_ = w.notify.Remove(dir) // it may be gone already
		}
	}
	for _, dir := range wanted {
		if !slices.Contains(is, dir) {
			_ = w.notify.Add(dir) // one that cannot be watched is looked at now and then
		}
	}
}

// directories are those in which a change can lead a path elsewhere: that of the file, and those of every link on the way.
func directories(path string) []string {
	var dirs []string
	add := func(dir string) {
		if real, err := filepath.EvalSymlinks(dir); err == nil && !slices.Contains(dirs, real) {
			dirs = append(dirs, real)
		}
	}
	const mostLinks = 40
	for range mostLinks {
		add(filepath.Dir(path))
		link := path
		for ; link != filepath.Dir(link); link = filepath.Dir(link) {
			if info, err := os.Lstat(link); err == nil && info.Mode()&os.ModeSymlink != 0 {
				break
			}
		}
		to, err := os.Readlink(link)
		if err != nil {
			break // no link is left
		}
		add(filepath.Dir(link))
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(link), to)
		}
		path = filepath.Join(to, path[len(link):])
	}
	return dirs
}
