package alert

import (
	"fmt"
	"time"

	"hangar/backend/breaker"
	"hangar/backend/group"
	"hangar/backend/provider"
)

// Limits are where rules begin to find something wrong; zero turns a rule off.
type Limits struct {
	ErrorPercent    int // of a provider's calls of the last five minutes that came to nothing
	SlowS           int // the 95th percentile of the same, in seconds
	Calls           int // fewer say nothing about either
	ColdStartS      int
	DiskFreePercent int
}

// Picture is what the rules look at.
type Picture struct {
	Providers []provider.Provider
	Groups    []group.Group
	Calls     map[provider.ID]Calls
	Disk      Disk
	Storage   error // why the store takes no changes
	Lost      int64 // records of calls that were lost lately
	Dropped   int64 // frames that slow readers lost lately
}

// Calls are a provider's last five minutes.
type Calls struct {
	Total  int64
	Errors int64 // without a result: a tool that answers that it failed has done its part
	P95    time.Duration
}

// Disk is the one that holds the data directory; zero when it could not be asked.
type Disk struct{ Free, Total uint64 }

// Judge gives all that is wrong.
func Judge(p Picture, l Limits) (found []Condition) {
	for _, one := range p.Providers {
		found = append(found, ofProvider(one, l)...)
		found = append(found, ofCalls(one.ID, p.Calls[one.ID], l)...)
	}
	for _, g := range p.Groups {
		found = append(found, ofGroup(g)...)
	}
	return append(found, ofSystem(p, l)...)
}

func ofProvider(p provider.Provider, l Limits) (found []Condition) {
	say := func(r Rule, level Level, kind, format string, args ...any) {
		details := map[string]any{"state": p.State, "failures": p.Failures}
		if p.LastError != nil {
			details["error_type"], details["error_message"] = p.LastError.Type, p.LastError.Message
		}
		found = append(found, Condition{r, p.ID.Stream(), level, fmt.Sprintf(format, args...), kind, details, false})
	}
	switch {
	case p.Disabled != nil:
		say(ProviderDisabled, Critical, provider.KindAutoDisabled, "provider %s failed %d times over and is not started any more, until somebody starts it", p.ID, p.Disabled.Cycles)
	case p.State == provider.Dead:
		say(ProviderDead, Critical, provider.KindStateChanged, "provider %s is not running after a failure", p.ID)
	case p.State == provider.Degraded:
		say(ProviderDegraded, Warning, provider.KindDegraded, "provider %s keeps failing", p.ID)
	case p.State == provider.Initializing: // each attempt would end the alert, and its acknowledgement, and begin it again
		for _, r := range []Rule{ProviderDisabled, ProviderDead, ProviderDegraded} {
			found = append(found, Condition{Rule: r, Subject: p.ID.Stream(), Open: true})
		}
	}
	if p.Circuit == breaker.Open {
		say(BreakerOpen, Warning, provider.KindCircuit, "the circuit breaker of provider %s is open: calls are refused without reaching it", p.ID)
	}
	if took := p.Meta.StartupDurationMS; l.ColdStartS > 0 && p.State == provider.Ready && took > int64(l.ColdStartS)*1000 {
		say(ColdStartSlow, Info, provider.KindStarted, "provider %s took %s to start", p.ID, time.Duration(took)*time.Millisecond)
	}
	return found
}

func ofCalls(id provider.ID, c Calls, l Limits) (found []Condition) {
	if c.Total == 0 || c.Total < int64(l.Calls) {
		return nil
	}
	details := map[string]any{"calls": c.Total, "errors": c.Errors, "p95_ms": c.P95.Milliseconds(), "minutes": 5}
	if percent := 100 * c.Errors / c.Total; l.ErrorPercent > 0 && percent >= int64(l.ErrorPercent) {
		level := Warning
		if percent >= 50 {
			level = Critical
		}
		found = append(found, Condition{CallsFail, id.Stream(), level, fmt.Sprintf("%d of the last %d calls of provider %s came to nothing", c.Errors, c.Total, id), provider.KindCallFailed, details, false})
	}
	if l.SlowS > 0 && c.P95 > time.Duration(l.SlowS)*time.Second {
		found = append(found, Condition{CallsSlow, id.Stream(), Warning, fmt.Sprintf("one in twenty calls of provider %s takes longer than %s", id, c.P95.Round(time.Second)), provider.KindCallCompleted, details, false})
	}
	return found
}

func ofGroup(g group.Group) (found []Condition) {
	details := map[string]any{"healthy": g.Usable(), "members": len(g.Members), "min_healthy": g.MinHealthy}
	if n := g.Usable(); len(g.Members) > 0 && n < g.MinHealthy {
		level, message := Warning, fmt.Sprintf("group %s has %d members that can be called, fewer than the %d that it should", g.ID, n, g.MinHealthy)
		if n == 0 {
			level, message = Critical, fmt.Sprintf("group %s has no member that can be called", g.ID)
		}
		found = append(found, Condition{GroupBelowMin, g.ID.Stream(), level, message, group.KindStateChanged, details, false})
	}
	for _, m := range g.Members {
		if m.Circuit == breaker.Open {
			found = append(found, Condition{BreakerOpen, g.ID.Stream() + "/" + string(m.ID), Warning, fmt.Sprintf("the circuit breaker of member %s of group %s is open", m.ID, g.ID),
				group.KindBreakerChanged, map[string]any{"member_id": m.ID}, false})
		}
	}
	return found
}

func ofSystem(p Picture, l Limits) (found []Condition) {
	say := func(r Rule, level Level, details map[string]any, format string, args ...any) {
		found = append(found, Condition{r, system, level, fmt.Sprintf(format, args...), "", details, false})
	}
	if p.Disk.Total > 0 && l.DiskFreePercent > 0 {
		percent := float64(p.Disk.Free) * 100 / float64(p.Disk.Total)
		details := map[string]any{"free_bytes": p.Disk.Free, "total_bytes": p.Disk.Total}
		switch {
		case percent < float64(l.DiskFreePercent)/5 || p.Disk.Free < 64<<20:
			say(DiskLow, Critical, details, "the disk of the data directory is nearly full: %d MiB are free", p.Disk.Free>>20)
		case percent < float64(l.DiskFreePercent):
			say(DiskLow, Warning, details, "the disk of the data directory is filling up: %d MiB are free", p.Disk.Free>>20)
		}
	}
	if p.Storage != nil {
		say(StorageFails, Critical, nil, "the store takes no changes: %s", p.Storage)
	}
	if p.Lost > 0 {
		say(RecordsLost, Critical, map[string]any{"records": p.Lost}, "%d records of calls were lost in the last minutes", p.Lost)
	}
	if p.Dropped > 0 {
		say(FramesDropped, Warning, map[string]any{"frames": p.Dropped}, "readers of sockets do not keep up: %d frames were dropped in the last minutes", p.Dropped)
	}
	return found
}

// system is the subject of what is about Hangar itself.
const system = "system"
