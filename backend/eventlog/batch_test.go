package eventlog

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
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
			Data: json.RawMessage(fmt.Sprintf(`{"n":%d,"same":"a,b","at":%d}`, i, i/3)),
		})
	}
	for i, data := range []string{`{}`, `{"a":1,"b":2}`, `{"a":1}`, `{"a":1,"b":2,"c":[` + strings.Repeat("1,", 2*maxParts) + `1]}`, `{"a":1,"b":2,"c":[` + strings.Repeat("1,", 2*maxParts) + `2]}`} {
		out[i].Data = json.RawMessage(data)
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

// A database of the version before is read.
func TestABatchOfTheVersionBeforeReadsBack(t *testing.T) {
	old := "\x02\x02\a\x01\x98\xc0\xde\x00\x00p\x00\x80\x00\x00\x00\x00\x00\x00\x01\x80\x80ۅ\xb4\xe7\x9b\x06\x03\x00\nprovider:a\x01\x01K\x02\x04user\x03\x01u\x04\x03mcp\x05\x00" +
		"\x01r\a{\"n\":1}\x01\x01\x98\xc0\xde\x00\x00p\x00\x80\x00\x00\x00\x00\x00\x00\x02\x00\x04\x00\x01\x02\x03\x04\x05\x01r\a{\"n\":2}"
	got, err := unpackBatch([]byte(old))
	if err != nil || len(got) != 2 || string(got[0].Data) != `{"n":1}` || string(got[1].Data) != `{"n":2}` || got[1].Position != 8 {
		t.Errorf("%+v, %v", got, err)
	}
}

// What is the same in two events that follow on one another is stored once.
func TestABatchOfCallsIsSmall(t *testing.T) {
	var events []event.Envelope
	size := 0
	for i := range 100 {
		e := sampleBatch()[0]
		e.Data = json.RawMessage(fmt.Sprintf(`{"provider_id":"demo","tool_name":"echo","correlation_id":"%032d","duration_ms":0.%d,"queue_ms":0,"via":"mcp","is_error":false}`, i, i))
		e.Position += int64(i)
		events, size = append(events, e), size+len(e.Data)
	}
	if packed := len(new(packer).pack(events)); packed > size*3/4 {
		t.Errorf("%d bytes of %d are stored", packed, size)
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
