package gateway

import "sync"

// bodies is memory for the bodies of requests, to be used again. A body given back too early would show one client's
// bytes to another, so only request.released has one given back.
type bodies struct {
	spare sync.Pool         // of *[]byte
	given func(body []byte) // tests overwrite what was given back; nil elsewhere
}

// take gives memory for n bytes, whatever they are.
func (b *bodies) take(n int) []byte {
	if spare, ok := b.spare.Get().(*[]byte); ok && cap(*spare) >= n {
		return (*spare)[:n]
	}
	return make([]byte, n)
}

// give takes it back.
func (b *bodies) give(body []byte) {
	if b.given != nil {
		b.given(body)
	}
	if cap(body) <= upfront {
		b.spare.Put(&body)
	}
}
