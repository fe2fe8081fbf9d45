package app

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"hangar/backend/config"
	"hangar/backend/event"
	"hangar/backend/fault"
	"hangar/backend/operation"
	"hangar/backend/store"
)

// Reload reads the configuration again and brings it into effect: all of it, in one transaction, or nothing. What is wrong
// with it is a ConfigurationError that says where.
func (d *desk) Reload(ctx context.Context, r config.ReloadRequest) (config.ReloadResult, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	begun := time.Now()
	if r.DryRun {
		return d.rehearse(ctx, r, begun)
	}
	path := d.named(r.Path)
	tracker := d.a.operations.Track(ctx, "config_reload", struct {
		Path string `json:"config_path"`
		By   string `json:"requested_by"`
	}{path, r.By}, nil)
	plan, err := d.reload(ctx, r, begun, tracker)
	if err != nil {
		d.failed(ctx, path, err, r.By)
		tracker.End(nil, err)
		return config.ReloadResult{}, err
	}
	result := plan.Result(path, false, time.Since(begun))
	d.last.Store(&config.LastReload{At: time.Now().UTC(), RequestedBy: r.By, Success: true})
	tracker.End(plan.Changes(), nil)
	d.a.opts.Log.Info("configuration reloaded", "file", path, "by", r.By, "added", len(result.ProvidersAdded),
		"removed", len(result.ProvidersRemoved), "updated", len(result.ProvidersUpdated), "needs_restart", result.NeedsRestart)
	return result, nil
}

// rehearse tells the plan and does nothing.
func (d *desk) rehearse(ctx context.Context, r config.ReloadRequest, begun time.Time) (config.ReloadResult, error) {
	next, err := d.load(r.Path, nil)
	if err != nil {
		return config.ReloadResult{}, err
	}
	have, err := d.look(ctx)
	if err != nil {
		return config.ReloadResult{}, err
	}
	plan, err := config.NewPlan(have, next, false)
	if err != nil {
		return config.ReloadResult{}, refusal(err)
	}
	return plan.Result(d.named(r.Path), true, time.Since(begun)), nil
}

// reload does all that can fail first, then commits, then brings what runs in line.
func (d *desk) reload(ctx context.Context, r config.ReloadRequest, begun time.Time, t *operation.Tracker) (plan config.Plan, err error) {
	next, err := d.load(r.Path, d.read)
	if err != nil {
		return plan, err
	}
	t.Status("applying", "")
	err = d.a.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		have, err := d.standing(ctx, tx)
		if err != nil {
			return err
		}
		if plan, err = config.NewPlan(have, next, false); err != nil {
			return refusal(err)
		}
		if err := d.declareTx(ctx, tx, plan); err != nil {
			return err
		}
		return d.a.events.Append(ctx, tx, config.Reloaded{
			ConfigPath: next.Path(), Changes: plan.Changes(), DurationMS: time.Since(begun).Milliseconds(), RequestedBy: r.By,
		})
	})
	if err != nil {
		return plan, err
	}
	t.Status("restarting", "")
	sum := next.Sum()
	d.seen.Store(&sum)
	d.adopt(d.current.Load().Adopt(next))
	d.settle(ctx, plan, r.Hurry)
	return plan, nil
}

// failed puts a reload that changed nothing on record.
func (d *desk) failed(ctx context.Context, path string, err error, by string) {
	f := fault.From(err)
	d.last.Store(&config.LastReload{At: time.Now().UTC(), RequestedBy: by, Error: f.Message})
	d.a.opts.Log.Warn("the configuration was not reloaded; the one before stays in effect", "file", path, "by", by, "error", f.Message)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settlePatience)
	defer cancel()
	if err := d.a.tell(ctx, config.ReloadFailed{ConfigPath: path, Reason: f.Message, ErrorType: f.Type, RequestedBy: by}); err != nil {
		d.a.opts.Log.Error("the failed reload could not be recorded", "error", err)
	}
}

// named is the path of the file that a request means.
func (d *desk) named(path string) string {
	is := d.current.Load().Path()
	switch {
	case path == "" || is == "":
		return is
	case filepath.IsAbs(path):
		return filepath.Clean(path)
	default:
		return filepath.Join(filepath.Dir(is), path)
	}
}

// load reads the file in use, by read when that is not nil, or another one of its directory, and checks it.
func (d *desk) load(path string, read func(string) ([]byte, error)) (next *config.Config, err error) {
	c := d.current.Load()
	if file := d.named(path); path == "" || file == c.Path() && file != "" {
		next, err = c.Reread("", read)
	} else {
		next, err = d.loadOther(c, file)
	}
	var known *fault.Error
	if err == nil || errors.As(err, &known) {
		return next, err
	}
	return nil, refusal(err)
}

// read reads the file in use and remembers what it said, well-formed or not, so that the watch does not take it for news.
func (d *desk) read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := config.ReadFile(f)
	if err == nil {
		sum := sha256.Sum256(text)
		d.seen.Store(&sum)
	}
	if err == nil && len(bytes.TrimSpace(text)) == 0 {
		return nil, errEmptyFile
	}
	return text, err
}

// errEmptyFile is what a save that was cut short leaves; taken at its word it would remove the whole fleet.
var errEmptyFile = errors.New("the file is empty, as when a save is cut short; to have no providers write providers: {}")

// loadOther reads another file of the directory of the configuration, and nothing outside of it, whatever links there are.
func (d *desk) loadOther(c *config.Config, file string) (*config.Config, error) {
	if c.Path() == "" {
		return nil, fault.Field("config_path", "there is no configuration file, so there is no directory in which others could be; start with --config")
	}
	dir := filepath.Dir(c.Path())
	name, err := filepath.Rel(dir, file)
	if err != nil || !filepath.IsLocal(name) || !slices.Contains([]string{".yaml", ".yml"}, filepath.Ext(name)) {
		return nil, fault.Field("config_path", "must be a .yaml file in the directory of the configuration, %s", dir)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	text, err := readIn(root, name)
	if err != nil {
		return nil, fault.Field("config_path", "cannot be read in %s: %s", dir, reason(err))
	}
	return c.Reread(file, func(string) ([]byte, error) { return text, nil })
}

// readIn reads a regular file below a directory. What it is is asked of the file that was opened, without waiting for one that
// writes to a pipe: between a look and an opening somebody could put another thing in its place.
func readIn(root *os.Root, name string) ([]byte, error) {
	f, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("not a regular file")
	}
	return config.ReadFile(f)
}

// reason is an error of the file system without the path in it.
func reason(err error) string {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err.Error()
	}
	return err.Error()
}

// Reload reads the configuration again; it is what a tool asks for (By is config.ByTool).
func (a *App) Reload(ctx context.Context, r config.ReloadRequest) (config.ReloadResult, error) {
	if _, ok := event.ActorFrom(ctx); !ok {
		ctx = event.WithActor(ctx, event.System("config"))
	}
	return a.desk.Reload(ctx, r)
}
