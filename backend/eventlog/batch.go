package eventlog

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"hangar/backend/event"
	"hangar/backend/store"
)

// Recorded events are stored a batch to a row: an event with a row of its own costs five index entries, ten times what
// the event itself does. A batch is
//
//	1 byte version (3) | uvarint number of events | events
//
// and an event is
//
//	uvarint position, less that of the one before | 16 bytes id | varint at, likewise | uvarint version |
//	stream, kind, actor type, actor id, by which way it came, address: text | request id: uvarint length, bytes | data
//
// where a text is a uvarint: the number of the text among those of this batch, or that of the next one, and then it
// follows (uvarint length, bytes). Data is
//
//	uvarint number of parts | parts
//
// which are cut behind each comma, the last one being what is left; a part is 0 when it is the part at the same place of
// the event before, else uvarint length + 1, bytes. The record of a call is most often half that of the call before.
// Until version 2 data was a uvarint length and bytes.
const (
	batchVersion = 3
	wholeData    = 2
	maxParts     = 32
)

var errBatch = errors.New("the log is damaged: a batch of events cannot be read")

func (p *packer) pack(events []event.Envelope) []byte {
	if p.texts == nil {
		p.texts = make(map[string]int, 8)
	}
	clear(p.texts)
	p.buf = append(p.buf[:0], batchVersion)
	p.buf = binary.AppendUvarint(p.buf, uint64(len(events)))
	var position, at int64
	var before []byte
	for _, e := range events {
		id, err := uuid.Parse(e.ID)
		if err != nil { // it is ours
			panic(err)
		}
		micros := store.Micros(e.At)
		p.buf = binary.AppendUvarint(p.buf, uint64(e.Position-position))
		p.buf = append(p.buf, id[:]...)
		p.buf = binary.AppendVarint(p.buf, micros-at)
		p.buf = binary.AppendUvarint(p.buf, uint64(e.Version))
		for _, s := range [...]string{e.Stream, e.Kind, e.Actor.Type, e.Actor.ID, e.Origin.Via, e.Origin.Address} {
			p.text(s)
		}
		p.buf = append(binary.AppendUvarint(p.buf, uint64(len(e.Origin.RequestID))), e.Origin.RequestID...) // no two are alike
		p.data(e.Data, before)
		position, at, before = e.Position, micros, e.Data
	}
	return p.buf
}

// packer keeps its memory for the next batch.
type packer struct {
	buf   []byte
	texts map[string]int
}

func (p *packer) text(s string) {
	n, known := p.texts[s]
	if !known {
		n = len(p.texts)
		p.texts[s] = n
	}
	p.buf = binary.AppendUvarint(p.buf, uint64(n))
	if !known {
		p.buf = binary.AppendUvarint(p.buf, uint64(len(s)))
		p.buf = append(p.buf, s...)
	}
}

func (p *packer) data(data, before []byte) {
	n := min(bytes.Count(data, []byte(comma))+1, maxParts)
	p.buf = binary.AppendUvarint(p.buf, uint64(n))
	for i := range n {
		var part, other []byte
		part, data = cutPart(data, i == n-1)
		other, before = cutPart(before, i == n-1)
		if bytes.Equal(part, other) {
			p.buf = append(p.buf, 0)
			continue
		}
		p.buf = append(binary.AppendUvarint(p.buf, uint64(len(part))+1), part...)
	}
}

const comma = ","

// cutPart takes the next part off what is left.
func cutPart(data []byte, last bool) (part, rest []byte) {
	if end := bytes.IndexByte(data, comma[0]); end >= 0 && !last {
		return data[:end+1], data[end+1:]
	}
	return data, nil
}

// unpackBatch reads a batch.
func unpackBatch(data []byte) ([]event.Envelope, error) {
	if len(data) == 0 || data[0] != batchVersion && data[0] != wholeData {
		return nil, errBatch
	}
	whole := data[0] == wholeData
	u := unpacker{buf: data[1:]}
	n := u.uvarint()
	if u.bad || n == 0 || n > uint64(len(data)) { // each event is longer than a byte
		return nil, errBatch
	}
	events := make([]event.Envelope, n)
	var position, at int64
	var before []byte
	for i := range events {
		position += int64(u.uvarint())
		id := u.take(len(uuid.UUID{}))
		at += u.varint()
		e := event.Envelope{Position: position, At: store.Time(at), Version: int64(u.uvarint())}
		e.Stream, e.Kind, e.Actor.Type, e.Actor.ID = u.text(), u.text(), u.text(), u.text()
		e.Origin.Via, e.Origin.Address = u.text(), u.text()
		e.Origin.RequestID = string(u.take(int(min(u.uvarint(), uint64(len(data))))))
		if whole {
			e.Data = u.take(int(min(u.uvarint(), uint64(len(data)))))
		} else {
			before = u.data(before)
			e.Data = before
		}
		if u.bad {
			return nil, errBatch
		}
		e.ID = uuid.UUID(id).String() // it has the length
		events[i] = e
	}
	return events, nil
}

// unpacker remembers that something was wrong; what it gives then means nothing.
type unpacker struct {
	buf   []byte
	texts []string
	bad   bool
}

func (u *unpacker) uvarint() uint64 {
	v, n := binary.Uvarint(u.buf)
	u.skip(n)
	return v
}

func (u *unpacker) varint() int64 {
	v, n := binary.Varint(u.buf)
	u.skip(n)
	return v
}

func (u *unpacker) skip(n int) {
	if n <= 0 {
		u.bad = true
		return
	}
	u.buf = u.buf[n:]
}

func (u *unpacker) take(n int) []byte {
	if n < 0 || n > len(u.buf) {
		u.bad = true
		return nil
	}
	taken := u.buf[:n:n]
	u.buf = u.buf[n:]
	return taken
}

func (u *unpacker) text() string {
	n := u.uvarint()
	switch {
	case n < uint64(len(u.texts)):
		return u.texts[n]
	case n > uint64(len(u.texts)):
		u.bad = true
		return ""
	}
	s := string(u.take(int(min(u.uvarint(), uint64(len(u.buf)+1)))))
	u.texts = append(u.texts, s)
	return s
}

func (u *unpacker) data(before []byte) []byte {
	n := int(min(u.uvarint(), maxParts+1))
	if u.bad = u.bad || n == 0 || n > maxParts; u.bad {
		return nil
	}
	data := make([]byte, 0, len(before)+16)
	for i := range n {
		var part []byte
		part, before = cutPart(before, i == n-1)
		if size := u.uvarint(); size > 0 {
			part = u.take(int(min(size-1, uint64(len(u.buf)+1))))
		}
		data = append(data, part...)
	}
	return data
}

// insertBatch stores events that follow on one another as one row.
func (l *Log) insertBatch(ctx context.Context, tx *store.Tx, events []event.Envelope) error {
	last := events[len(events)-1]
	_, err := tx.Exec(ctx, `INSERT INTO event_batches (last, first, at, data) VALUES (?, ?, ?, ?)`,
		last.Position, events[0].Position, store.Micros(last.At), l.rec.packing.pack(events))
	if err != nil {
		return fmt.Errorf("append a batch: %w", err)
	}
	return l.insertKeys(ctx, tx, last.Position, events)
}

// key is what batches are found by.
type key struct{ stream, kind string }

func (l *Log) insertKeys(ctx context.Context, tx *store.Tx, last int64, events []event.Envelope) error {
	keys := make(map[key]struct{}, 4)
	for _, e := range events {
		keys[key{e.Stream, e.Kind}] = struct{}{}
	}
	for k := range keys {
		l.packed.add(k.kind)
		if _, err := tx.Exec(ctx, `INSERT INTO event_batch_keys (stream, kind, last) VALUES (?, ?, ?)`, k.stream, k.kind, last); err != nil {
			return fmt.Errorf("append the keys of a batch: %w", err)
		}
	}
	return nil
}
