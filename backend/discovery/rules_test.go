package discovery

import (
	"strings"
	"testing"
	"time"

	"hangar/backend/provider"
)

func TestJudge(t *testing.T) {
	gone := time.Now()
	mine := Entry{SourceID: "fs", Type: Filesystem, Name: "x", Fingerprint: "new", rank: 3, sourceAt: time.Unix(2000, 0), sourceOn: true}
	with := func(change func(*Entry)) Entry { e := mine; change(&e); return e }
	rival := func(id SourceID, rank int, change func(*Entry)) Entry {
		e := Entry{SourceID: id, Type: Docker, Name: "x", Status: Pending, rank: rank, sourceOn: true}
		change(&e)
		return e
	}
	nothing := func(*Entry) {}
	registered := func(e *Entry) { e.Status, e.Registered = Registered, "theirs" }
	const ours, api, file = provider.SourceDiscovery, provider.SourceAPI, provider.SourceFile
	for _, row := range []struct {
		name  string
		entry Entry
		s     situation
		want  verdict
	}{
		{"what is new waits for a person", mine, situation{room: true}, verdict{Status: Pending}},
		{"what is new is registered where the source approves by itself", mine, situation{auto: true, room: true}, verdict{Status: Registered, register: true}},
		{"but not beyond the rate", mine, situation{auto: true}, verdict{Status: Pending, Reason: ReasonRate}},
		{"and not what a person should see", with(func(e *Entry) { e.Candidate.Risks = []string{"it asks for /srv"} }), situation{auto: true, room: true}, verdict{Status: Pending, Reason: ReasonRisk}},
		{"what cannot be used is quarantined, approved by itself or not", with(func(e *Entry) { e.Candidate.Problem = &Problem{ReasonName, "no"} }), situation{auto: true, room: true}, verdict{Status: Quarantined, Reason: ReasonName}},

		{"what is registered stays so", with(func(e *Entry) { e.Registered = "new" }), situation{owner: ours}, verdict{Status: Registered}},
		{"a changed definition waits", with(func(e *Entry) { e.Registered = "old" }), situation{owner: ours}, verdict{Status: Pending, Reason: ReasonChanged}},
		{"a changed definition is taken over where the source approves by itself", with(func(e *Entry) { e.Registered = "old" }), situation{owner: ours, auto: true, room: true}, verdict{Status: Registered, register: true}},
		{"a provider that a person deleted is not wanted", with(func(e *Entry) { e.Registered = "new" }), situation{auto: true, room: true}, verdict{Status: Rejected, Reason: ReasonDeleted, deleted: true}},

		{"what a person rejected stays rejected", with(func(e *Entry) { e.Status, e.Reason, e.RejectedFor = Rejected, ReasonPerson, "new" }), situation{auto: true, room: true}, verdict{Status: Rejected, Reason: ReasonPerson}},
		{"another definition is asked about again", with(func(e *Entry) { e.Status, e.RejectedFor = Rejected, "old" }), situation{}, verdict{Status: Pending}},
		{"a rejected definition that comes back is rejected still", with(func(e *Entry) { e.Status, e.RejectedFor = Pending, "new" }), situation{auto: true, room: true}, verdict{Status: Rejected, Reason: ReasonPerson}},

		{"a person's definition is never replaced", mine, situation{owner: api, auto: true, room: true}, verdict{Status: Quarantined, Reason: ReasonConflict}},
		{"nor the file's", with(func(e *Entry) { e.Registered = "new" }), situation{owner: file, auto: true, room: true}, verdict{Status: Quarantined, Reason: ReasonConflict}},
		{"a stronger claim comes first", mine, situation{auto: true, room: true, rivals: []Entry{rival("d", 2, nothing)}}, verdict{Status: Quarantined, Reason: ReasonConflict}},
		{"a stronger claim that is gone does not", mine, situation{rivals: []Entry{rival("d", 2, func(e *Entry) { e.Missing = &gone })}}, verdict{Status: Pending}},
		{"nor one of a source that is switched off", mine, situation{rivals: []Entry{rival("d", 2, func(e *Entry) { e.sourceOn = false })}}, verdict{Status: Pending}},
		{"nor one that is quarantined", mine, situation{rivals: []Entry{rival("d", 2, func(e *Entry) { e.Status = Quarantined })}}, verdict{Status: Pending}},
		{"nor a weaker one", mine, situation{rivals: []Entry{rival("e", 4, nothing)}}, verdict{Status: Pending}},
		{"who has the name keeps it while a stronger claim only waits", with(func(e *Entry) { e.Registered = "new" }), situation{owner: ours, rivals: []Entry{rival("d", 2, nothing)}}, verdict{Status: Registered}},
		{"a stronger source that has the name keeps it, gone or not", mine, situation{owner: ours, rivals: []Entry{rival("d", 2, func(e *Entry) { registered(e); e.Missing = &gone })}}, verdict{Status: Quarantined, Reason: ReasonConflict}},
		{"a weaker source that has the name would lose it, when a person says so", mine, situation{owner: ours, rivals: []Entry{rival("e", 4, registered)}}, verdict{Status: Pending, Reason: ReasonReplaces}},
		{"or at once where the source approves by itself", mine, situation{owner: ours, auto: true, room: true, rivals: []Entry{rival("e", 4, registered)}}, verdict{Status: Registered, register: true}},
		{"of two sources of a type the older one comes first", mine, situation{rivals: []Entry{rival("b", 3, func(e *Entry) { e.sourceAt = time.Unix(1000, 0) })}}, verdict{Status: Quarantined, Reason: ReasonConflict}},
		{"what a removed source left may be replaced", mine, situation{owner: ours}, verdict{Status: Pending, Reason: ReasonReplaces}},
	} {
		got := judge(row.entry, row.s)
		if (got.Reason != "") != (got.Evidence != "") && got.Reason != ReasonPerson {
			t.Errorf("%s: reason %q has evidence %q", row.name, got.Reason, got.Evidence)
		}
		again := row.entry.rule(got, time.Now())
		if !got.register && !got.deleted {
			if twice := judge(again, row.s); twice != got {
				t.Errorf("%s: judged again it is %+v, not %+v", row.name, twice, got)
			}
		}
		got.Evidence = ""
		if got != row.want {
			t.Errorf("%s: %+v, want %+v", row.name, got, row.want)
		}
	}
}

func TestTheOrderOfTypes(t *testing.T) {
	var names []string
	for _, typ := range Types() {
		names = append(names, string(typ))
	}
	if got := strings.Join(names, " "); got != "kubernetes docker filesystem entrypoint" {
		t.Error(got)
	}
}
