//go:build faults

package faults

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"hangar/backend/engine"
	"hangar/backend/enginetest"
)

// crate is a container engine under a rig, with a provider in a container.
type crate struct {
	*rig
	daemon *enginetest.Daemon
	engine *engine.Engine
}

const box = "t-box"

func newCrate(t *testing.T, program string, daemon *enginetest.Daemon) *crate {
	t.Helper()
	t.Setenv("DOCKER_HOST", daemon.Host)
	return &crate{newRig(t, program), daemon, daemon.Engine()}
}

// works waits until the provider answers.
func (c *crate) works() {
	c.t.Helper()
	if err := eventually(func() error {
		a := c.c.send(context.Background(), "POST", "/api/providers/"+box+"/tools/add/call", object{"arguments": object{"a": 40, "b": 2}}, nil)
		if a.status != 200 || !strings.Contains(string(a.raw), "42") {
			return fmt.Errorf("%d %s", a.status, a.raw)
		}
		return nil
	}); err != nil {
		c.h.blame("I13", "the provider in a container does not come back: %v", err)
	}
}

// containers waits until there are as many as there must be.
func (c *crate) containers(want int) {
	c.t.Helper()
	if err := eventually(func() error {
		found, err := c.engine.List(context.Background(), nil)
		if err == nil && len(found) != want {
			err = fmt.Errorf("%d containers, not %d: %+v", len(found), want, found)
		}
		return err
	}); err != nil {
		c.h.blame("I9 of containers", "%v", err)
	}
}

// breaking kills the engine, or the binary, or both, while the provider is called.
func (c *crate) breaking(n int) {
	c.t.Helper()
	c.start(c.command())
	c.up()
	w := c.crew.workers[0]
	w.try(context.Background(), fact{"ProviderRegistered", box, ""}, "POST", "/api/providers",
		object{"provider_id": box, "mode": "docker", "image": enginetest.Image, "args": []string{"good"}})
	for i := range n {
		moment := rand.New(rand.NewPCG(*seed, uint64(i)))
		c.works()
		c.containers(1)
		stop := c.work(0)
		time.Sleep(time.Duration(100+moment.IntN(300)) * time.Millisecond)
		which := (i + moment.IntN(2)) % 3
		if which != 0 {
			c.run.kill()
		}
		if which != 1 {
			c.daemon.Kill()
			c.daemon.Restart()
		}
		stop()
		if which != 0 {
			c.start(c.command())
			c.up()
			c.check(i + 1)
			c.containers(0)
		}
		c.works()
		c.containers(1)
		if err := c.judge.look(true, nil); err != nil {
			c.t.Fatal(err)
		}
		c.crew.forget()
		if which == 0 {
			c.life++
		}
	}
	if err := c.run.terminate(); err != nil {
		c.t.Error(err)
	}
	c.containers(0)
}

// An engine that dies and comes back, under a binary that dies or stays, leaves one container of a provider, and none at the end.
func TestEngine(t *testing.T) {
	daemon := enginetest.Start(t)
	daemon.Load()
	c := newCrate(t, binary, daemon)
	c.breaking(max(3, *rounds))
	c.whole()
}
