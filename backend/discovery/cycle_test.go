package discovery

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hangar/backend/fault"
	"hangar/backend/provider"
)

func TestAnAuthoritativeSourceTakesAwayAndAnAdditiveOneDoesNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		b.source("dk", Docker, Authoritative, Config{TTL: 60, AutoApprove: true})
		b.source("fs", Filesystem, Additive, Config{TTL: 60, AutoApprove: true})
		b.look("dk", server("a"), server("b"))
		b.look("fs", server("c"))
		b.wantDefined("a discovery run-a", "b discovery run-b", "c discovery run-c")
		time.Sleep(time.Hour)
		head := b.events.Head()
		b.look("dk", server("a"))
		b.look("fs")
		b.wantState("a registered", "b registered missing", "c registered missing")
		time.Sleep(59 * time.Second)
		r := b.look("dk", server("a"))
		if r.next != time.Second {
			t.Errorf("the next look is in %s", r.next)
		}
		b.wantDefined("a discovery run-a", "b discovery run-b", "c discovery run-c")
		time.Sleep(time.Second)
		if r = b.look("dk", server("a")); r.Deregistered != 1 {
			t.Errorf("%+v", r)
		}
		b.look("fs")
		b.look("fs")
		b.wantState("a registered", "c registered missing")
		b.wantDefined("a discovery run-a", "c discovery run-c")
		said := slices.DeleteFunc(b.said(head), func(s string) bool { return s == "DiscoveryCycleCompleted" })
		if want := []string{"ProviderDeregistered b", "ProviderDiscoveryLost b", "ProviderDiscoveryLost c"}; !slices.Equal(said, want) {
			t.Errorf("%q", said)
		}
		b.look("dk", server("a"), server("b")) // it may come back
		b.wantState("a registered", "b registered", "c registered missing")
		b.look("fs", server("c"))
		b.wantState("a registered", "b registered", "c registered")
	})
}

func TestWhatComesBackInTimeIsNotTakenAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		b.source("dk", Docker, Authoritative, Config{TTL: 60, AutoApprove: true})
		mine := server("b")
		mine.TTL = 600 // its own word
		b.look("dk", server("a"), mine)
		for range 5 {
			b.look("dk")
			time.Sleep(59 * time.Second)
			b.look("dk", server("a"), mine)
		}
		b.wantState("a registered", "b registered")
		b.look("dk")
		time.Sleep(61 * time.Second)
		b.look("dk")
		b.wantState("b registered missing")
		time.Sleep(10 * time.Minute)
		b.look("dk")
		b.wantState()
	})
}

// A source that cannot be asked has not said that anything is gone.
func TestAnOutageTakesNothingAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		b.source("dk", Docker, Authoritative, Config{TTL: 10, AutoApprove: true})
		b.look("dk", server("a"))
		head := b.events.Head()
		for range 10 {
			time.Sleep(time.Minute)
			_, err := b.cycle(b.system(), b.find("dk"), &place{fails: errors.New("no\x1b[31m such socket")}, false)
			var f *fault.Error
			if !errors.As(err, &f) || f.Type != "DiscoverySourceUnavailableError" || strings.Contains(f.Message, "\x1b") {
				t.Fatalf("%v", err)
			}
		}
		if src := b.find("dk"); src.Healthy || !strings.Contains(src.Error, "such socket") {
			t.Errorf("%+v", src)
		}
		b.wantState("a registered")
		b.look("dk") // it answers again, before the container is up again
		b.wantState("a registered missing")
		b.look("dk", server("a"))
		b.wantState("a registered")
		b.wantDefined("a discovery run-a")
		b.wantSaid(head, "DiscoverySourceHealthChanged", "DiscoveryCycleCompleted", "DiscoverySourceHealthChanged", "DiscoveryCycleCompleted", "DiscoveryCycleCompleted")
		if src := b.find("dk"); !src.Healthy || src.Error != "" || src.LastScan == nil || !src.LastScan.Equal(time.Now().UTC()) {
			t.Errorf("%+v", src)
		}
	})
}

func TestNothingIsTakenAwayWhileItIsCalled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		b.source("dk", Docker, Authoritative, Config{TTL: 10, AutoApprove: true})
		b.look("dk", server("a"))
		b.fleet.call("a", true)
		b.look("dk")
		for range 5 {
			time.Sleep(time.Minute)
			if r := b.look("dk"); r.next != busyWait || r.Deregistered != 0 {
				t.Errorf("%+v", r)
			}
		}
		b.wantDefined("a discovery run-a")
		b.wantState("a registered missing")
		b.fleet.call("a", false)
		if r := b.look("dk"); r.Deregistered != 1 {
			t.Errorf("%+v", r)
		}
		b.wantDefined()
	})
}

func TestWhatIsGoneIsForgottenExceptAPersonsWord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		b.source("fs", Filesystem, Authoritative, Config{TTL: 10})
		b.look("fs", server("waits"), server("refused"), server("bad name"))
		_, err := b.Reject(b.ctx, "refused")
		must(t, err)
		b.look("fs")
		_, err = b.Approve(b.ctx, "waits", "")
		refused(t, err, fault.Conflict, "not there any more")
		head := b.events.Head()
		time.Sleep(11 * time.Second)
		b.look("fs")
		b.look("fs")
		b.wantState("refused rejected person missing")
		b.wantSaid(head, "ProviderDiscoveryLost bad name", "ProviderDiscoveryLost refused", "ProviderDiscoveryLost waits", "DiscoveryCycleCompleted", "DiscoveryCycleCompleted")
		b.look("fs", server("refused"))
		b.wantState("refused rejected person")
	})
}

// A source that is removed, or a person who takes a provider over, ends the source's say in it.
func TestATakenOverProviderIsNotTakenAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		b.source("dk", Docker, Authoritative, Config{TTL: 10, AutoApprove: true})
		b.look("dk", server("a"), server("b"))
		must(t, b.file(map[provider.ID]provider.Spec{"a": {Mode: provider.Subprocess, Command: []string{"mine"}}}))
		b.look("dk")
		time.Sleep(time.Minute)
		b.look("dk")
		b.wantDefined("a file mine")
		if halted, _ := b.fleet.halts(); !slices.Equal(halted, []provider.ID{"b"}) {
			t.Errorf("taken out of service: %q", halted)
		}
		b.look("dk", server("c"))
		must(t, b.RemoveSource(b.ctx, "dk"))
		b.wantState()
		b.wantDefined("a file mine", "c discovery run-c")
		b.source("fs", Filesystem, Additive, Config{})
		b.look("fs", server("c", "new"))
		b.wantState("c pending replaces")
		_, err := b.Approve(b.ctx, "c", "")
		must(t, err)
		b.wantDefined("a file mine", "c discovery run-c new")
	})
}

func TestRegistrationsAreLimitedByTheMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		b.source("dk", Docker, Additive, Config{AutoApprove: true, MaxPerMinute: 3})
		var all []Candidate
		for i := range 10 {
			all = append(all, server(fmt.Sprintf("s%d", i)))
		}
		for minute := range 4 {
			r := b.look("dk", all...)
			if want := min(3, 10-3*minute); r.Registered != want || r.Pending != max(0, 10-3*minute-3) {
				t.Errorf("minute %d: %+v", minute, r)
			}
			if r.Pending > 0 && r.next > rateWait {
				t.Errorf("the next look is in %s", r.next)
			}
			if r = b.look("dk", all...); r.Registered != 0 {
				t.Errorf("twice in a minute: %+v", r)
			}
			time.Sleep(time.Minute)
		}
		if got := len(b.defined()); got != 10 {
			t.Errorf("%d providers", got)
		}
	})
}

// A person's word is not limited, and does not use up what the source may do.
func TestAPersonMayApproveAnyNumber(t *testing.T) {
	b := setup(t)
	b.source("dk", Docker, Additive, Config{MaxPerMinute: 1})
	b.look("dk", server("a"), server("b"), server("c"))
	for _, name := range []string{"a", "b", "c"} {
		_, err := b.Approve(b.ctx, name, "")
		must(t, err)
	}
	must(t, b.UpdateSource(b.ctx, "dk", SourcePatch{Config: &Config{MaxPerMinute: 1, AutoApprove: true}}))
	b.look("dk", server("a"), server("b"), server("c"), server("d"), server("e"))
	b.wantState("a registered", "b registered", "c registered", "d registered", "e pending rate_limited")
}

func TestALookThatFindsNothingNewWritesNothingNew(t *testing.T) {
	b := setup(t)
	b.source("dk", Docker, Additive, Config{})
	shows := []Candidate{server("a"), server("bad name"), server("c")}
	b.look("dk", shows...)
	_, err := b.Approve(b.ctx, "a", "")
	must(t, err)
	b.look("dk", shows...)
	head := b.events.Head()
	rows := func() (out []entryRow) {
		must(t, b.o.DB.Read().Select(b.ctx, &out, selectEntries))
		for i := range out {
			out[i].SourceScan.Int64 = 0 // when it was looked at is all that moves
		}
		return out
	}
	before := rows()
	if _, err := b.cycle(b.system(), b.find("dk"), &place{shows: shows}, false); err != nil {
		t.Fatal(err)
	}
	if b.events.Head() != head || fmt.Sprint(rows()) != fmt.Sprint(before) {
		t.Errorf("%q", b.said(head))
	}
}
