package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"hangar/backend/config"
	"hangar/backend/discovery"
	"hangar/backend/group"
	"hangar/backend/invoke"
	"hangar/backend/provider"
	"hangar/backend/secret"
	"hangar/backend/store"
)

// desk keeps the configuration in effect and carries out what package config decides about it, one thing at a time.
type desk struct {
	a     *App
	vault *secret.Vault
	mask  config.Secret // of secrets in comparisons

	current atomic.Pointer[config.Config]
	seen    atomic.Pointer[[32]byte]          // of the file's text that was last looked at, well-formed or not
	last    atomic.Pointer[config.LastReload] // nil: there was none

	mu sync.Mutex // one reload, restore or backup at a time
}

func newDesk(ctx context.Context, a *App, vault *secret.Vault) (*desk, error) {
	key, err := fingerprintKey(ctx, vault)
	if err != nil {
		return nil, err
	}
	d := &desk{a: a, vault: vault, mask: config.Fingerprint(key)}
	d.current.Store(a.opts.Config)
	sum := a.opts.Config.Sum()
	d.seen.Store(&sum)
	return d, nil
}

// fingerprintKey is made once for a store, so that fingerprints of secrets can be compared over time.
func fingerprintKey(ctx context.Context, vault *secret.Vault) ([]byte, error) {
	key, err := vault.Get(ctx, "config", "fingerprint")
	if err == nil || !errors.Is(err, secret.ErrMissing) && !errors.Is(err, secret.ErrUnreadable) {
		return key, err
	}
	key = make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	return key, vault.Put(ctx, "config", "fingerprint", key)
}

// begin makes the fleet what the file says when Hangar starts. Edits of people stay until the file says something new.
func (d *desk) begin(ctx context.Context) error {
	return d.a.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		have, err := d.standing(ctx, tx)
		if err != nil {
			return err
		}
		plan, err := config.NewPlan(have, d.current.Load(), true)
		if err != nil {
			return err
		}
		return d.declareTx(ctx, tx, plan)
	})
}

// standing is what a plan begins from, as q sees it.
func (d *desk) standing(ctx context.Context, q store.Querier) (have config.Standing, err error) {
	have.Config = d.current.Load()
	have.Running = func(id provider.ID) (bool, int) {
		live := d.a.fleet.Live(id)
		return live.Alive, live.InFlight
	}
	if have.Providers, err = d.a.providers.StandingIn(ctx, q); err != nil {
		return have, err
	}
	if have.Groups, err = d.a.groups.StandingIn(ctx, q); err != nil {
		return have, err
	}
	have.Sources, err = d.a.discovery.StandingIn(ctx, q)
	return have, err
}

// look is standing outside of a transaction: one snapshot.
func (d *desk) look(ctx context.Context) (have config.Standing, err error) {
	err = d.a.db.View(ctx, func(ctx context.Context, q store.Querier) error {
		have, err = d.standing(ctx, q)
		return err
	})
	return have, err
}

// declareTx carries out a plan, all nouns in the caller's one transaction. A noun that the file declares has its line here.
func (d *desk) declareTx(ctx context.Context, tx *store.Tx, plan config.Plan) error {
	providers, groups, sources := plan.Declarations()
	if err := d.a.providers.DeclareTx(ctx, tx, providers); err != nil {
		return err
	}
	if err := d.a.groups.DeclareTx(ctx, tx, groups); err != nil {
		return err
	}
	return d.a.discovery.DeclareTx(ctx, tx, sources)
}

// settlePatience bounds the wait until changed definitions have reached what runs.
const settlePatience = 15 * time.Second

// settle brings a plan that was carried out to what runs. What fails here is mended by the next start of a provider, which
// reads its definition anew; so it is logged, and the reload has succeeded all the same.
func (d *desk) settle(ctx context.Context, plan config.Plan, hurry bool) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settlePatience)
	defer cancel()
	changes := plan.Changes()
	d.a.fleet.Dismiss(changes.ProvidersRemoved, hurry)
	err := d.a.fleet.Renew(ctx, plan.Renewed(), hurry)
	err = errors.Join(err, d.a.fleet.Warm(ctx, changes.ProvidersAdded), d.a.fleet.Warm(ctx, changes.ProvidersUpdated))
	if err != nil {
		d.a.opts.Log.Error("a changed definition has not reached everything that runs", "error", err)
	}
}

// adopt brings settings into effect that may change while Hangar runs.
func (d *desk) adopt(c *config.Config) {
	d.current.Store(c)
	d.a.guard.set(c)
	d.a.invoke.Adjust(c.CallTimeout(), limits(c))
	if d.a.opts.Level != nil {
		d.a.opts.Level.Set(c.Level())
	}
}

func limits(c *config.Config) invoke.Limits {
	return invoke.Limits{Global: c.Limits.MaxConcurrency, Provider: c.Limits.ProviderConcurrency, Queue: c.QueueTimeout()}
}

// whole is the configuration with every provider and group of a standing, whoever owns them.
func whole(have config.Standing) *config.Config {
	return holding(have, func(bool) bool { return true })
}

// owned is the configuration with what the file owns.
func owned(have config.Standing) *config.Config {
	return holding(have, func(declared bool) bool { return declared })
}

func holding(have config.Standing, wanted func(declared bool) bool) *config.Config {
	providers, groups := map[provider.ID]provider.Spec{}, map[group.ID]group.Spec{}
	for id, p := range have.Providers {
		if wanted(p.Declared != nil) {
			providers[id] = p.Spec
		}
	}
	for id, g := range have.Groups {
		if wanted(g.Declared != nil) {
			groups[id] = g.Spec
		}
	}
	sources := discovery.Spec{}
	for _, id := range slices.Sorted(maps.Keys(have.Sources)) {
		if s := have.Sources[id]; wanted(s.Declared != nil) {
			sources.Sources = append(sources.Sources, s.Spec)
		}
	}
	return have.Config.Holding(providers, groups, sources)
}

// Current tells what is in effect.
func (d *desk) Current(ctx context.Context) (config.Current, error) {
	have, err := d.look(ctx)
	if err != nil {
		return config.Current{}, err
	}
	c := config.Current{
		Config: whole(have), Owners: map[provider.ID]provider.Source{}, GroupOwners: map[group.ID]provider.Source{},
		NeedsRestart: []string{}, LastReload: d.last.Load(),
	}
	for id, p := range have.Providers {
		c.Owners[id] = p.Source
	}
	for id, g := range have.Groups {
		c.GroupOwners[id] = g.Source
	}
	if next, err := have.Config.Reread("", nil); err == nil { // what is wrong with the file, diff tells
		if plan, err := config.NewPlan(have, next, false); err == nil {
			c.NeedsRestart = plan.NeedsRestart()
		}
	}
	return c, nil
}

// Export writes the fleet as a configuration file: that of now, or that of a backup.
func (d *desk) Export(ctx context.Context, how config.Secrets, backup string) (config.Exported, error) {
	have, err := d.look(ctx)
	if err != nil {
		return config.Exported{}, err
	}
	if backup == "" {
		return whole(have).Export(how), nil
	}
	was, err := d.fleetOf(have, backup)
	if err != nil {
		return config.Exported{}, err
	}
	return was.Export(how), nil
}

// Diff compares two of: what is in effect, the file, and backups by their ids.
func (d *desk) Diff(ctx context.Context, from, to string) (config.Difference, error) {
	have, err := d.look(ctx)
	if err != nil {
		return config.Difference{}, err
	}
	isBackup := func(side string) bool { return side != config.InMemory && side != config.OnDisk }
	fleet := isBackup(from) || isBackup(to)
	nameA, a, err := d.side(have, from, fleet)
	if err != nil {
		return config.Difference{}, err
	}
	nameB, b, err := d.side(have, to, fleet)
	if err != nil {
		return config.Difference{}, err
	}
	return config.Diff(nameA, a, nameB, b, d.mask), nil
}

// side is one of two that are compared, with what it is called. A backup is compared by its fleet alone, whoever owns a
// provider; without one, what belongs to the file counts, its settings among it.
func (d *desk) side(have config.Standing, which string, fleet bool) (string, *config.Config, error) {
	switch which {
	case config.InMemory:
		if fleet {
			return "in-memory", whole(have), nil
		}
		return "in-memory", owned(have), nil
	case config.OnDisk:
		next, err := have.Config.Reread("", nil)
		if err != nil {
			return "", nil, refusal(err)
		}
		if fleet {
			is := whole(have)
			return "on-disk", is.Holding(next.Providers, next.Groups, is.Discovery), nil
		}
		return "on-disk", next.Holding(next.Providers, next.Groups, next.Discovery.Ordered()), nil
	default:
		was, err := d.fleetOf(have, which)
		return "backup " + which, was, err
	}
}

// fleetOf is the fleet of a backup with the settings and sources of now, which are not part of a restore.
func (d *desk) fleetOf(have config.Standing, backup string) (*config.Config, error) {
	was, _, err := d.readBackup(backup)
	if err != nil {
		return nil, err
	}
	is := whole(have)
	return is.Holding(was.Providers, was.Groups, is.Discovery), nil
}

// refusal words why a configuration cannot be used.
func refusal(err error) error {
	var problems config.Problems
	if errors.As(err, &problems) {
		return config.Invalid(problems)
	}
	return config.Invalid(config.Problems{{Where: "the configuration", Message: fmt.Sprint(err)}})
}
