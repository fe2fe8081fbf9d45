package app

import (
	"context"
	"syscall"
	"time"

	"hangar/backend/alert"
	"hangar/backend/config"
	"hangar/backend/provider"
)

// lookBack is the span that alerts about calls judge.
const lookBack = 5 * time.Minute

// buildAlerts makes what watches the fleet.
func (a *App) buildAlerts(context.Context) error {
	a.alerts = alert.New(a.db, a.events)
	a.watcher = alert.NewWatcher(a.alerts, a.events, alert.Sources{
		Fleet: a.picture, Counts: a.losses, Limits: func() alert.Limits { return alertLimits(a.desk.current.Load()) },
	}, a.opts.Log)
	return nil
}

func alertLimits(c *config.Config) alert.Limits {
	l := c.Alerts
	return alert.Limits{ErrorPercent: l.ErrorPercent, SlowS: l.SlowS, Calls: l.Calls, ColdStartS: l.ColdStartS, DiskFreePercent: l.DiskFreePercent}
}

// picture is what the alerts judge.
func (a *App) picture(ctx context.Context) (p alert.Picture, err error) {
	if p.Providers, err = a.providers.List(ctx); err != nil {
		return p, err
	}
	if p.Groups, _, err = a.groups.Snapshot(ctx); err != nil {
		return p, err
	}
	recent, err := a.history.Recent(ctx, time.Now().Add(-lookBack))
	if err != nil {
		return p, err
	}
	p.Calls = make(map[provider.ID]alert.Calls, len(recent))
	for id, r := range recent {
		p.Calls[id] = alert.Calls{Total: r.Calls, Errors: r.Errors, P95: r.P95}
	}
	p.Storage = a.db.Health()
	p.Disk = diskOf(a.opts.Config.DataDir)
	return p, nil
}

// diskOf is zero where the file system does not say.
func diskOf(dir string) alert.Disk {
	var fs syscall.Statfs_t
	if syscall.Statfs(dir, &fs) != nil {
		return alert.Disk{}
	}
	size := uint64(fs.Bsize)
	return alert.Disk{Free: fs.Bavail * size, Total: fs.Blocks * size}
}

// losses are what was ever lost in this run.
func (a *App) losses() (records, frames int64) {
	r := a.events.RecordStats()
	return r.Lost + r.Refused, a.hub.Stats().Dropped
}
