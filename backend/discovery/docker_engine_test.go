package discovery

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"hangar/backend/engine"
	"hangar/backend/enginetest"
	"hangar/backend/provider"
)

// A real engine: containers come, change, go; the engine dies and comes back; an image that asks to be found is not found in
// the containers that Hangar itself runs.
func TestARealEngineIsFollowed(t *testing.T) {
	t.Parallel()
	d := enginetest.Start(t)
	d.Load()
	eng := d.Engine()
	b := setup(t, func(o *Options) { o.Engine = eng })
	ctx, cancel := context.WithTimeout(b.ctx, 3*time.Minute)
	defer cancel()
	make := func(name string, labels ...string) string {
		t.Helper()
		all := map[string]string{"mcp.hangar.enabled": "true"}
		for _, l := range labels {
			k, v, _ := strings.Cut(l, "=")
			all[k] = v
		}
		id, err := eng.Create(ctx, engine.Container{Name: name, Image: enginetest.Image, Labels: all})
		must(t, err)
		return id
	}
	_, err := b.AddSource(ctx, Source{ID: "dk", Type: Docker, Mode: Authoritative, Enabled: true, Config: Config{TTL: 1, Interval: 86_400, AutoApprove: true}})
	must(t, err)
	b.begin()
	b.await("the first look", func() bool { return b.find("dk").LastScan != nil })
	first := make("first", "mcp.hangar.command=/hostile good")
	b.await("a container that was made is found", func() bool {
		return slices.Equal(b.defined(), []string{"first discovery /hostile good"})
	})
	make("evil", "mcp.hangar.volumes=/:/host")
	make("own", "hangar.provider=first")
	web := make("web", "mcp.hangar.mode=http")
	b.await("what cannot be used is quarantined", func() bool {
		return slices.Contains(b.state(), "evil quarantined invalid_definition")
	})
	must(t, eng.Start(ctx, web)) // a server counts while it runs; this engine has no networks, so it has no address
	b.await("a server that runs is found", func() bool {
		return slices.Contains(b.state(), "web quarantined forbidden_address")
	})
	b.wantDefined("first discovery /hostile good")
	p, err := b.providers.Get(ctx, "first")
	must(t, err)
	if p.Spec.Mode != provider.Docker || p.Spec.Image != enginetest.Image || p.Spec.Network != "none" {
		t.Errorf("%+v", p.Spec)
	}

	d.Kill()
	_, err = b.Scan(ctx, "dk")
	if err == nil || b.find("dk").Healthy {
		t.Errorf("a dead engine is healthy: %v", err)
	}
	d.Restart()
	second := make("second")
	b.await("the engine is found again, and followed", func() bool { return len(b.defined()) == 2 && b.find("dk").Healthy })
	must(t, eng.Remove(ctx, first))
	b.await("a removed one is taken away", func() bool { return slices.Equal(b.defined(), []string{"second discovery"}) })
	must(t, eng.Remove(ctx, second))
	b.await("and the last one too", func() bool { return len(b.defined()) == 0 })
	r, err := b.Scan(ctx, "dk")
	if err != nil || r.Registered != 0 {
		t.Errorf("%+v, %v", r, err)
	}
}
