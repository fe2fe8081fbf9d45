//go:build faults

package faults

import (
	"math/rand/v2"
	"testing"
	"time"

	"hangar/backend/storetest"
)

// cutting cuts the connections to PostgreSQL under load, in the middle of what they say, or kills the server and starts it again.
func (r *rig) cutting(n int, server *storetest.Server, proxy *storetest.Proxy) {
	r.t.Helper()
	r.hear()
	r.start(r.command())
	r.up()
	for i := range n {
		moment := rand.New(rand.NewPCG(*seed, uint64(i)))
		stop := r.work(0)
		for range 3 {
			time.Sleep(time.Duration(100+moment.IntN(150)) * time.Millisecond)
			proxy.Set([]storetest.Cut{storetest.Before, storetest.After}[moment.IntN(2)], false)
		}
		time.Sleep(time.Duration(moment.IntN(100)) * time.Millisecond)
		if err := server.Kill(); err != nil {
			r.t.Fatal(err)
		}
		if err := server.Start(); err != nil {
			r.t.Fatal(err)
		}
		time.Sleep(100 * time.Millisecond)
		proxy.Drop()
		stop()
		r.takes()
		if err := r.judge.look(true, r.ears); err != nil {
			r.t.Fatal(err)
		}
		r.crew.forget()
		r.life++
	}
}

// A database server that is cut off and killed loses nothing that was acknowledged, and no change is there that was refused.
func TestDatabase(t *testing.T) {
	server, url := storetest.Own(t)
	proxy, url := storetest.Through(t, url)
	r := newRig(t, binary, "--storage-url", url)
	r.cutting(*rounds, server, proxy)
	r.run.kill()
	r.start(r.command())
	r.up()
	r.check(0)
	r.whole()
	t.Logf("%d times killed, %d times cut, %d events, %d acknowledged changes", *rounds, 3**rounds, r.judge.position, r.h.acknowledged())
}
