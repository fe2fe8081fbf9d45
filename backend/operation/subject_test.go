package operation

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"hangar/backend/event"
	"hangar/backend/fault"
)

// seeing is who may see what is about these providers, and no more.
func (b *bundle) seeing(providers ...string) func(ID) bool {
	return func(id ID) bool {
		s, known := b.Subject(id)
		return known && len(s.Providers) > 0 && !slices.ContainsFunc(s.Providers, func(p string) bool { return !slices.Contains(providers, p) })
	}
}

func TestAListIsFullOfWhatMayBeSeen(t *testing.T) {
	b := setup(t, 0)
	var mine []ID
	for i := range 12 {
		id, err := b.Create(b.ctx, fmt.Sprint("t", i), nil, map[bool][]string{true: {"math", "math"}, false: {"math", "covert"}}[i%3 == 0]...)
		must(t, err)
		if i%3 == 0 {
			mine = append(mine, id)
		}
	}
	b.create("about none") // and so about any
	must(t, b.Report(b.ctx, mine[0], &Result{}))
	for status, want := range map[string]struct {
		limit, total int
		types        string
	}{"": {3, 4, "t9 t6 t3"}, Running: {2, 3, "t9 t6"}, Completed: {0, 1, "t0"}, Failed: {5, 0, ""}} {
		found, total, err := b.List(b.ctx, Filter{Status: status, Limit: want.limit, See: b.seeing("math")})
		must(t, err)
		var types []string
		for _, o := range found {
			types = append(types, o.Type)
			if !slices.Equal(o.Providers, []string{"math"}) {
				t.Errorf("%s is about %v", o.Type, o.Providers)
			}
		}
		if got := strings.Join(types, " "); got != want.types || total != want.total {
			t.Errorf("status %q: %s of %d, want %s of %d", status, got, total, want.types, want.total)
		}
	}
	n, err := b.StatsOf(b.ctx, b.seeing("math"))
	must(t, err)
	if n != (Stats{Active: 3, Total: 4}) {
		t.Errorf("counted %+v", n)
	}
	if told := b.told(mine[1]); !strings.Contains(told[0], `"provider_ids":["math"]`) {
		t.Errorf("the log does not say what it is about: %s", told[0])
	}
}

func TestMoreThanAStatementTakesAreListed(t *testing.T) {
	b := setup(t, 5000)
	for range 501 {
		b.create("x")
	}
	found, total, err := b.List(b.ctx, Filter{See: func(ID) bool { return true }})
	must(t, err)
	if ids := len(found); ids != 501 || total != 501 || found[0].StartedAt.Before(found[500].StartedAt) {
		t.Errorf("%d of %d", ids, total)
	}
}

func TestWhatItIsAboutOutlivesARestartAndNotTheOperation(t *testing.T) {
	b := setup(t, 0)
	id, err := b.Create(b.ctx, "x", nil, "b", "a", "b")
	must(t, err)
	again := New(b.o)
	if _, known := again.Subject(id); known {
		t.Error("it is known before it was read")
	}
	must(t, again.Recover(b.ctx))
	want := Subject{event.Actor{Type: "user", ID: "tester"}, []string{"a", "b"}}
	if got, known := again.Subject(id); !known || got.Actor != want.Actor || !slices.Equal(got.Providers, want.Providers) {
		t.Errorf("%v %+v", known, got)
	}
	if v := b.get(id).View(); v.ProviderCount != 2 || !slices.Equal(v.ProviderIDs, want.Providers) {
		t.Errorf("shown as %+v", v)
	}
	_, err = again.Remove(b.ctx, id)
	must(t, err)
	if _, known := again.Subject(id); known {
		t.Error("what was forgotten is known")
	}
	again.Close(b.ctx)
}

func TestAnOperationNamesSoManyProviders(t *testing.T) {
	b := setup(t, 0)
	many := make([]string, MaxProviders+1)
	for i := range many {
		many[i] = fmt.Sprint("p", i)
	}
	_, err := b.Create(b.ctx, "x", nil, many...)
	refused(t, err, fault.Invalid, "ValidationError")
	for _, bad := range []string{"", strings.Repeat("x", 65), "a\x00b"} {
		_, err := b.Create(b.ctx, "x", nil, bad)
		refused(t, err, fault.Invalid, "ValidationError")
	}
	fleet := b.Track(b.ctx, "bulk", nil, nil, many...)
	must(t, fleet.Begun(b.ctx))
	whole := b.Track(b.ctx, "bulk", nil, nil, many[:MaxProviders]...)
	must(t, whole.Begun(b.ctx))
	if v := b.get(whole.ID()).View(); v.ProviderCount != MaxProviders || len(v.ProviderIDs) != shownProviders {
		t.Errorf("%d of %d are shown", len(v.ProviderIDs), v.ProviderCount)
	}
	if v := b.get(whole.ID()).Whole(); len(v.ProviderIDs) != MaxProviders {
		t.Errorf("by itself it shows %d", len(v.ProviderIDs))
	}
	if v := b.get(fleet.ID()).View(); v.ProviderCount != 0 {
		t.Errorf("it is about %d", v.ProviderCount)
	}
	fleet.End(nil, nil)
	whole.End(nil, nil)
}
