package upstream

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"
)

// said is one thing that lines gave.
type said struct {
	text      string
	oversized bool
}

// listen reads to the end.
func listen(t *testing.T, r io.Reader, limit int) (all []said) {
	t.Helper()
	in := newLines(r, limit)
	for {
		line, head, err := in.next()
		switch {
		case head != nil && line != nil:
			t.Fatal("a line and the head of another one at once")
		case head != nil:
			all = append(all, said{string(head), true})
		case len(line) > 0:
			all = append(all, said{string(line), false})
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				t.Fatal(err)
			}
			return all
		}
	}
}

// expected says the same in the plainest way.
func expected(text string, limit int) (all []said) {
	for line := range strings.Lines(text) {
		if trimmed := string(bytes.TrimSpace([]byte(line))); len(line) > limit {
			all = append(all, said{line[:min(len(line), blockSize)], true})
		} else if trimmed != "" {
			all = append(all, said{trimmed, false})
		}
	}
	return all
}

func same(t *testing.T, got, want []said) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d lines, want %d", len(got), len(want))
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("line %d: %d bytes %.40q, oversized %t; want %d bytes %.40q, %t",
				i, len(got[i].text), got[i].text, got[i].oversized, len(want[i].text), want[i].text, want[i].oversized)
		}
	}
}

// digits are n bytes of which no two blocks are alike.
func digits(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = '0' + byte(i/blockSize+i)%75
	}
	return string(b)
}

func TestLinesOfEverySize(t *testing.T) {
	const limit = 5 * blockSize
	for name, text := range map[string]string{
		"nothing":                 "",
		"no end":                  "a\nb",
		"blank lines, CRLF":       "\n \r\na\r\n\n\tb \n",
		"around a block":          digits(blockSize-2) + "\n" + digits(blockSize-1) + "\n" + digits(blockSize) + "\n" + digits(blockSize+1) + "\n",
		"some blocks":             "a\n" + digits(3*blockSize) + "\nb\n" + digits(2*blockSize+7) + "\nc\n",
		"at the limit":            digits(limit-1) + "\nb\n",
		"at the limit, no end":    digits(limit),
		"one beyond":              "a\n" + digits(limit) + "\nb\n",
		"far beyond, twice":       digits(3*limit) + "\n" + digits(2*limit) + "\nb\n",
		"beyond, whole blocks":    digits(limit+blockSize-1) + "\nb\n",
		"beyond, and no end":      "a\n" + digits(2*limit),
		"long, beyond, long, end": digits(4*blockSize) + "\n" + digits(2*limit) + "\n" + digits(4*blockSize),
	} {
		t.Run(name, func(t *testing.T) {
			want := expected(text, limit)
			same(t, listen(t, strings.NewReader(text), limit), want)
			same(t, listen(t, iotest.HalfReader(strings.NewReader(text)), limit), want)
			same(t, listen(t, iotest.DataErrReader(strings.NewReader(text)), limit), want)
		})
	}
}

// What was handed out stays as it is, although the blocks that it came from are used again.
func TestALineIsNotTouchedAgain(t *testing.T) {
	first := digits(3 * blockSize)
	in := newLines(strings.NewReader(first+"\n"+strings.Repeat("z", 3*blockSize)+"\n"), 10*blockSize)
	kept, _, _ := in.next()
	if second, _, err := in.next(); err != nil || len(second) != 3*blockSize {
		t.Fatalf("%d bytes, %v", len(second), err)
	}
	if string(kept) != first {
		t.Error("the first line changed under the second")
	}
}

func TestPace(t *testing.T) {
	const second = paceRate
	begin := time.Unix(1_000_000, 0)
	type step struct {
		after time.Duration // since the step before, beside the pause that it asked for
		bytes int
		want  time.Duration
	}
	for name, steps := range map[string][]step{
		"the burst is free":         {{0, paceBurst, 0}, {0, blockSize, 0}},
		"beyond it, at the rate":    {{0, paceBurst, 0}, {0, second, time.Second}, {0, second / 2, time.Second / 2}},
		"small debts are let grow":  {{0, paceBurst, 0}, {0, second / 512, 0}, {0, second / 512, 0}, {0, second / 512, 3 * time.Second / 512}},
		"a break brings it back":    {{0, paceBurst, 0}, {0, second, time.Second}, {time.Second, paceBurst, 0}},
		"but not more than once":    {{0, paceBurst, 0}, {time.Hour, paceBurst + second, time.Second}},
		"half a break, half of it":  {{0, paceBurst, 0}, {time.Second / 8, paceBurst, time.Second / 8}},
		"slower than the rate: not": {{0, paceBurst, 0}, {time.Second / 4, second / 4, 0}, {time.Second / 4, second / 4, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			var p pace
			now := begin
			for i, s := range steps {
				now = now.Add(s.after)
				got := p.take(s.bytes, now)
				if got != s.want {
					t.Errorf("step %d: %s, want %s", i, got, s.want)
				}
				now = now.Add(got)
			}
		})
	}
}

// Only long lines in a row are held back; the clock is synctest's, so that reading itself takes no time.
func TestLongLinesAreHeldBackAndOthersAreNot(t *testing.T) {
	const limit = 16 << 20
	for name, c := range map[string]struct {
		size, count int
		min, max    time.Duration
	}{
		"ordinary ones, 200 MiB":        {100 << 10, 2000, 0, 0},
		"one of the greatest size":      {limit - 1, 1, 0, 0},
		"the greatest size, in a row":   {limit - 1, 5, time.Second * 3 / 4, time.Second},
		"beyond the limit, in a row":    {2 * limit, 4, time.Second * 3 / 2, time.Second * 7 / 4},
		"one that is beyond all reason": {5 * limit, 1, time.Second * 3 / 4, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var all []io.Reader
				line := strings.Repeat("x", c.size) + "\n"
				for range c.count {
					all = append(all, strings.NewReader(line))
				}
				begun := time.Now()
				if got := listen(t, io.MultiReader(all...), limit); len(got) != c.count {
					t.Fatalf("%d lines, want %d", len(got), c.count)
				}
				if took := time.Since(begun); took < c.min || took > c.max {
					t.Errorf("held back for %s, want %s to %s", took, c.min, c.max)
				}
			})
		})
	}
}

// A line that exceeds the limit must not cost its size again and again.
func TestOversizedLinesLeaveLittleToCollect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // for its clock
		const limit, count = 1 << 20, 20
		line := strings.Repeat("x", 2*limit) + "\n"
		in := newLines(strings.NewReader(strings.Repeat(line, count+1)), limit)
		each := testing.AllocsPerRun(count, func() {
			if _, head, err := in.next(); head == nil || err != nil {
				t.Fatalf("%d bytes, %v", len(head), err)
			}
		})
		// The head, the list of blocks as it grows; the 16 blocks themselves only when a collection emptied the pool.
		if each >= 16 {
			t.Errorf("%.0f allocations each", each)
		}
	})
}

func FuzzLines(f *testing.F) {
	f.Add("a\n\nlonger than five\n{}\r\nend", 5)
	f.Fuzz(func(t *testing.T, text string, limit int) {
		limit = 1 + max(limit, -limit-1)%(2*blockSize)
		same(t, listen(t, strings.NewReader(text), limit), expected(text, limit))
		same(t, listen(t, iotest.OneByteReader(strings.NewReader(text)), limit), expected(text, limit))
	})
}
