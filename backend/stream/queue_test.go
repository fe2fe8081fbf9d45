package stream

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestTheQueueIsBoundedInFramesAndBytes(t *testing.T) {
	for name, size := range map[string]int{"frames": 10, "bytes": 100_000} {
		t.Run(name, func(t *testing.T) {
			q := newQueue()
			q.start(7)
			if !q.answer([]byte("answer")) {
				t.Fatal("refused")
			}
			var drops int64
			for i := range int64(5000) {
				drops += q.push(item{bytes.Repeat([]byte("x"), size), 8 + i})
				if len(q.items) > maxFrames || q.bytes > maxBytes {
					t.Fatalf("%d frames, %d bytes", len(q.items), q.bytes)
				}
			}
			var w warning
			if err := json.Unmarshal(q.pop(), &w); err != nil || w.Dropped != drops || w.Position != 7 || drops == 0 {
				t.Errorf("warning %+v, %d dropped (%v)", w, drops, err)
			}
			if got := q.pop(); string(got) != "answer" {
				t.Errorf("answers stay: %q", got)
			}
			n := int64(0)
			for q.pop() != nil {
				n++
			}
			if n+drops != 5000 || q.last != 5007 || q.bytes != 0 || q.answers != 0 || q.items != nil {
				t.Errorf("%d came, %d dropped, last %d, left %d bytes", n, drops, q.last, q.bytes)
			}
		})
	}
}

func TestAFrameLargerThanTheQueuePassesAlone(t *testing.T) {
	q := newQueue()
	q.push(item{[]byte("small"), 1})
	q.push(item{[]byte(strings.Repeat("x", maxBytes+1)), 2})
	if w := q.pop(); !strings.Contains(string(w), "messages_dropped") {
		t.Errorf("frame %.50s", w)
	}
	if big := q.pop(); len(big) != maxBytes+1 {
		t.Errorf("%d bytes", len(big))
	}
}

func TestAnswersHaveALimitOfTheirOwn(t *testing.T) {
	q := newQueue()
	for i := range maxAnswers + 1 {
		if ok := q.answer([]byte("a")); ok != (i < maxAnswers) {
			t.Errorf("answer %d: %v", i, ok)
		}
	}
}

func TestBeingBehindEndsWhenTheQueueIsEmpty(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue()
		fill := func() {
			for i := range int64(maxFrames + 1) {
				q.push(item{[]byte("x"), i + 1})
			}
		}
		late := func(want bool) {
			t.Helper()
			if _, got := q.late(30 * time.Second); got != want {
				t.Errorf("late: %v", got)
			}
		}
		fill()
		time.Sleep(20 * time.Second)
		late(false)
		q.pop()
		fill()
		time.Sleep(11 * time.Second)
		late(true)
		for q.pop() != nil {
		}
		late(false)
		fill()
		late(false)
	})
}
