package call

import (
	"encoding/binary"
	"errors"

	"github.com/google/uuid"

	"hangar/backend/event"
	"hangar/backend/provider"
	"hangar/backend/store"
)

// A segment is records in the order of their positions:
//
//	1 byte version (1) | uvarint number of records | columns, each a uvarint length and so many bytes
//
// The columns are those below, in this order. Numbers are varints; positions and times are differences to the record
// before. Texts are a dictionary (uvarint number of texts, each a uvarint length and its bytes) and, where it has more
// than one, a uvarint per record that counts into it. Ids are 16 bytes each.
const segmentVersion = 1

const (
	colPosition = iota
	colVersion
	colAt
	colEventID
	colCallID
	colDuration
	colQueue
	colCold
	colExecute
	colRequest
	colResult
	colProvider
	colTool
	colActorType
	colActorID
	colVia
	colGroup
	colBatch
	colTrace
	colOutcome
	colErrorType
	colMessage
	columns
)

const firstText = colProvider

var errSegment = errors.New("a segment of the records of calls cannot be read: the database is damaged")

// texts gives the texts of a record, from firstText on.
func (r *Record) texts() [columns - firstText]string {
	return [...]string{
		string(r.Provider), r.ToolName, r.Actor.Type, r.Actor.ID, string(r.Via), r.GroupID, r.BatchID, r.TraceID,
		string(r.Outcome), r.ErrorType, r.ErrorMessage,
	}
}

// draft is the columns of a segment under construction.
type draft struct {
	n     int
	cols  [columns][]byte
	texts [columns - firstText]dict
	pairs map[[3]uint64]struct{} // which, and the two texts by their numbers
}

func newDraft(records []Record) *draft {
	d := &draft{n: len(records), pairs: map[[3]uint64]struct{}{}}
	for _, col := range []int{colEventID, colCallID} {
		d.cols[col] = make([]byte, 0, len(uuid.UUID{})*len(records))
	}
	var position, at int64
	for i := range records {
		r := &records[i]
		when := store.Micros(r.At)
		for col, n := range [...]int64{
			r.Position - position, r.Version, when - at, 0, 0, micros(r.DurationMS), micros(r.QueueMS), micros(r.ColdStartMS), micros(r.ExecuteMS),
			int64(r.RequestSizeBytes), int64(r.ResultSizeBytes),
		} {
			switch col {
			case colEventID:
				d.cols[col] = appendID(d.cols[col], r.EventID)
			case colCallID:
				d.cols[col] = appendID(d.cols[col], r.CorrelationID)
			default:
				d.cols[col] = binary.AppendVarint(d.cols[col], n)
			}
		}
		var codes [columns - firstText]uint64
		for i, s := range r.texts() {
			codes[i] = d.texts[i].add(s)
		}
		d.pairs[[3]uint64{pairTool, codes[colProvider-firstText], codes[colTool-firstText]}] = struct{}{}
		if r.ErrorType != "" {
			d.pairs[[3]uint64{pairError, codes[colProvider-firstText], codes[colErrorType-firstText]}] = struct{}{}
		}
		position, at = r.Position, when
	}
	return d
}

func (d *draft) encode() []byte {
	size := 16
	for i := range d.texts {
		d.cols[firstText+i] = d.texts[i].bytes()
	}
	for _, c := range d.cols {
		size += len(c) + binary.MaxVarintLen64
	}
	out := binary.AppendUvarint(append(make([]byte, 0, size), segmentVersion), uint64(d.n))
	for _, c := range d.cols {
		out = binary.AppendUvarint(out, uint64(len(c)))
		out = append(out, c...)
	}
	return out
}

// appendID keeps an id that is a UUID; ours are. Any other is lost.
func appendID(b []byte, id string) []byte {
	u, err := uuid.Parse(id)
	if err != nil {
		u = uuid.Nil
	}
	return append(b, u[:]...)
}

// dict is a column of texts under construction.
type dict struct {
	known map[string]uint64
	order []string
	codes []byte
	last  uint64 // the number of the text before: most often it is the same again
}

func (d *dict) add(s string) uint64 {
	if len(d.order) > 0 && d.order[d.last] == s {
		d.codes = binary.AppendUvarint(d.codes, d.last)
		return d.last
	}
	if d.known == nil {
		d.known = map[string]uint64{}
	}
	n, ok := d.known[s]
	if !ok {
		n = uint64(len(d.known))
		d.known[s] = n
		d.order = append(d.order, s)
	}
	d.codes, d.last = binary.AppendUvarint(d.codes, n), n
	return n
}

func (d *dict) bytes() []byte {
	out := binary.AppendUvarint(nil, uint64(len(d.order)))
	for _, s := range d.order {
		out = binary.AppendUvarint(out, uint64(len(s)))
		out = append(out, s...)
	}
	if len(d.order) > 1 {
		out = append(out, d.codes...)
	}
	return out
}

// segment is an opened one; its columns are decoded when they are asked for.
type segment struct {
	n    int
	cols [columns][]byte
}

func open(data []byte) (s segment, err error) {
	if len(data) == 0 || data[0] != segmentVersion {
		return s, errSegment
	}
	r := reader{buf: data[1:]}
	s.n = int(min(r.uvarint(), uint64(len(data))))
	for i := range s.cols {
		s.cols[i] = r.take(r.uvarint())
	}
	if r.bad || len(s.cols[colEventID]) != 16*s.n || len(s.cols[colCallID]) != 16*s.n {
		return s, errSegment
	}
	return s, nil
}

// numbers decodes a column of numbers.
func (s *segment) numbers(col int) ([]int64, error) {
	r, out := reader{buf: s.cols[col]}, make([]int64, s.n)
	for i := range out {
		out[i] = r.varint()
	}
	if r.bad {
		return nil, errSegment
	}
	return out, nil
}

// column is a decoded column of texts.
type column struct {
	texts []string
	codes []uint32 // nil: all records have the one text
}

func (c *column) at(i int) string {
	if c.codes == nil {
		return c.texts[0]
	}
	return c.texts[c.codes[i]]
}

func (s *segment) text(col int) (c column, err error) {
	r := reader{buf: s.cols[col]}
	k := int(min(r.uvarint(), uint64(s.n)))
	c.texts = make([]string, k)
	for i := range c.texts {
		c.texts[i] = string(r.take(r.uvarint()))
	}
	if k > 1 {
		c.codes = make([]uint32, s.n)
		for i := range c.codes {
			n := r.uvarint()
			if n >= uint64(k) {
				return c, errSegment
			}
			c.codes[i] = uint32(n)
		}
	}
	if r.bad || k == 0 && s.n > 0 {
		return c, errSegment
	}
	return c, nil
}

// records decodes the records that are wanted, all when wanted is nil.
func (s *segment) records(wanted func(i int) bool) ([]Record, error) {
	var numbers [firstText][]int64
	var texts [columns - firstText]column
	for col := range numbers {
		if col == colEventID || col == colCallID {
			continue
		}
		var err error
		if numbers[col], err = s.numbers(col); err != nil {
			return nil, err
		}
	}
	for i := range texts {
		var err error
		if texts[i], err = s.text(firstText + i); err != nil {
			return nil, err
		}
	}
	var out []Record
	var position, at int64
	for i := range s.n {
		position, at = position+numbers[colPosition][i], at+numbers[colAt][i]
		if wanted != nil && !wanted(i) {
			continue
		}
		n := func(col int) int64 { return numbers[col][i] }
		t := func(col int) string { return texts[col-firstText].at(i) }
		out = append(out, Record{
			Position: position, Version: n(colVersion), EventID: s.id(colEventID, i), At: store.Time(at),
			Actor: event.Actor{Type: t(colActorType), ID: t(colActorID)},
			Call: provider.Call{
				Provider: provider.ID(t(colProvider)), ResultSizeBytes: int(n(colResult)), Outcome: provider.Outcome(t(colOutcome)),
				ErrorType: t(colErrorType), ErrorMessage: t(colMessage),
				CallFacts: provider.CallFacts{
					ToolName: t(colTool), CorrelationID: s.id(colCallID, i), DurationMS: millis(n(colDuration)), QueueMS: millis(n(colQueue)),
					ColdStartMS: millis(n(colCold)), ExecuteMS: millis(n(colExecute)), RequestSizeBytes: int(n(colRequest)),
					Via: provider.Via(t(colVia)), GroupID: t(colGroup), BatchID: t(colBatch), TraceID: t(colTrace),
				},
			},
		})
	}
	return out, nil
}

func (s *segment) id(col, i int) string {
	u := uuid.UUID(s.cols[col][16*i : 16*i+16])
	if u == uuid.Nil {
		return ""
	}
	return u.String()
}

// reader remembers that something was wrong; what it gives then means nothing.
type reader struct {
	buf []byte
	bad bool
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.buf)
	r.skip(n)
	return v
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.buf)
	r.skip(n)
	return v
}

func (r *reader) skip(n int) {
	if n <= 0 {
		r.bad = true
		return
	}
	r.buf = r.buf[n:]
}

func (r *reader) take(n uint64) []byte {
	if n > uint64(len(r.buf)) {
		r.bad = true
		return nil
	}
	taken := r.buf[:n]
	r.buf = r.buf[n:]
	return taken
}
