package gateway

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"

	"hangar/backend/mcp"
)

// pageBytes ends a page early, so that no page is a frame that a client would refuse.
const pageBytes = 2 << 20

const digestSize = 8

// listing is a list, cut into pages and encoded once. A page lacks only its closing brace: what the eras put behind the
// items differs.
type listing struct {
	pages  []json.RawMessage
	digest [digestSize]byte // of the whole list; cursors carry it, so that pages of two generations never mix
}

// newListing makes the list of what key names.
func newListing(key string, raws []json.RawMessage, pageItems int) *listing {
	l := &listing{}
	sum := sha256.New()
	for from := 0; from < len(raws) || from == 0; {
		page, to := appendPage(key, raws, from, pageItems)
		sum.Write(page)
		l.pages = append(l.pages, page)
		from = max(to, 1)
	}
	copy(l.digest[:], sum.Sum(nil))
	for i := range len(l.pages) - 1 {
		l.pages[i] = append(append(append(l.pages[i], `,"nextCursor":"`...), l.cursor(i+1)...), '"')
	}
	return l
}

func appendPage(key string, raws []json.RawMessage, from, pageItems int) (page json.RawMessage, to int) {
	page = append(append(append(page, `{"`...), key...), `":[`...)
	for to = from; to < len(raws) && to-from < pageItems; to++ {
		if to > from {
			if len(page)+len(raws[to]) > pageBytes {
				break
			}
			page = append(page, ',')
		}
		page = append(page, raws[to]...)
	}
	// One line, because a frame of stdio and a field of SSE are lines.
	return mcp.OneLine(append(page, ']')), to
}

// cursor is opaque to clients: the list's digest and the page's number.
func (l *listing) cursor(page int) string {
	b := binary.BigEndian.AppendUint32(append([]byte(nil), l.digest[:]...), uint32(page))
	return base64.RawURLEncoding.EncodeToString(b)
}

// page finds a page. An empty cursor is the first one; false means a cursor that is not of this list.
func (l *listing) page(cursor string) (json.RawMessage, bool) {
	if cursor == "" {
		return l.pages[0], true
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(b) != digestSize+4 || [digestSize]byte(b) != l.digest {
		return nil, false
	}
	n := binary.BigEndian.Uint32(b[digestSize:])
	if n == 0 || uint64(n) >= uint64(len(l.pages)) {
		return nil, false
	}
	return l.pages[n], true
}
