package launch

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"
)

func TestDrainSplitsLines(t *testing.T) {
	long := strings.Repeat("x", maxLine)
	for _, tt := range []struct {
		name, in string
		want     []string
		dropped  int64
	}{
		{"nothing", "", nil, 0},
		{"lines", "a\nb\n", []string{"a", "b"}, 0},
		{"no newline at the end", "a\nb", []string{"a", "b"}, 0},
		{"CR LF", "a\r\nb\r\n", []string{"a", "b"}, 0},
		{"empty lines", "\n\na\n", []string{"", "", "a"}, 0},
		{"not UTF-8", "\xffa\n", []string{"\uFFFDa"}, 0},
		{"a line that is too long", long + "tail\nnext\n", []string{long, "next"}, 4},
		{"a line that is too long and never ends", long + "tail", []string{long}, 4},
	} {
		for _, way := range []struct {
			name string
			cut  func(io.Reader) io.Reader
		}{{"at once", func(r io.Reader) io.Reader { return r }}, {"by bytes", iotest.OneByteReader}, {"error with data", iotest.DataErrReader}} {
			t.Run(tt.name+" "+way.name, func(t *testing.T) {
				ring := NewRing(100, 0)
				drain(way.cut(strings.NewReader(tt.in)), ring)
				lines, _ := ring.Tail(0, 0)
				var got []string
				for _, l := range lines {
					got = append(got, l.Text)
				}
				if !slices.Equal(got, tt.want) || ring.Dropped() != tt.dropped {
					t.Errorf("%.80q, %d dropped", got, ring.Dropped())
				}
			})
		}
	}
}

// flood gives whole lines until so many bytes were read, and then its last words.
type flood struct {
	left  int
	block []byte // a buffer full of lines: making each anew would take longer than draining it
}

func newFlood(size int) *flood {
	return &flood{left: size, block: bytes.Repeat([]byte(strings.Repeat("x", 62)+".\n"), 1024)}
}

func (f *flood) Read(b []byte) (int, error) {
	if f.left <= 0 {
		return 0, io.EOF
	}
	n := copy(b, f.block)
	f.left -= n
	if f.left <= 0 {
		n = n - 64 + copy(b[n-64:n], "panic: the reason\n")
	}
	return n, nil
}

func TestDrainOfAFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const size = 256 << 20
		ring := NewRing(1000, 0)
		begin := time.Now()
		drain(newFlood(size), ring)
		took := time.Since(begin).Seconds()

		if rate := (size - readBurst) / took; rate > readRate*1.05 {
			t.Errorf("read %.0f bytes/s", rate)
		}
		kept := float64(total(ring) * 64)
		if most := keepBurst + keepRate*took; kept > most*1.05 || kept < most*0.5 {
			t.Errorf("kept %.0f bytes of a possible %.0f", kept, most)
		}
		if told := ring.Dropped() + total(ring)*64; told < size-size/100 || told > size+size/100 {
			t.Errorf("%d bytes accounted for, of %d", told, size)
		}
		lines, _ := ring.Tail(0, 0)
		if last := lines[len(lines)-1].Text; last != "panic: the reason" {
			t.Errorf("the last words are %q", last)
		}
		for _, l := range lines {
			if whole := len(l.Text) == 63 && strings.HasSuffix(l.Text, "."); !whole && !strings.HasPrefix(l.Text, "[hangar]") && !strings.HasPrefix(l.Text, "panic") {
				t.Fatalf("half a line: %q", l.Text)
			}
		}
	})
}

func TestDrainKeepsABurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ring := NewRing(100000, 0)
		drain(newFlood(512<<10), ring)
		if ring.Dropped() != 0 {
			t.Errorf("%d bytes of a long stack trace dropped", ring.Dropped())
		}
	})
}
