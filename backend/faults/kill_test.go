package faults

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"testing"
	"time"

	"hangar/backend/eventlog"
	"hangar/backend/store"
)

const (
	wholeEvery  = 100 // kills from one comparison of the whole log to the next
	secondEvery = 25
)

// However often it is killed, and whenever: what was acknowledged is there, and nothing is left over.
func TestKilled(t *testing.T) {
	r := newRig(t, binary)
	r.killing(*kills)
	if t.Failed() || len(r.h.wrong) > 0 {
		r.whole()
		return
	}
	r.last()
	r.whole()
	t.Logf("%d kills, %d events, %d of them acknowledged changes, %d lost; the slowest start took %s",
		*kills, r.judge.position, r.h.acknowledged(), r.judge.lost, r.slowest.Round(time.Millisecond))
}

// killing is n lives under load, each of which ends with kill -9 at a moment that the seed chooses: while it starts (one of eight), or
// at work. It ends early when something was lost.
func (r *rig) killing(n int) {
	r.t.Helper()
	r.hear()
	for i := range n {
		moment := rand.New(rand.NewPCG(*seed, uint64(i)))
		r.start(r.command())
		if moment.IntN(8) == 0 {
			time.Sleep(time.Duration(moment.IntN(60)) * time.Millisecond)
			r.run.kill()
			continue
		}
		r.up()
		r.check(i)
		if len(r.h.wrong) > 0 {
			return
		}
		stop := r.work(0)
		time.Sleep(5*time.Millisecond + time.Duration(moment.IntN(250))*time.Millisecond)
		r.run.kill()
		stop()
	}
	r.start(r.command())
	r.up()
	r.check(0)
}

// check judges the life that has just begun.
func (r *rig) check(i int) {
	r.t.Helper()
	if err := errors.Join(r.judge.look(i%wholeEvery == 0, r.ears), r.judge.begun(r.run.cmd.Process.Pid)); err != nil {
		r.t.Fatal(err)
	}
	if i%secondEvery == 0 {
		r.second()
	}
}

// last works once more, ends in order, and looks at what only the files tell: every call is on record, the database is sound, and the
// versions of each stream have no hole.
func (r *rig) last() {
	r.t.Helper()
	before := r.judge.position
	stop := r.work(0)
	time.Sleep(300 * time.Millisecond)
	stop()
	if err := r.judge.look(true, r.ears); err != nil {
		r.t.Fatal(err)
	}
	if err := r.run.terminate(); err != nil {
		r.t.Error(err)
	}
	if left, err := marked("MARK=" + r.mark); err != nil || len(left) > 0 {
		r.h.blame("I9", "after an orderly end: %v, %v", left, err)
	}
	r.files(before)
}

// files reads the database of a binary that has ended, counting calls from a position on.
func (r *rig) files(from int64) {
	r.t.Helper()
	ctx := context.Background()
	db, err := store.Open(ctx, store.Options{Dir: r.data, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		r.t.Fatal(err)
	}
	defer db.Close()
	var sound string
	if err := db.Read().Get(ctx, &sound, "PRAGMA integrity_check"); err != nil || sound != "ok" {
		r.h.blame("I5", "the database is damaged: %s, %v", sound, err)
	}
	log, err := eventlog.New(db, slog.New(slog.DiscardHandler))
	if err != nil {
		r.t.Fatal(err)
	}
	versions, calls := map[string]int64{}, 0
	for at := int64(0); ; {
		page, err := log.Read(ctx, at, eventlog.Filter{}, 10_000)
		if err != nil {
			r.t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		for _, e := range page {
			if e.Version != versions[e.Stream]+1 {
				r.h.blame("I3", "version %d of %s comes after %d", e.Version, e.Stream, versions[e.Stream])
			}
			versions[e.Stream], at = e.Version, e.Position
			if e.Position > from && e.Kind == "ToolInvocationCompleted" {
				calls++
			}
		}
	}
	if calls < r.h.calls || calls > r.h.tried {
		r.h.blame("I1", "%d calls were answered, %d tried, %d are on record after an orderly end", r.h.calls, r.h.tried, calls)
	}
}
