package upstream

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"hangar/backend/mcp"
	"hangar/backend/provider"
)

// streaming is a server that answers on streams, which end after their answer has left.
func streaming(t testing.TB) (s *httptest.Server, made *atomic.Int32, idle chan struct{}) {
	t.Helper()
	made, idle = new(atomic.Int32), make(chan struct{}, 1024)
	s = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		m, err := mcp.Parse(raw)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", typeStream)
		fmt.Fprintf(w, "event: message\ndata: %s\n\n", mcp.AppendResult(nil, m.ID, []byte(discovered)))
		_ = http.NewResponseController(w).Flush() // of a test's server: it can
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			made.Add(1)
		case http.StateIdle:
			select {
			case idle <- struct{}{}:
			default:
			}
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	return s, made, idle
}

func statelessTo(t testing.TB, s *httptest.Server) *Remote {
	t.Helper()
	p := remoteSpec(s.URL)
	p.Spec.HTTP = &provider.HTTP{Protocol: provider.ProtocolStateless}
	r, err := (&Remotes{}).Open(p, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Stop(t.Context()) })
	return r
}

// An answer on a stream is taken before its stream has ended; the next request goes on the same connection all the same.
func TestAStreamThatBroughtTheAnswerLeavesItsConnection(t *testing.T) {
	s, made, idle := streaming(t)
	d := &stateless{Remote: statelessTo(t, s)}
	for range 5 {
		if _, err := d.exchange(t.Context(), plain(mcp.MethodDiscover, nil, nil), true); err != nil {
			t.Fatal(err)
		}
		<-idle
	}
	if n := made.Load(); n != 1 {
		t.Errorf("%d connections for five requests in a row", n)
	}
}

func BenchmarkACallThatIsAnsweredOnAStream(b *testing.B) {
	s, made, _ := streaming(b)
	d := &stateless{Remote: statelessTo(b, s)}
	b.ReportAllocs()
	b.SetParallelism(4)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := d.exchange(b.Context(), plain(mcp.MethodDiscover, nil, nil), true); err != nil {
				b.Error(err)
			}
		}
	})
	b.ReportMetric(float64(made.Load())/float64(b.N), "connections/op")
}
