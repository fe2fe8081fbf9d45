package call

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"hangar/backend/event"
)

func records(n int) []Record {
	var out []Record
	at := time.UnixMicro(1_750_000_000_000_000).UTC()
	for i, p := range sample(5, n) {
		r, _, err := recordOf(event.Envelope{
			Position: int64(i*i + 3), Version: int64(i), ID: uuid.NewString(), Kind: p.Kind(), Payload: p,
			At: at.Add(time.Duration(i%7-3) * time.Second), Actor: event.Actor{Type: "user", ID: fmt.Sprint(i % 3)},
		})
		if err != nil {
			panic(err)
		}
		out = append(out, r)
	}
	return out
}

func TestASegmentReadsBack(t *testing.T) {
	for _, n := range []int{1, 2, 300} {
		want := records(n)
		s, err := open(newDraft(want).encode())
		must(t, err)
		got, err := s.records(nil)
		must(t, err)
		same(t, got, want)
		got, err = s.records(func(i int) bool { return i%3 == 1 })
		must(t, err)
		if len(got) != (n+1)/3 {
			t.Errorf("%d of %d", len(got), n)
		}
	}
}

func TestALongMessageIsCut(t *testing.T) {
	long := make([]byte, 5000)
	e := event.Envelope{Kind: "ToolInvocationFailed", Data: fmt.Appendf(nil, `{"error_message":"%x"}`, long)}
	if r, _, err := recordOf(e); err != nil || len(r.ErrorMessage) != maxMessage {
		t.Errorf("%d, %v", len(r.ErrorMessage), err)
	}
}

// Whatever a damaged disk makes of a segment, reading it is an error at worst.
func FuzzOpen(f *testing.F) {
	good := newDraft(records(5)).encode()
	f.Add(good)
	for i := 0; i < len(good); i += 7 {
		f.Add(good[:i])
		bad := append([]byte{}, good...)
		bad[i] ^= 0x5a
		f.Add(bad)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := open(data)
		if err == nil {
			_, err = s.records(nil)
		}
		if err != nil && !errors.Is(err, errSegment) {
			t.Errorf("%v", err)
		}
	})
}

// The filter never misses what is there, and is seldom wrong about what is not.
func TestTerms(t *testing.T) {
	all := records(1000)
	filter := termsOf(all, newDraft(all))
	for i := range all {
		texts := all[i].texts()
		for _, col := range searched() {
			if v := texts[col-firstText]; v != "" && !filter.may(term{col, v}) {
				t.Fatalf("%q of column %d is missed", v, col)
			}
		}
		if !filter.may(term{colCallID, all[i].CorrelationID}) {
			t.Fatal("an id is missed")
		}
	}
	wrong := 0
	for range 10_000 {
		if filter.may(term{colCallID, uuid.NewString()}) {
			wrong++
		}
	}
	if wrong > 300 { // one in a hundred is meant
		t.Errorf("%d of 10,000 are said to be there", wrong)
	}
	if (terms{}).may(term{colTool, "x"}) {
		t.Error("nothing holds something")
	}
}
