package call

import "hash/fnv"

// terms is a Bloom filter of the values in a segment: ten bits and seven marks for each, so that one segment in a hundred
// is opened for nothing.
type terms []byte

const (
	bitsPerTerm  = 10
	marksPerTerm = 7
)

// term is a value with the column that it stands in.
type term struct {
	col   int
	value string
}

// searched are the columns of texts that a filter may name; ids of calls are searched for too.
func searched() []int {
	return []int{colProvider, colTool, colActorID, colVia, colGroup, colBatch, colTrace, colOutcome, colErrorType}
}

// Pairs that people ask for together are terms of their own: a segment may hold both halves and never in one call.
const (
	pairTool = columns + iota
	pairError
)

func pair(kind int, a, b string) term { return term{kind, a + "\x00" + b} }

func termsOf(records []Record) terms {
	distinct := map[term]struct{}{}
	for i := range records {
		texts := records[i].texts()
		for _, col := range searched() {
			if v := texts[col-firstText]; v != "" {
				distinct[term{col, v}] = struct{}{}
			}
		}
		distinct[term{colCallID, records[i].CorrelationID}] = struct{}{}
		p := string(records[i].Provider)
		distinct[pair(pairTool, p, records[i].ToolName)] = struct{}{}
		if e := records[i].ErrorType; e != "" {
			distinct[pair(pairError, p, e)] = struct{}{}
		}
	}
	t := make(terms, (len(distinct)*bitsPerTerm+7)/8)
	for v := range distinct {
		t.each(v, func(at, bit byte, i uint64) bool { t[i] |= bit; return true })
	}
	return t
}

// may reports whether a value may be there; false is certain.
func (t terms) may(v term) bool {
	found := len(t) > 0
	if found {
		t.each(v, func(at, bit byte, _ uint64) bool {
			found = at&bit != 0
			return found
		})
	}
	return found
}

func (t terms) each(v term, visit func(at, bit byte, i uint64) bool) {
	h := fnv.New64a()
	_, _ = h.Write(append([]byte{byte(v.col)}, v.value...)) // a hash takes everything
	a := h.Sum64()
	b := a>>33 | 1 // the second of two hashes, of which all others are made (Kirsch and Mitzenmacher)
	for range marksPerTerm {
		n := a % uint64(len(t)*8)
		if !visit(t[n/8], 1<<(n%8), n/8) {
			return
		}
		a += b
	}
}
