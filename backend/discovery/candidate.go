package discovery

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"hangar/backend/egress"
	"hangar/backend/fault"
	"hangar/backend/provider"
)

const (
	maxText   = 200 // characters of a name or an origin that are kept
	maxProof  = 500 // of evidence
	maxRivals = 10
	maxMeta   = 20
)

// bad is a candidate that its source could not make sense of.
func bad(name, origin string, reason Reason, format string, args ...any) Candidate {
	return Candidate{Name: name, Origin: origin, Problem: &Problem{reason, fmt.Sprintf(format, args...)}}
}

// examined is the candidate as it may be stored and shown, with what is wrong with it.
func (c Candidate) examined(t Type) Candidate {
	c.Name, c.Origin = clean(c.Name), clean(c.Origin)
	if c.Name == "" {
		c.Name = "(no name)"
	}
	c.Metadata = cleanMap(c.Metadata)
	c.Spec.Description = strings.TrimSpace(clean(c.Spec.Description))
	if c.Spec.Description == "" {
		c.Spec.Description = "Discovered from " + string(t)
	}
	c.Spec = c.Spec.WithDefaults()
	if c.Problem == nil {
		c.Problem = c.problem()
	}
	if c.Problem != nil {
		c.Problem = &Problem{c.Problem.Reason, clip(printable(c.Problem.Evidence), maxProof)}
		c.Spec = provider.Spec{} // nothing of it will run, and hostile text need not be kept
	}
	return c
}

// problem is why a candidate cannot be used; nil when it can.
func (c Candidate) problem() *Problem {
	if err := provider.ID(c.Name).Check(); err != nil {
		return &Problem{ReasonName, "its name " + said(err)}
	}
	if c.TTL < 0 || c.TTL > maxTTL {
		return &Problem{ReasonDefinition, fmt.Sprintf("ttl: must be between 1 and %d seconds", maxTTL)}
	}
	if p := c.hidden(); p != nil {
		return p
	}
	if err := c.Spec.Check(); err != nil {
		return &Problem{ReasonDefinition, said(err)}
	}
	if c.Spec.Mode != provider.Remote {
		return nil
	}
	u, err := url.Parse(c.Spec.Endpoint)
	if err == nil {
		err = egress.Policy{}.CheckHost(u.Hostname())
	}
	if err != nil {
		return &Problem{ReasonAddress, "endpoint: " + err.Error() + "; write a definition of your own if you mean it"}
	}
	return nil
}

// reference is a value that the configuration file may have replaced by a secret. In a definition from outside it would hand
// our secrets to whoever wrote it.
var reference = regexp.MustCompile(`\$\{(env|file|secret):[^-+=?]`)

// hidden finds text that shows a person something else than what would run, and references to our secrets.
func (c Candidate) hidden() *Problem {
	var walk func(at string, v any) *Problem
	walk = func(at string, v any) *Problem {
		switch v := v.(type) {
		case string:
			switch {
			case deceptive(v):
				return &Problem{ReasonDeceptive, at + " holds control or direction characters, so that what is shown is not what would run"}
			case reference.MatchString(v):
				return &Problem{ReasonReference, at + " refers to a secret of Hangar; only the configuration file may"}
			}
		case []any:
			for i, e := range v {
				if p := walk(fmt.Sprintf("%s[%d]", at, i), e); p != nil {
					return p
				}
			}
		case map[string]any:
			for _, key := range slices.Sorted(maps.Keys(v)) {
				if deceptive(key) {
					return &Problem{ReasonDeceptive, at + " has a name with control or direction characters"}
				}
				if p := walk(strings.TrimPrefix(at+"."+key, "."), v[key]); p != nil {
					return p
				}
			}
		}
		return nil
	}
	var all map[string]any
	c.Spec.Description = "" // is cleaned, not refused
	text, err := json.Marshal(c.Spec)
	if err == nil {
		err = json.Unmarshal(text, &all)
	}
	if err != nil {
		return &Problem{ReasonDefinition, "cannot be stored: " + err.Error()}
	}
	return walk("", all)
}

// deceptive reports text that looks different from what it is. Line breaks and tabs are plain to see.
func deceptive(s string) bool {
	return !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool {
		return r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == utf8.RuneError)
	})
}

// said is the text of an error that may be shown.
func said(err error) string {
	f := fault.From(err)
	if fields, ok := f.Details["errors"].([]fault.FieldError); ok && len(fields) == 1 && fields[0].Field == "provider_id" {
		return fields[0].Message
	}
	return f.Message
}

// clean is text from outside, made fit for a log, a terminal and a page.
func clean(s string) string { return clip(printable(s), maxText) }

func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r) {
			return utf8.RuneError
		}
		return r
	}, strings.ToValidUTF8(s, string(utf8.RuneError)))
}

func clip(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "..."
}

func cleanMap(m map[string]string) map[string]string {
	if len(m) == 0 {
		return nil
	}
	out := map[string]string{}
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if len(out) == maxMeta {
			break
		}
		out[clean(k)] = clean(m[k])
	}
	return out
}

// fingerprint tells one definition from another: 16 hex digits. Only what would run counts, so that a note beside it may
// change without a new approval.
func (c Candidate) fingerprint() (string, error) {
	text, err := json.Marshal(struct {
		Spec    provider.Spec
		Problem *Problem
	}{c.Spec, c.Problem})
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8]), nil
}

// sighting is a candidate with what is worked out from it.
type sighting struct {
	Candidate
	fingerprint string
	raw         []byte // as that of an Entry
}

// unite examines what a look found and leaves one candidate per name: the one that is registered already, else one that can
// be used, else the first by origin. The others are noted with it.
func unite(t Type, list []Candidate, known map[string]Entry) ([]sighting, error) {
	all := make([]sighting, 0, len(list))
	for _, c := range list {
		s := sighting{Candidate: c.examined(t)}
		var err error
		if s.fingerprint, err = s.Candidate.fingerprint(); err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	preference := func(s sighting) int {
		switch e, ok := known[s.Name]; {
		case ok && s.fingerprint == e.Registered:
			return 0
		case s.Problem == nil && ok && s.fingerprint == e.Fingerprint:
			return 1
		case s.Problem == nil:
			return 2
		}
		return 3
	}
	slices.SortStableFunc(all, func(a, b sighting) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), preference(a)-preference(b), strings.Compare(a.Origin, b.Origin))
	})
	out := all[:0]
	for _, s := range all {
		if n := len(out); n > 0 && out[n-1].Name == s.Name {
			if last := &out[n-1]; len(last.Rivals) < maxRivals && s.Origin != last.Origin {
				last.Rivals = append(last.Rivals, s.Origin)
			}
			continue
		}
		out = append(out, s)
	}
	for i := range out {
		var err error
		if out[i].raw, err = json.Marshal(out[i].Candidate); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// within keeps a source to its number of names: those that are registered stay, then those that are known. What is beyond is
// quarantined, as many again; of the rest only the number is told.
func within(list []sighting, most int, known map[string]Entry) (kept []sighting, leftOut int, err error) {
	if len(list) <= most {
		return list, 0, nil
	}
	order := func(s sighting) int {
		switch e, ok := known[s.Name]; {
		case ok && e.Registered != "":
			return 0
		case ok && e.Reason != ReasonLimit:
			return 1
		}
		return 2
	}
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b sighting) int { return order(a) - order(b) })
	leftOut = max(0, len(list)-2*most)
	list = list[:len(list)-leftOut]
	for i := most; i < len(list); i++ {
		s := &list[i]
		s.Problem = &Problem{ReasonLimit, fmt.Sprintf("the source shows more than %d names; raise its max_providers, or show fewer", most)}
		s.Spec = provider.Spec{}
		if s.fingerprint, err = s.Candidate.fingerprint(); err == nil {
			s.raw, err = json.Marshal(s.Candidate)
		}
		if err != nil {
			return nil, 0, err
		}
	}
	return list, leftOut, nil
}
