package upstream

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"
	"time"
)

// frame is one server-sent event.
type frame struct {
	event string // "" is "message"
	data  []byte
	cut   bool // it was beyond the limit: data is its beginning
}

// events reads a stream of server-sent events (WHATWG HTML, 9.2).
type events struct {
	in    *bufio.Reader
	limit int
	id    string        // of the last event that had one; where to go on from
	retry time.Duration // what the server asked for; 0 when it did not
}

func readEvents(r io.Reader, limit int) *events {
	return (&events{in: bufio.NewReaderSize(r, streamBuffer), limit: limit}).begin()
}

const streamBuffer = 16 << 10

func (e *events) begin() *events {
	if bom, err := e.in.Peek(3); err == nil && string(bom) == "\xef\xbb\xbf" {
		_, _ = e.in.Discard(3) // it was there a moment ago
	}
	return e
}

// after reads the stream that goes on with this one, which nobody reads any more.
func (e *events) after(r io.Reader) *events {
	if e.in == nil {
		e.in = bufio.NewReaderSize(r, streamBuffer)
	} else {
		e.in.Reset(r)
	}
	return e.begin()
}

// next gives the next event that carries data. Its bytes are the caller's.
func (e *events) next() (frame, error) {
	var f frame
	var data []byte
	seen := false
	for {
		line, cut, err := e.line()
		if err != nil { // an event that its stream broke off is none
			return frame{}, err
		}
		if len(line) == 0 {
			if seen {
				f.data = data
				return f, nil
			}
			f = frame{}
			continue
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimPrefix(value, []byte(" "))
		switch string(name) {
		case "data":
			if seen && !f.cut {
				data = append(data, '\n')
			}
			seen = true
			f.cut = f.cut || cut || len(data)+len(value) > e.limit
			if room := peekSize - len(data); f.cut && room < len(value) {
				value = value[:max(room, 0)]
			}
			data = append(data, value...)
		case "event":
			f.event = string(value)
		case "id":
			if !bytes.ContainsRune(value, 0) {
				e.id = string(value)
			}
		case "retry":
			if ms, err := strconv.Atoi(string(value)); err == nil && ms >= 0 {
				e.retry = time.Duration(ms) * time.Millisecond
			}
		}
	}
}

// peekSize is how much is kept of an oversized event, to find the id of the call that it answers.
const peekSize = 512

// line reads one line without its end, which holds until the next one; what is beyond the limit is read and forgotten.
func (e *events) line() (line []byte, cut bool, err error) {
	for {
		part, err := e.in.ReadSlice('\n')
		if err == nil && line == nil && len(part) <= e.limit {
			return bytes.TrimRight(part, "\r\n"), false, nil
		}
		if !cut && len(line)+len(part) <= e.limit+8 { // room for the field's name
			line = append(line, part...)
		} else if !cut {
			line, cut = append(line, part...), true
			line = line[:min(len(line), peekSize+8)]
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		return bytes.TrimRight(line, "\r\n"), cut, err
	}
}
