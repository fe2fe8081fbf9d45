package stream

import (
	"strings"

	"hangar/backend/event"
)

// form is how a socket shows events.
type form uint8

const (
	providerForm  form = iota // in the words of seed 000
	mcpServerForm             // in those of seed 001
	operationForm             // in those of seed 002
	forms
)

// frame is an event on its way to the sockets. It is encoded once per form, when the first connection wants that form,
// and the bytes are shared by all. One goroutine uses it at a time.
type frame struct {
	event.Envelope
	class, id string // provider, math
	encoded   [forms][]byte
}

func newFrame(e event.Envelope) *frame {
	f := new(frame)
	f.set(e)
	return f
}

// set makes the frame that of another event.
func (f *frame) set(e event.Envelope) {
	class, id, _ := strings.Cut(e.Stream, ":")
	*f = frame{Envelope: e, class: class, id: id}
}

// about is the id of what the event is about, if that is of this class, or "".
func (f *frame) about(class string) string {
	if f.class != class {
		return ""
	}
	return f.id
}

// bytes is the sealed frame.
func (f *frame) bytes(as form) []byte {
	if as == mcpServerForm && !renamed(f.Kind) {
		as = providerForm // the same in both
	}
	if f.encoded[as] == nil {
		f.encoded[as] = sealed(f.encode(as))
	}
	return f.encoded[as]
}

func (f *frame) encode(as form) []byte {
	if as == operationForm {
		return encodeOperation(f.Envelope, f.id)
	}
	return encode(f.Envelope, as)
}

func (f *frame) item(as form) item {
	return item{data: f.bytes(as), first: f.Position, position: f.Position, frame: f}
}

// maxJoined bounds an array of events, in bytes: a client that reads frame by frame need not hold more.
const maxJoined = 64 << 10

// join makes one frame of several: an array of their objects, in order.
func join(frames []*frame, as form) item {
	last := frames[len(frames)-1]
	if len(frames) == 1 {
		return last.item(as)
	}
	size := 2
	for _, f := range frames {
		size += len(f.bytes(as)) + 1
	}
	b := append(open(size), '[')
	for i, f := range frames {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, payload(f.bytes(as))...)
	}
	return item{data: seal(append(b, ']')), first: frames[0].Position, position: last.Position, count: len(frames)}
}
