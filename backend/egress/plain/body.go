package plain

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
)

// body is the body of an answer. Read and Close may run at the same time; Close then ends the Read.
type body struct {
	io.Reader // net/http's: it knows where the body ends
	t         *Transport
	c         *conn
	ctx       context.Context
	stop      func() bool // false when the end of the context came first
	stays     bool        // the connection can be used again after the end

	mu  sync.Mutex // guards err
	err error      // what Read gives from now on; nil while the connection is ours
}

// Read reads on; at the end the connection goes back before the caller knows of it, so that its next request finds it.
func (b *body) Read(p []byte) (int, error) {
	b.mu.Lock()
	err := b.err
	b.mu.Unlock()
	if err != nil {
		return 0, err
	}
	n, err := b.Reader.Read(p)
	if err != nil {
		err = b.over(err)
	}
	return n, err
}

// over takes leave of the connection.
func (b *body) over(err error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err != nil { // closed meanwhile
		return b.err
	}
	if errors.Is(err, io.EOF) {
		b.err = io.EOF
		b.release(nil)
		return io.EOF
	}
	b.stop()
	b.c.hangUp()
	b.err = ended(b.ctx, err)
	return b.err
}

// release gives the connection back if it is fit for it. Bytes beyond the answer's end are not.
func (b *body) release(rest io.Reader) {
	inTime := b.stop()
	if !inTime || !b.stays || rest == nil && b.c.in.Buffered() > 0 {
		b.c.hangUp()
		return
	}
	b.c.rest = rest
	b.t.put(b.c)
}

// Close ends the body, and the connection unless all of it was read: the server sees that nobody listens any more.
func (b *body) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err == nil {
		b.stop()
		b.c.hangUp()
	}
	b.err = http.ErrBodyReadAfterClose
	return nil
}

// Finish is Close for who has read all that matters: the connection is used again if the little that ends the answer comes soon.
func (b *body) Finish() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err == nil {
		b.release(b.Reader)
	}
	b.err = http.ErrBodyReadAfterClose
	return nil
}

// unzipped is a body in gzip that nobody but us asked for.
type unzipped struct {
	*body
	zip *gzip.Reader
	err error
}

// Read unpacks.
func (u *unzipped) Read(p []byte) (int, error) {
	if u.zip == nil && u.err == nil {
		u.zip, u.err = gzip.NewReader(u.body)
	}
	if u.err != nil {
		return 0, u.err
	}
	return u.zip.Read(p)
}
