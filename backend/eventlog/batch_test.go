package eventlog

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/google/uuid"

	"hangar/backend/event"
	"hangar/backend/storetest"
)

func sampleBatch() []event.Envelope {
	at := time.UnixMicro(1_750_000_000_000_000).UTC()
	var out []event.Envelope
	for i := range 20 {
		out = append(out, event.Envelope{
			Position: int64(1000 + 3*i), ID: uuid.NewString(), Stream: fmt.Sprint("provider:", i%3), Version: int64(i),
			Kind: fmt.Sprint("K", i%2), At: at.Add(time.Duration(i%5-2) * time.Second), Actor: event.Actor{Type: "user", ID: fmt.Sprint(i % 4)}, Origin: event.Origin{Via: "mcp", RequestID: fmt.Sprint("r", i)},
			Data: json.RawMessage(fmt.Sprintf(`{"n":%d}`, i)),
		})
	}
	return out
}

func TestABatchReadsBack(t *testing.T) {
	want := sampleBatch()
	got, err := unpackBatch(new(packer).pack(want))
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v\n%+v\n%+v", err, got, want)
	}
}

// Whatever a damaged disk makes of a batch, reading it is an error at worst.
func FuzzUnpackBatch(f *testing.F) {
	good := new(packer).pack(sampleBatch())
	f.Add(good)
	for i := range good {
		f.Add(good[:i])
	}
	f.Add([]byte{1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, data []byte) {
		events, err := unpackBatch(data)
		if err != nil && !errors.Is(err, errBatch) {
			t.Errorf("%v", err)
		}
		if err == nil && len(events) > len(data) {
			t.Errorf("%d events from %d bytes", len(events), len(data))
		}
	})
}

func TestEveryCutOfABatchIsAnError(t *testing.T) {
	good := new(packer).pack(sampleBatch())
	for i := range good {
		if _, err := unpackBatch(good[:i]); !errors.Is(err, errBatch) {
			t.Fatalf("%d of %d bytes: %v", i, len(good), err)
		}
	}
}

// What kinds there are in batches is known after a restart too.
func TestBatchesAreFoundByKindAfterARestart(t *testing.T) {
	dir := t.TempDir()
	storetest.URL(t, dir)
	db, err := openDB(dir)
	if err != nil {
		t.Fatal(err)
	}
	l, err := New(db, nil)
	if err != nil {
		t.Fatal(err)
	}
	writeBatch(t, l, noted{To: "a", Type: "One"}, noted{To: "b", Type: "Two"}, noted{To: "a", Type: "Three"})
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	_, l = open(t, dir)
	for _, c := range []struct {
		f    Filter
		want string
	}{
		{Filter{Streams: []string{"a"}}, "[1 3]"}, {Filter{Kinds: []string{"Two"}}, "[2]"}, {Filter{Streams: []string{"b"}, Kinds: []string{"One"}}, "[]"},
		{Filter{}, "[1 2 3]"},
	} {
		got, err := l.Read(t.Context(), 0, c.f, 10)
		if err != nil || fmt.Sprint(positions(got)) != c.want {
			t.Errorf("%+v: %v, %v", c.f, positions(got), err)
		}
	}
	if oldest, err := l.Oldest(t.Context()); oldest != 1 || err != nil {
		t.Errorf("oldest %d, %v", oldest, err)
	}
	if _, total, err := l.ReadStream(t.Context(), "a", 1, nil, 10); total != 2 || err != nil {
		t.Errorf("%d of the stream, %v", total, err)
	}
}
