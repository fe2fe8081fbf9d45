package stream

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"
)

func TestTheQueueIsBoundedInFramesAndBytes(t *testing.T) {
	for name, size := range map[string]int{"frames": 10, "bytes": 100_000} {
		t.Run(name, func(t *testing.T) {
			q := &queue{}
			q.start(7)
			if _, ok := q.answer([]byte("answer")); !ok {
				t.Fatal("refused")
			}
			var drops int64
			for i := range int64(5000) {
				drops += q.push(item{data: bytes.Repeat([]byte("x"), size), position: 8 + i})
				if len(q.items) > maxFrames || q.bytes > maxBytes {
					t.Fatalf("%d frames, %d bytes", len(q.items), q.bytes)
				}
			}
			if it, lost := q.pop(); it.data != nil || lost.dropped != drops || lost.after != 7 || drops == 0 {
				t.Errorf("lost %+v before %q, %d were dropped", lost, it.data, drops)
			}
			if it, _ := q.pop(); string(it.data) != "answer" {
				t.Errorf("answers stay: %q", it.data)
			}
			n := int64(0)
			for it, _ := q.pop(); it.data != nil; it, _ = q.pop() {
				n++
			}
			if n+drops != 5000 || q.last != 5007 || q.bytes != 0 || q.answers != 0 || q.items != nil {
				t.Errorf("%d came, %d dropped, last %d, left %d bytes", n, drops, q.last, q.bytes)
			}
		})
	}
}

func TestAFrameLargerThanTheQueuePassesAlone(t *testing.T) {
	q := &queue{}
	q.push(item{data: []byte("small"), position: 1})
	q.push(item{data: make([]byte, maxBytes+1), position: 2})
	if _, lost := q.pop(); lost.dropped != 1 {
		t.Errorf("lost %+v", lost)
	}
	if it, _ := q.pop(); len(it.data) != maxBytes+1 {
		t.Errorf("%d bytes", len(it.data))
	}
}

func TestAnswersHaveALimitOfTheirOwn(t *testing.T) {
	q := &queue{}
	for i := range maxAnswers + 1 {
		if _, ok := q.answer([]byte("a")); ok != (i < maxAnswers) {
			t.Errorf("answer %d: %v", i, ok)
		}
	}
}

func TestBeingBehindEndsWhenTheQueueIsEmpty(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := &queue{}
		fill := func() {
			for i := range int64(maxFrames + 1) {
				q.push(item{data: []byte("x"), position: i + 1})
			}
		}
		late := func(want bool) {
			t.Helper()
			if got := q.late(30 * time.Second); got != want {
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
		for it, lost := q.pop(); it.data != nil || lost.dropped > 0; it, lost = q.pop() {
		}
		late(false)
		fill()
		late(false)
	})
}
