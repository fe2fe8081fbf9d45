package auth

import (
	"crypto/sha256"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
)

// guesses are wrong keys by how close they come to one that is held, and was revoked.
func guesses(k *keyring) map[string]string {
	var raw string
	for i := range 1000 {
		raw = newSecret(keyStart)
		k.put(&held{id: newID(), principal: "p", hash: digest(raw), revoked: i == 999})
	}
	other := newSecret(keyStart)
	return map[string]string{
		"an unknown prefix":                other,
		"a known prefix":                   raw[:KeyPrefix] + other[KeyPrefix:],
		"all but the last letter":          raw[:len(raw)-1] + map[bool]string{true: "B", false: "A"}[raw[len(raw)-1] == 'A'],
		"the right letters, in upper case": keyStart + strings.ToUpper(raw[len(keyStart):]),
	}
}

// How close a guess comes cannot be told by time, because nothing looks at a part of a key: it is hashed whole, sought by its
// hash alone, and does the same work whatever it is like.
func TestAWrongKeyIsTheSameWorkHoweverCloseItIs(t *testing.T) {
	s := &Service{keys: newKeyring()}
	work := map[float64][]string{}
	var text string
	for name, guess := range guesses(s.keys) {
		_, err := s.ByKey(guess)
		if err == nil || text != "" && err.Error() != text {
			t.Errorf("%s: %v", name, err)
		}
		text = err.Error()
		n := testing.AllocsPerRun(100, func() { _, _ = s.ByKey(guess) })
		work[n] = append(work[n], name)
	}
	if len(work) != 1 {
		t.Errorf("the number of allocations tells them apart: %v", work)
	}
	// What is kept in memory of a key has no part of it but the hash of the whole, and no other index by it.
	ring, one := reflect.TypeFor[keyring](), reflect.TypeFor[held]()
	for i := range ring.NumField() {
		if f := ring.Field(i); f.Type.Kind() == reflect.Map && f.Name != "byID" && f.Type.Key() != reflect.TypeFor[[sha256.Size]byte]() {
			t.Errorf("keys are sought by %s, a %s", f.Name, f.Type)
		}
	}
	for i := range one.NumField() {
		if f := one.Field(i); f.Type.Kind() == reflect.String && f.Name != "id" && f.Name != "principal" && f.Name != "key" {
			t.Errorf("a key in memory has the text %s: nothing may compare it with what is presented", f.Name)
		}
	}
}

// BenchmarkTimingOfWrongKeys compares how long each kind of wrong key takes with how long an unknown one does: t is Welch's, over samples
// taken in turn; beyond about 4.5 the means can be told apart (the limit of leakage tests for cryptographic code). ns is the
// difference of the means.
func BenchmarkTimingOfWrongKeys(b *testing.B) {
	s := &Service{keys: newKeyring()}
	all := guesses(s.keys)
	const unknown = "an unknown prefix"
	for name, guess := range all {
		if name == unknown {
			continue
		}
		b.Run(strings.ReplaceAll(name, " ", "_"), func(b *testing.B) {
			var sum [2]moments
			for i := range 100_000 {
				one := []string{all[unknown], guess}[i%2]
				begun := time.Now()
				_, _ = s.ByKey(one)
				sum[i%2].add(float64(time.Since(begun)))
			}
			difference := sum[1].mean - sum[0].mean
			b.ReportMetric(math.Abs(difference)/math.Sqrt(sum[0].variance()/sum[0].n+sum[1].variance()/sum[1].n), "t")
			b.ReportMetric(difference, "ns-difference")
			b.ReportMetric(sum[0].mean, "ns-unknown")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// moments are a mean and a variance that grow (Welford). What a pause of the machine makes of a sample is left out.
type moments struct{ n, mean, squares float64 }

func (m *moments) add(x float64) {
	if x > 20_000 {
		return
	}
	m.n++
	d := x - m.mean
	m.mean += d / m.n
	m.squares += d * (x - m.mean)
}

func (m *moments) variance() float64 { return m.squares / (m.n - 1) }
