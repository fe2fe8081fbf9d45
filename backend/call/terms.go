package call

// terms is a Bloom filter of the values in a segment: ten bits and seven marks for each, so that one segment in a hundred
// is opened for nothing.
type terms []byte

const (
	bitsPerTerm  = 10
	marksPerTerm = 7
)

// FNV-1a, 64 bits. The marks are stored, so the hash must never change.
const (
	offset = 14695981039346656037
	prime  = 1099511628211
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

// termsOf collects the terms of a segment; each text of a column is one, and each call has an id of its own.
func termsOf(records []Record, d *draft) terms {
	n := len(records) + len(d.pairs)
	for _, col := range searched() {
		n += len(d.texts[col-firstText].order)
	}
	t := make(terms, (n*bitsPerTerm+7)/8)
	for i := range records {
		t.set(term{colCallID, records[i].CorrelationID})
	}
	for _, col := range searched() {
		for _, v := range d.texts[col-firstText].order {
			t.set(term{col, v})
		}
	}
	providers := d.texts[colProvider-firstText].order
	for p := range d.pairs {
		second := d.texts[colTool-firstText].order
		if p[0] == pairError {
			second = d.texts[colErrorType-firstText].order
		}
		t.set(pair(int(p[0]), providers[p[1]], second[p[2]]))
	}
	return t
}

func (t terms) set(v term) {
	t.each(v, func(_, bit byte, i uint64) bool { t[i] |= bit; return true })
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
	a := (offset ^ uint64(v.col)) * prime
	for i := range len(v.value) {
		a = (a ^ uint64(v.value[i])) * prime
	}
	a ^= a >> 32
	b := a>>33 | 1 // the second of two hashes, of which all others are made (Kirsch and Mitzenmacher)
	for range marksPerTerm {
		n := a % uint64(len(t)*8)
		if !visit(t[n/8], 1<<(n%8), n/8) {
			return
		}
		a += b
	}
}
