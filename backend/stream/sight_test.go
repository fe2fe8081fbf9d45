package stream

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"hangar/backend/operation"
	"hangar/backend/provider"
)

// eyes say who sees which providers; a client names itself by ?who=.
type eyes struct {
	mu         sync.Mutex
	sees       map[string][]string
	operations []string // streams that everybody sees
}

func (e *eyes) set(who string, ids ...string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sees[who] = ids
}

func (e *eyes) visible(r *http.Request) Sight {
	who := r.URL.Query().Get("who")
	if who == "" {
		return Sight{}
	}
	return Sight{who, func(stream string) bool {
		e.mu.Lock()
		defer e.mu.Unlock()
		return slices.Contains(e.operations, stream) || slices.ContainsFunc(e.sees[who], func(id string) bool { return provider.ID(id).Stream() == stream })
	}}
}

func newSiteWithEyes(t *testing.T, change ...func(*limits)) (*site, *eyes) {
	e := &eyes{sees: map[string][]string{}}
	s := buildSite(t, change...)
	s.hub.o.Visible = e.visible
	s.run()
	return s, e
}

func TestEventsGoToThoseWhoMaySeeThem(t *testing.T) {
	s, e := newSiteWithEyes(t)
	e.set("ada", "math")
	e.set("bob", "other")
	ada, bob, all, batch := s.dial("/events?who=ada"), s.dial("/events?who=bob"), s.dial("/events"), s.dial("/events?who=ada&batch=1")
	s.append(started("math"), started("other"))
	if f := ada.next(); f["provider_id"] != "math" {
		t.Errorf("ada is told %v", f)
	}
	if f := bob.next(); f["provider_id"] != "other" {
		t.Errorf("bob is told %v", f)
	}
	if f, g := all.next(), all.next(); f["provider_id"] != "math" || g["provider_id"] != "other" {
		t.Errorf("everybody is told %v %v", f, g)
	}
	if f := batch.batch(); len(f) != 1 || f[0]["provider_id"] != "math" {
		t.Errorf("in an array: %v", f)
	}
	resumed := s.dial("/events?who=bob&since=0")
	if f := resumed.next(); f["provider_id"] != "other" {
		t.Errorf("from the log bob is told %v", f)
	}
	e.set("ada", "other") // asked for each event anew
	s.append(started("math"), started("other"))
	if f := ada.next(); f["provider_id"] != "other" {
		t.Errorf("then ada is told %v", f)
	}
}

func TestOperationsGoToThoseWhoMaySeeThem(t *testing.T) {
	s, e := newSiteWithEyes(t)
	shown, covert := s.begin("shown"), s.begin("covert")
	e.set("ada")
	e.mu.Lock()
	e.operations = []string{shown.Stream()}
	e.mu.Unlock()
	ada := s.dialOperations("?who=ada")
	s.report(covert, line("hidden"))
	s.report(shown, line("told"))
	if got := ada.event(); got != "log told" {
		t.Errorf("ada is told %s", got)
	}
	if f := ada.asks(`{"command":"get_operations"}`); len(f["operations"].([]any)) != 1 {
		t.Errorf("ada is shown %v", f["operations"])
	}
	if f := ada.asks(fmt.Sprintf(`{"command":"get_operation","operation_id":%q}`, covert)); f["operation"] != nil {
		t.Errorf("ada is shown %v", f)
	}
	if f := ada.asks(`{"command":"get_stats"}`)["stats"].(map[string]any); f["total_operations"] != 1.0 || f["active_operations"] != 1.0 {
		t.Errorf("ada's counts: %v", f)
	}
	for _, id := range []operation.ID{covert, shown} { // the past of the one is nobody's business
		ada.asks(fmt.Sprintf(`{"command":"subscribe","operation_id":%q,"history":true}`, id))
	}
	for _, want := range []string{"status ", "log told"} {
		if got := ada.event(); got != want {
			t.Errorf("of the past ada is told %q, want %q", got, want)
		}
	}
}

func TestDeltasShowWhatMayBeSeen(t *testing.T) {
	s, e := newSiteWithEyes(t, quickly)
	e.set("ada", "a")
	s.create("a")
	s.create("b")
	ada, all := s.dial("/state?mode=delta&who=ada"), s.dial("/state?mode=delta")
	ada.shows(`{"providers":[{"provider":"a","state":"cold"}],"type":"snapshot"}`)
	all.shows(`{"providers":[{"provider":"a","state":"cold"},{"provider":"b","state":"cold"}],"type":"snapshot"}`)
	s.move("b", start())
	all.shows(`{"changed":[{"provider":"b","state":"initializing"}],"removed":[],"type":"delta"}`)
	e.set("ada", "b")
	s.hub.Recheck()
	ada.shows(`{"providers":[{"provider":"b","state":"initializing"}],"type":"snapshot"}`)
}

func TestTheBoardShowsWhatMayBeSeen(t *testing.T) {
	s, e := newSiteWithEyes(t)
	e.set("ada", "a")
	s.create("a")
	s.create("b")
	s.at(s.log.Head())
	ada := s.dial("/board?who=ada")
	names := func() []string {
		var all []string
		for _, line := range ada.next()["mcps"].([]any) {
			all = append(all, line.(map[string]any)["name"].(string))
		}
		return all
	}
	if got := names(); !slices.Equal(got, []string{"a"}) {
		t.Errorf("ada sees %v", got)
	}
	s.move("b", start())
	s.move("a", start())
	if f := ada.next(); f["mcp_name"] != "a" {
		t.Errorf("ada is told %v", f)
	}
	s.hub.mu.Lock()
	counts := s.hub.board.metrics(s.hub.flushed, e.visible(httptest.NewRequest(http.MethodGet, "/?who=ada", nil))).Metrics
	s.hub.mu.Unlock()
	if counts["total_mcps"] != 1 {
		t.Errorf("ada's counts: %v", counts)
	}
	e.set("ada", "b")
	s.hub.Recheck()
	if got := names(); !slices.Equal(got, []string{"b"}) {
		t.Errorf("then ada sees %v", got)
	}
}
