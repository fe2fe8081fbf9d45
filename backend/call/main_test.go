package call

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.uber.org/goleak"

	"hangar/backend/event"
	"hangar/backend/eventlog"
	"hangar/backend/provider"
	"hangar/backend/store"
	"hangar/backend/storetest"
	"hangar/backend/storetest/fresh"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(storetest.Main(m)) }

// bundle is a keeper on a real log.
type bundle struct {
	*Keeper
	t      *testing.T
	ctx    context.Context
	db     *store.DB
	events *eventlog.Log
	stop   func()
}

func setup(t *testing.T, dir string) *bundle {
	t.Helper()
	return start(t, dir, true)
}

// start leaves the keeper out when it is to be as if it had been killed before it did anything.
func start(t *testing.T, dir string, keeper bool) *bundle {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	ctx := event.WithActor(context.WithoutCancel(t.Context()), event.Actor{Type: "user", ID: "tester"})
	fresh.Into(t, dir)
	db, err := store.Open(ctx, store.Options{Dir: dir, URL: storetest.URL(t, dir), Log: quiet})
	must(t, err)
	events, err := eventlog.New(db, quiet)
	must(t, err)
	b := &bundle{Keeper: New(Options{DB: db, Events: events, Log: quiet}), t: t, ctx: ctx, db: db, events: events}
	life, end := context.WithCancel(ctx)
	rooms := []func(context.Context) error{events.Run}
	if keeper {
		rooms = append(rooms, b.Run)
	}
	done := make(chan error, len(rooms))
	for _, run := range rooms {
		go func() { done <- run(life) }()
	}
	ended := false
	b.stop = func() {
		if ended {
			return
		}
		ended = true
		end()
		for range rooms {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		must(t, db.Close())
	}
	t.Cleanup(b.stop)
	return b
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// sample makes calls that differ in everything one can search by, the same ones for the same seed.
func sample(seed uint64, n int) []event.Payload {
	r := rand.New(rand.NewPCG(seed, 1))
	pick := func(prefix string, n int) string { return fmt.Sprint(prefix, r.IntN(n)) }
	rare := func(prefix string, n, in int) string {
		if r.IntN(in) > 0 {
			return ""
		}
		return pick(prefix, n)
	}
	out := make([]event.Payload, n)
	for i := range out {
		id := provider.ID(pick("p", 5))
		facts := provider.CallFacts{
			ToolName: pick("tool", 4), CorrelationID: uuid.NewString(), DurationMS: float64(r.IntN(2_000_000)) / 1000, QueueMS: 0.5, ColdStartMS: 0.25,
			ExecuteMS: 1, RequestSizeBytes: r.IntN(1000), Via: []provider.Via{provider.ViaMCP, provider.ViaREST}[r.IntN(2)],
			GroupID: rare("g", 2, 3), BatchID: rare("b", 50, 4), TraceID: rare("t", 1000, 2),
		}
		switch r.IntN(4) {
		case 0:
			out[i] = provider.NewCallFailed(id, provider.CallFailed{CallFacts: facts, ErrorType: pick("E", 3), ErrorMessage: pick("it broke: ", 10)})
		default:
			out[i] = provider.NewCallCompleted(id, provider.CallCompleted{CallFacts: facts, ResultSizeBytes: r.IntN(5000), IsError: r.IntN(5) == 0})
		}
	}
	return out
}

func (b *bundle) record(ps ...event.Payload) {
	b.t.Helper()
	for i, p := range ps {
		ctx := event.WithActor(b.ctx, event.Actor{Type: "user", ID: fmt.Sprint("u", i%3)})
		must(b.t, b.events.Record(ctx, p))
	}
}

// all reads every record, in the order of the log.
func (b *bundle) all() []Record {
	b.t.Helper()
	var out []Record
	for before := int64(0); ; {
		page, err := b.Search(b.ctx, Filter{}, before, 1000)
		must(b.t, err)
		out = append(out, page.Calls...)
		if before = page.Next; before == 0 {
			break
		}
	}
	for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
		out[i], out[j] = out[j], out[i]
	}
	return out
}

// logged reads the same from the log.
func (b *bundle) logged() []Record {
	b.t.Helper()
	var out []Record
	for after := int64(0); ; {
		page, err := b.events.Read(b.ctx, after, eventlog.Filter{}, 10_000)
		must(b.t, err)
		if len(page) == 0 {
			return out
		}
		for _, e := range page {
			r, ok, err := recordOf(e)
			must(b.t, err)
			if ok {
				out = append(out, r)
			}
		}
		after = page[len(page)-1].Position
	}
}

func (b *bundle) segments() (levels []int) {
	b.t.Helper()
	must(b.t, b.db.Read().Select(b.ctx, &levels, `SELECT level FROM call_segments ORDER BY first`))
	return levels
}

const day = 24 * time.Hour
