package alert

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"hangar/backend/breaker"
	"hangar/backend/group"
	"hangar/backend/provider"
)

func TestWhatTheRulesFind(t *testing.T) {
	limits := Limits{ErrorPercent: 10, SlowS: 10, Calls: 20, ColdStartS: 10, DiskFreePercent: 10}
	one := func(change func(*provider.Provider)) Picture {
		p := provider.Provider{ID: "math", State: provider.Ready, Circuit: breaker.Closed}
		change(&p)
		return Picture{Providers: []provider.Provider{p}}
	}
	calls := func(c Calls) Picture {
		p := one(func(*provider.Provider) {})
		p.Calls = map[provider.ID]Calls{"math": c}
		return p
	}
	pool := func(min int, members ...group.Member) Picture {
		return Picture{Groups: []group.Group{{ID: "pool", MinHealthy: min, Members: members}}}
	}
	good := group.Member{ID: "a", InRotation: true, Circuit: breaker.Closed}
	broken := group.Member{ID: "b", InRotation: true, Circuit: breaker.Open}
	for name, c := range map[string]struct {
		picture Picture
		want    []string
	}{
		"an empty fleet is fine":                     {Picture{}, nil},
		"a ready provider is fine":                   {one(func(*provider.Provider) {}), nil},
		"a cold one too":                             {one(func(p *provider.Provider) { p.State = provider.Cold }), nil},
		"a dead one is critical":                     {one(func(p *provider.Provider) { p.State = provider.Dead }), []string{"provider_dead critical provider:math"}},
		"a degraded one is a warning":                {one(func(p *provider.Provider) { p.State = provider.Degraded }), []string{"provider_degraded warning provider:math"}},
		"a disabled one is not dead beside":          {one(func(p *provider.Provider) { p.State, p.Disabled = provider.Dead, &provider.Disabled{Cycles: 5} }), []string{"provider_disabled critical provider:math"}},
		"one that starts is not decided":             {one(func(p *provider.Provider) { p.State = provider.Initializing }), []string{"provider_disabled open provider:math", "provider_dead open provider:math", "provider_degraded open provider:math"}},
		"an open breaker is a warning":               {one(func(p *provider.Provider) { p.Circuit = breaker.Open }), []string{"breaker_open warning provider:math"}},
		"a half open breaker is on its way":          {one(func(p *provider.Provider) { p.Circuit = breaker.HalfOpen }), nil},
		"a slow start is worth knowing":              {one(func(p *provider.Provider) { p.Meta.StartupDurationMS = 10_001 }), []string{"cold_start_slow info provider:math"}},
		"a start at the limit is not slow":           {one(func(p *provider.Provider) { p.Meta.StartupDurationMS = 10_000 }), nil},
		"the slow start of a stopped one is history": {one(func(p *provider.Provider) { p.State, p.Meta.StartupDurationMS = provider.Cold, 10_001 }), nil},
		"one call in ten lost is a warning":          {calls(Calls{Total: 100, Errors: 10}), []string{"calls_fail warning provider:math"}},
		"fewer are none":                             {calls(Calls{Total: 100, Errors: 9}), nil},
		"half of them lost is critical":              {calls(Calls{Total: 100, Errors: 50}), []string{"calls_fail critical provider:math"}},
		"few calls say nothing":                      {calls(Calls{Total: 19, Errors: 19, P95: time.Minute}), nil},
		"slow calls are a warning":                   {calls(Calls{Total: 20, P95: 11 * time.Second}), []string{"calls_slow warning provider:math"}},
		"a group with enough members is fine":        {pool(1, good), nil},
		"an empty group is only empty":               {pool(1), nil},
		"a group with too few is a warning":          {pool(2, good), []string{"group_below_minimum warning group:pool"}},
		"a group with none is critical":              {pool(1, broken), []string{"group_below_minimum critical group:pool", "breaker_open warning group:pool/b"}},
		"a tenth of the disk left is a warning":      {Picture{Disk: Disk{Free: 9 << 30, Total: 100 << 30}}, []string{"disk_low warning system"}},
		"a fiftieth is critical":                     {Picture{Disk: Disk{Free: 1 << 30, Total: 100 << 30}}, []string{"disk_low critical system"}},
		"a small disk with room is fine":             {Picture{Disk: Disk{Free: 100 << 20, Total: 200 << 20}}, nil},
		"a disk that cannot be asked is not full":    {Picture{}, nil},
		"a store that takes nothing is critical":     {Picture{Storage: errors.New("broken")}, []string{"storage_fails critical system"}},
		"lost records are critical, lost frames not": {Picture{Lost: 1, Dropped: 2}, []string{"records_lost critical system", "frames_dropped warning system"}},
	} {
		var got []string
		for _, f := range Judge(c.picture, limits) {
			level := f.Level
			if f.Open {
				level = "open"
			}
			got = append(got, fmt.Sprintf("%s %s %s", f.Rule, level, f.Subject))
			if (f.Message == "") != f.Open || !slices.Contains(Rules(), f.Rule) {
				t.Errorf("%s: %+v", name, f)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
	quiet := calls(Calls{Total: 100, Errors: 100, P95: time.Hour})
	quiet.Disk = Disk{Free: 100 << 20, Total: 100 << 30}
	if got := Judge(quiet, Limits{}); len(got) != 0 {
		t.Errorf("rules that are off found %v", got)
	}
}
