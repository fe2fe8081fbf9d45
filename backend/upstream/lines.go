package upstream

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"sync"
	"time"
)

const (
	blockSize = 64 << 10 // bytes of one read; also what is kept of an oversized line, to find whose answer it is

	// What a provider may cost its neighbours by long lines. The beginning of each line is read as fast as it comes; what
	// lies beyond is read at paceRate once the burst is used up, so that the pipe fills and the provider has to wait. The
	// burst lets one frame of the greatest size through at full speed.
	paceFrom  = 1 << 20              // bytes of a line
	paceRate  = 64 << 20             // bytes/s
	paceBurst = 16 << 20             // bytes
	pacePause = 4 * time.Millisecond // the shortest pause; to wake up more often would itself cost something
)

// lines reads a stream line by line.
type lines struct {
	in    *bufio.Reader
	limit int       // bytes of a line
	spare sync.Pool // of *block: a line that is never whole leaves nothing to collect
	pace  pace
}

type block [blockSize]byte

func newLines(r io.Reader, limit int) *lines {
	return &lines{
		in:    bufio.NewReaderSize(struct{ io.Reader }{r}, blockSize), // bare: bufio would take a larger *bufio.Reader as it is
		limit: limit,
		spare: sync.Pool{New: func() any { return new(block) }},
	}
}

// next gives one line without its end. Of one beyond the limit it skips everything and gives the beginning alone, as
// head. Either may come together with the error that ended it.
func (l *lines) next() (line, head []byte, err error) {
	var held []*block // what was read of a long line
	for size := 0; ; {
		part, err := l.in.ReadSlice('\n')
		size += len(part)
		full := errors.Is(err, bufio.ErrBufferFull)
		switch {
		case head != nil: // the rest of it is skipped
		case size > l.limit:
			head, held = l.join(held, part, min(size, blockSize)), nil
		case full:
			held = append(held, l.hold(part))
		default:
			return bytes.TrimSpace(l.join(held, part, size)), nil, err
		}
		if !full {
			return nil, head, err
		}
		if size > paceFrom {
			time.Sleep(l.pace.take(len(part), time.Now()))
		}
	}
}

// hold keeps a part beyond the next read.
func (l *lines) hold(part []byte) *block {
	b := l.spare.Get().(*block)
	copy(b[:], part)
	return b
}

// join gives the first size bytes of what was held, all of it full blocks, and of the last part.
func (l *lines) join(held []*block, last []byte, size int) []byte {
	line := make([]byte, 0, size)
	for _, b := range held {
		line = append(line, b[:min(blockSize, size-len(line))]...)
		l.spare.Put(b)
	}
	return append(line, last[:min(len(last), size-len(line))]...)
}

// pace is what a reader owes to its neighbours.
type pace struct {
	paid time.Time // when all that was taken will have been paid for
}

// take counts n bytes and tells how long to wait before the next ones; mostly 0, for small debts are let grow.
func (p *pace) take(n int, now time.Time) time.Duration {
	if earliest := now.Add(-price(paceBurst)); p.paid.Before(earliest) {
		p.paid = earliest
	}
	p.paid = p.paid.Add(price(n))
	if debt := p.paid.Sub(now); debt >= pacePause {
		return debt
	}
	return 0
}

func price(n int) time.Duration { return time.Duration(n) * time.Second / paceRate }
