package discovery

import (
	"cmp"
	"fmt"
	"strings"

	"hangar/backend/provider"
)

// situation is all that judge looks at beside the entry itself.
type situation struct {
	owner  provider.Source // who made the provider of this name; "" there is none
	rivals []Entry         // what other sources say of this name
	auto   bool            // the source approves by itself
	room   bool            // and may still do so in this minute
}

// verdict is what is to become of an entry.
type verdict struct {
	Status   Status
	Reason   Reason
	Evidence string
	register bool // make the provider, or give it this definition
	deleted  bool // a person deleted the provider: that is a rejection
}

// judge decides what becomes of a name that a source shows. It is pure and level-triggered: the same picture gives the same
// verdict, however often it is asked.
func judge(e Entry, s situation) verdict {
	held := e.Registered != "" && s.owner == provider.SourceDiscovery
	switch {
	case e.Candidate.Problem != nil:
		return verdict{Status: Quarantined, Reason: e.Candidate.Problem.Reason, Evidence: e.Candidate.Problem.Evidence}
	case e.Registered != "" && s.owner == "":
		return verdict{Status: Rejected, Reason: ReasonDeleted, Evidence: "the provider was deleted; approve it to have it again", deleted: true}
	case e.RejectedFor == e.Fingerprint && e.Status == Rejected:
		return verdict{Status: Rejected, Reason: e.Reason, Evidence: e.Evidence}
	case e.RejectedFor == e.Fingerprint: // it was another one in between
		return verdict{Status: Rejected, Reason: ReasonPerson}
	case s.owner != "" && s.owner != provider.SourceDiscovery:
		return verdict{Status: Quarantined, Reason: ReasonConflict, Evidence: foreign(e.Name, s.owner)}
	case held && e.Registered == e.Fingerprint:
		return verdict{Status: Registered}
	}
	winner, replaces := standing(e, s.rivals, held)
	if winner != nil {
		return verdict{Status: Quarantined, Reason: ReasonConflict, Evidence: outranked(e.Name, *winner)}
	}
	return admit(e, s, held, replaces)
}

// admit is the verdict on what nothing speaks against.
func admit(e Entry, s situation, held bool, replaces *Entry) verdict {
	v := verdict{Status: Pending}
	switch {
	case held:
		v.Reason, v.Evidence = ReasonChanged, "the definition is another one than the registered one, which goes on until this is approved"
	case replaces != nil:
		v.Reason, v.Evidence = ReasonReplaces, fmt.Sprintf("the name is registered from source %s (%s), which comes after this one; approving replaces it", replaces.SourceID, replaces.Type)
	case s.owner != "":
		v.Reason, v.Evidence = ReasonReplaces, "a provider of this name is left from a source that is gone; approving replaces it"
	}
	switch {
	case !s.auto:
		return v
	case len(e.Candidate.Risks) > 0:
		return verdict{Status: Pending, Reason: ReasonRisk, Evidence: "a person has to approve this: " + strings.Join(e.Candidate.Risks, "; ")}
	case !s.room:
		return verdict{Status: Pending, Reason: ReasonRate, Evidence: "the source has registered as many as it may in a minute; this one follows by itself"}
	}
	return verdict{Status: Registered, register: true}
}

// standing finds the rival that keeps the name from the entry, or else the one that would lose it.
func standing(e Entry, rivals []Entry, held bool) (winner, replaces *Entry) {
	for i := range rivals {
		r := &rivals[i]
		holds := r.Registered != ""
		claims := r.Status == Pending && r.Missing == nil && r.sourceOn
		switch {
		case stronger(*r, e) && (holds || claims && !held):
			if winner == nil || stronger(*r, *winner) {
				winner = r
			}
		case holds:
			replaces = r
		}
	}
	return winner, replaces
}

// stronger reports whether a comes before b: by the type of its source, then the older source.
func stronger(a, b Entry) bool {
	return cmp.Or(a.rank-b.rank, a.sourceAt.Compare(b.sourceAt), strings.Compare(string(a.SourceID), string(b.SourceID))) < 0
}

func outranked(name string, by Entry) string {
	return fmt.Sprintf("source %s (%s) shows %q too, at %s, and comes first", by.SourceID, by.Type, name, by.Candidate.Origin)
}

func foreign(name string, owner provider.Source) string {
	where := map[provider.Source]string{
		provider.SourceFile: "in the configuration file", provider.SourceAPI: "by a person", provider.SourceCatalog: "from the catalog",
	}[owner]
	return fmt.Sprintf("a provider %q is defined %s already, and that one is never replaced", name, cmp.Or(where, "by "+string(owner)))
}
