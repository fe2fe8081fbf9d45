package launch

import (
	"bytes"
	"fmt"
	"io"
	"time"
)

// What a provider may cost us by shouting. Below keepRate every line is kept; above it bytes are read and thrown away;
// above readRate they are not even read any faster, so that a flood costs a few percent of a core and no more. The
// bursts let a long stack trace or a start-up banner through whole.
const (
	keepRate, keepBurst = 4 << 20, 4 << 20   // bytes/s, bytes
	readRate, readBurst = 16 << 20, 16 << 20 // bytes/s, bytes
	keepAgain           = 1 << 20            // bytes that must be free before lines are kept again
	readPause           = 10 * time.Millisecond
)

// bucket is a token bucket of bytes.
type bucket struct {
	rate, burst, have float64
	at                time.Time
}

func newBucket(rate, burst float64, now time.Time) *bucket {
	return &bucket{rate: rate, burst: burst, have: burst, at: now}
}

func (b *bucket) refill(now time.Time) {
	b.have = min(b.burst, b.have+b.rate*now.Sub(b.at).Seconds())
	b.at = now
}

// drain reads to the end, whatever comes and however fast, so that a provider never blocks on stderr for long.
func drain(r io.Reader, ring *Ring) {
	now := time.Now()
	keep, read := newBucket(keepRate, keepBurst, now), newBucket(readRate, readBurst, now)
	s := &splitter{ring: ring}
	var skipped int64
	var bufs [2][16 << 10]byte
	var last []byte // the newest chunk, which stays whole while the next one is read
	for i := 0; ; i = 1 - i {
		n, err := r.Read(bufs[i][:])
		now = time.Now()
		keep.refill(now)
		read.refill(now)
		chunk := bufs[i][:n]
		if skipped > 0 && (err != nil || keep.have >= keepAgain) {
			if err == nil {
				last = nil
			}
			s.resume(now, skipped-int64(len(last)))
			s.feed(now, last) // at the end: the last words matter most
			skipped = 0
		}
		if err == nil && (skipped > 0 || keep.have < float64(n)) {
			skipped += int64(n)
			last = chunk
		} else {
			keep.have -= float64(n)
			s.feed(now, chunk)
		}
		if err != nil {
			s.flush(now)
			return
		}
		if read.have -= float64(n); read.have < 0 {
			time.Sleep(readPause)
		}
	}
}

// splitter makes lines of chunks, holding at most one line's worth.
type splitter struct {
	ring *Ring
	line []byte
	over int64 // bytes of this line beyond what is held
	mid  bool  // after a gap: the rest of a line whose beginning was thrown away
}

func (s *splitter) feed(now time.Time, chunk []byte) {
	for len(chunk) > 0 {
		part, rest, ended := bytes.Cut(chunk, []byte{'\n'})
		s.hold(part)
		if ended {
			s.end(now)
		}
		chunk = rest
	}
}

func (s *splitter) hold(part []byte) {
	if room := maxLine - len(s.line); s.mid {
		s.over += int64(len(part))
	} else if len(part) > room {
		s.over += int64(len(part) - room)
		s.line = append(s.line, part[:room]...)
	} else {
		s.line = append(s.line, part...)
	}
}

func (s *splitter) end(now time.Time) {
	if s.ring != nil {
		if !s.mid {
			s.ring.Append(now, string(bytes.TrimSuffix(s.line, []byte{'\r'})))
		}
		s.ring.drop(s.over)
	}
	s.line, s.over, s.mid = s.line[:0], 0, false
}

// flush ends a last line without a newline.
func (s *splitter) flush(now time.Time) {
	if len(s.line) > 0 || s.over > 0 {
		s.end(now)
	}
}

// resume notes a gap in the ring: whoever reads the lines must see that some are missing.
func (s *splitter) resume(now time.Time, skipped int64) {
	s.flush(now)
	s.mid = true
	if s.ring != nil {
		s.ring.Append(now, fmt.Sprintf("[hangar] %d bytes of output came too fast and were dropped", skipped))
		s.ring.drop(skipped)
	}
}
