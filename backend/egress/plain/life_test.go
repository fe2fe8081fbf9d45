package plain

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

const small = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

// send makes a request and reads its answer.
func send(t *testing.T, c client, method, address string) error {
	t.Helper()
	var body io.Reader
	if method == http.MethodPost {
		body = strings.NewReader("x")
	}
	rs, err := c.RoundTrip(request(t, method, address, body))
	if err != nil {
		return err
	}
	defer rs.Body.Close()
	_, err = io.ReadAll(rs.Body)
	return err
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (c client) wants(t *testing.T, dials int32, what string) {
	t.Helper()
	if n := c.dials.Load(); n != dials {
		t.Errorf("%s: %d connections were made, not %d", what, n, dials)
	}
}

// settles waits until what the server sent last has come to the one idle connection: of itself it shows in the next request only.
func (c client) settles(t *testing.T, address string) {
	t.Helper()
	p := &c.RoundTripper.(*Transport).idle
	was := ready
	p.mu.Lock()
	if list := p.idle[address]; len(list) > 0 && list[0].rest != nil {
		was = pending
	}
	p.mu.Unlock()
	until(t, "the server's last word arrives", func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		list := p.idle[address]
		return len(list) == 0 || list[0].judge() != was
	})
}

func TestAConnectionIsUsedAgain(t *testing.T) {
	address := server(t, func(asked) (string, bool) { return small, false })
	o := ours(t)
	for range 5 {
		must(t, send(t, o, "POST", address))
	}
	o.wants(t, 1, "one after another")
	rs, err := o.RoundTrip(request(t, "GET", address, nil))
	must(t, err)
	must(t, rs.Body.Close())
	o.wants(t, 1, "a body that nobody read")
	must(t, send(t, o, "POST", address))
	o.wants(t, 2, "after a body that nobody read")
}

func TestOnlySoManyWait(t *testing.T) {
	address := server(t, func(asked) (string, bool) { return small, false })
	o := ours(t, func(tr *Transport) { tr.IdlePerHost = 2 })
	round := func() {
		var all []*http.Response
		for range 3 {
			rs, err := o.RoundTrip(request(t, "GET", address, nil))
			must(t, err)
			all = append(all, rs)
		}
		for _, rs := range all {
			_, err := io.ReadAll(rs.Body)
			must(t, err)
		}
	}
	round()
	round()
	o.wants(t, 4, "three at a time, twice, of which two may wait")
}

func TestAConnectionAges(t *testing.T) {
	var ends atomic.Int32
	address := rawServer(t, func(c net.Conn) {
		defer ends.Add(1)
		part := make([]byte, 4096)
		for {
			if _, err := c.Read(part); err != nil {
				return
			}
			if _, err := io.WriteString(c, small); err != nil {
				return
			}
		}
	})
	o := ours(t, func(tr *Transport) { tr.IdleTimeout = 30 * time.Millisecond })
	must(t, send(t, o, "GET", address))
	until(t, "the idle connection is closed", func() bool { return ends.Load() == 1 })
	must(t, send(t, o, "GET", address))
	o.wants(t, 2, "after a while")
	until(t, "the next one, too", func() bool { return ends.Load() == 2 })
}

// A connection that the server closed while it was idle is seen before anything is written on it.
func TestAConnectionThatTheServerClosedIsNotUsed(t *testing.T) {
	var asked atomic.Int32
	left := make(chan struct{})
	address := rawServer(t, func(c net.Conn) {
		if _, err := c.Read(make([]byte, 4096)); err != nil {
			return
		}
		asked.Add(1)
		_, _ = io.WriteString(c, small) // or the test fails by what it gets
		c.Close()
		left <- struct{}{}
	})
	o := ours(t)
	for i := range 3 {
		must(t, send(t, o, "POST", address))
		<-left
		o.settles(t, address)
		o.wants(t, int32(i+1), "each is closed behind its answer")
	}
	if asked.Load() != 3 {
		t.Errorf("asked %d times", asked.Load())
	}
}

// rude takes a connection that it answered on before away without an answer to the second request.
func rude(t *testing.T, count *atomic.Int32) (address string) {
	return server(t, func(a asked) (string, bool) {
		count.Add(1)
		if a.nth == 2 {
			return "", true
		}
		return small, false
	})
}

func TestWhatMayHaveBeenDoneIsNotRepeated(t *testing.T) {
	for method, want := range map[string]int32{"POST": 2, "PUT": 2, "DELETE": 2, "PATCH": 2, "GET": 3, "HEAD": 3, "OPTIONS": 3} {
		var count atomic.Int32
		address := rude(t, &count)
		o := ours(t)
		must(t, send(t, o, "POST", address))
		rq := request(t, method, address, nil, "Idempotency-Key", "x")
		rs, err := o.RoundTrip(rq)
		if err == nil {
			rs.Body.Close()
		}
		if repeated := err == nil; repeated != (want == 3) || count.Load() != want {
			t.Errorf("%s: asked %d times, %v", method, count.Load(), err)
		}
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("%s: %v", method, err)
		}
	}
}

func TestAFirstRequestIsNotRepeated(t *testing.T) {
	var count atomic.Int32
	address := server(t, func(asked) (string, bool) { count.Add(1); return "", true })
	o := ours(t)
	if err := send(t, o, "GET", address); !errors.Is(err, io.EOF) || count.Load() != 1 {
		t.Errorf("asked %d times, %v", count.Load(), err)
	}
}

// mute is a connection whose second request cannot be written.
type mute struct {
	*net.TCPConn
	writes, part int
}

func (m *mute) Write(p []byte) (int, error) {
	if m.writes++; m.writes == 2 {
		n, err := m.TCPConn.Write(p[:m.part])
		if err != nil {
			return n, err
		}
		return n, syscall.EPIPE
	}
	return m.TCPConn.Write(p)
}

func TestARequestThatNeverLeftIsSentAgain(t *testing.T) {
	for part, want := range map[int]int32{0: 2, 1: 1} {
		var count atomic.Int32
		address := server(t, func(asked) (string, bool) { count.Add(1); return small, false })
		o := ours(t, func(tr *Transport) {
			dial := tr.Dial
			tr.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
				c, err := dial(ctx, network, address)
				if err != nil {
					return nil, err
				}
				return &mute{TCPConn: c.(*net.TCPConn), part: part}, nil
			}
		})
		must(t, send(t, o, "POST", address))
		err := send(t, o, "POST", address)
		if sent := err == nil; sent != (part == 0) || count.Load() != want {
			t.Errorf("%d bytes were written: %v, asked %d times", part, err, count.Load())
		}
	}
}

func TestIdleConnectionsCanBeClosed(t *testing.T) {
	address := server(t, func(asked) (string, bool) { return small, false })
	o := ours(t)
	must(t, send(t, o, "GET", address))
	rs, err := o.RoundTrip(request(t, "GET", address, nil))
	must(t, err)
	o.RoundTripper.(*Transport).CloseIdleConnections()
	_, err = io.ReadAll(rs.Body) // comes back too late
	must(t, err)
	tr := o.RoundTripper.(*Transport)
	if len(tr.idle.idle) != 0 || tr.idle.sweep != nil {
		t.Error("something is kept after CloseIdleConnections")
	}
	must(t, send(t, o, "GET", address))
	must(t, send(t, o, "GET", address))
	o.wants(t, 2, "it can be used afterwards")
}

// silent takes requests and says what it is told to say and no more, until the other side goes.
func silent(t *testing.T, say string, gone chan<- struct{}) (address string) {
	return rawServer(t, func(c net.Conn) {
		part := make([]byte, 4096)
		if _, err := c.Read(part); err == nil {
			_, _ = io.WriteString(c, say) // the client tells
		}
		for {
			if _, err := c.Read(part); err != nil {
				gone <- struct{}{}
				return
			}
		}
	})
}

func TestTheEndOfTheContextEndsARequest(t *testing.T) {
	why := errors.New("nobody waits")
	for name, say := range map[string]string{
		"before an answer":   "",
		"within its head":    "HTTP/1.1 200 OK\r\nX",
		"after a first head": "HTTP/1.1 100 Continue\r\n\r\n",
		"within its body":    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe",
		"within chunks":      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n",
	} {
		gone := make(chan struct{}, 1)
		address := silent(t, say, gone)
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(20*time.Millisecond, func() { cancel(why) })
		rs, err := ours(t).RoundTrip(request(t, "POST", address, strings.NewReader("x")).WithContext(ctx))
		if err == nil {
			_, err = io.ReadAll(rs.Body)
		}
		if !errors.Is(err, why) {
			t.Errorf("%s: %v", name, err)
		}
		<-gone
		if err == nil {
			rs.Body.Close()
		}
	}
	o := ours(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	if _, err := o.RoundTrip(request(t, "GET", "127.0.0.1:1", nil).WithContext(ctx)); !errors.Is(err, why) {
		t.Errorf("over before it began: %v", err)
	}
	o.wants(t, 0, "over before it began")
}

// A server that nobody listens to any more learns of it also when nobody reads the answer.
func TestTheEndOfTheContextIsSeenByTheServer(t *testing.T) {
	gone := make(chan struct{}, 1)
	address := silent(t, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", gone)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := ours(t).RoundTrip(request(t, "GET", address, nil).WithContext(ctx)) // and is never closed
	must(t, err)
	cancel()
	<-gone
}

func TestCloseEndsARead(t *testing.T) {
	gone := make(chan struct{}, 1)
	address := silent(t, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", gone)
	rs, err := ours(t).RoundTrip(request(t, "GET", address, nil))
	must(t, err)
	var reading sync.WaitGroup
	reading.Go(func() {
		if _, err := rs.Body.Read(make([]byte, 1)); !errors.Is(err, http.ErrBodyReadAfterClose) {
			t.Errorf("%v", err)
		}
	})
	time.Sleep(5 * time.Millisecond) // most likely it reads by now; it must hold in any order
	must(t, rs.Body.Close())
	reading.Wait()
	<-gone
}

func TestTheHeadHasATimeAndTheBodyHasNone(t *testing.T) {
	gone := make(chan struct{}, 2)
	for _, say := range []string{"", "HTTP/1.1 200 OK\r\nX"} {
		o := ours(t, func(tr *Transport) { tr.HeaderTimeout = 20 * time.Millisecond })
		err := send(t, o, "GET", silent(t, say, gone))
		var slow *SlowError
		if !errors.As(err, &slow) || !slow.Timeout() {
			t.Errorf("%q: %v", say, err)
		}
		<-gone
	}
	address := rawServer(t, func(c net.Conn) {
		if _, err := c.Read(make([]byte, 4096)); err != nil {
			return
		}
		_, _ = io.WriteString(c, small[:len(small)-2]) // the client tells
		time.Sleep(900 * time.Millisecond)
		_, _ = io.WriteString(c, "ok")
	})
	must(t, send(t, ours(t, func(tr *Transport) { tr.HeaderTimeout = 700 * time.Millisecond }), "GET", address))
}

// A stream of which the last event has come is left before its end; that end may come soon, or never.
func TestAnAnswerThatIsLeftBeforeItsEnd(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n"
	for name, c := range map[string]struct {
		at, later string // what comes with the answer, and once the caller has left it
		dials     int32
	}{
		"the end is there already":        {"0\r\n\r\n", "", 1},
		"it comes later":                  {"", "0\r\n\r\n", 1},
		"a little and the end come later": {"", "5\r\n: bye\r\n0\r\n\r\n", 1},
		"it does not come":                {"", "", 2},
		"half of it comes later":          {"", "0\r\n", 2},
		"it says more":                    {"", "2\r\nhe\r\n", 2},
		"it says much more":               {"", fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", 20<<10, strings.Repeat("x", 20<<10)), 2},
		"it breaks off":                   {"", "xyz\r\n", 2},
		"another answer comes behind":     {"", "0\r\n\r\n" + small, 2},
	} {
		t.Run(name, func(t *testing.T) {
			go_, said := make(chan struct{}), make(chan struct{}, 3)
			address := rawServer(t, func(conn net.Conn) {
				part := make([]byte, 4096)
				for {
					if _, err := conn.Read(part); err != nil {
						return
					}
					_, _ = io.WriteString(conn, head+c.at) // the client tells
					if _, open := <-go_; open {
						_, _ = io.WriteString(conn, c.later)
						said <- struct{}{}
					}
				}
			})
			o := ours(t)
			rs, err := o.RoundTrip(request(t, "POST", address, strings.NewReader("x")))
			must(t, err)
			_, err = io.ReadFull(rs.Body, make([]byte, 2))
			must(t, err)
			must(t, rs.Body.(*body).Finish())
			if _, err := rs.Body.Read(make([]byte, 1)); !errors.Is(err, http.ErrBodyReadAfterClose) {
				t.Error(err)
			}
			go_ <- struct{}{}
			<-said
			close(go_)
			if c.later != "" {
				o.settles(t, address)
			}
			rs, err = o.RoundTrip(request(t, "POST", address, strings.NewReader("x")))
			must(t, err)
			_, err = io.ReadFull(rs.Body, make([]byte, 2))
			must(t, err)
			must(t, rs.Body.Close())
			o.wants(t, c.dials, name)
		})
	}
}

// The end of an answer that never comes holds its connection for a sixth of the time that an idle one has.
func TestAnEndThatNeverComesIsNotWaitedFor(t *testing.T) {
	gone := make(chan struct{}, 1)
	address := silent(t, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", gone)
	o := ours(t, func(tr *Transport) { tr.IdleTimeout = 60 * time.Millisecond })
	rs, err := o.RoundTrip(request(t, "GET", address, nil))
	must(t, err)
	must(t, rs.Body.(*body).Finish())
	<-gone
}

func TestManyAtATime(t *testing.T) {
	address := server(t, func(a asked) (string, bool) {
		return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(a.body), a.body), a.nth%7 == 0
	})
	o := ours(t)
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			for n := range 40 {
				ctx, cancel := context.WithCancel(t.Context())
				if n%5 == 0 {
					time.AfterFunc(rand.N(time.Millisecond), cancel)
				}
				want := fmt.Sprint(i, " ", n)
				rs, err := o.RoundTrip(request(t, "POST", address, strings.NewReader(want)).WithContext(ctx))
				if err == nil {
					var got []byte
					if got, err = io.ReadAll(rs.Body); err == nil && string(got) != want {
						t.Errorf("%q in place of %q", got, want)
					}
					rs.Body.Close()
				}
				// A server that closes a connection behind its seventh answer without saying so may be asked on it just before.
				if err != nil && ctx.Err() == nil && !errors.Is(err, io.EOF) && !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE) {
					t.Errorf("%q: %v", want, err)
				}
				cancel()
			}
		})
	}
	all.Wait()
}

func BenchmarkRoundTrip(b *testing.B) {
	answer := "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 160\r\n\r\n" + strings.Repeat("x", 160)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				part := make([]byte, 4096)
				for {
					if _, err := c.Read(part); err != nil {
						return
					}
					if _, err := io.WriteString(c, answer); err != nil {
						return
					}
				}
			}()
		}
	}()
	dialer := &net.Dialer{}
	theirs := &http.Transport{MaxIdleConnsPerHost: 16}
	ours := &Transport{Dial: dialer.DialContext, HeaderBytes: 64 << 10, IdleTimeout: time.Minute, IdlePerHost: 16, Rest: &http.Transport{}}
	defer theirs.CloseIdleConnections()
	defer ours.CloseIdleConnections()
	for name, rt := range map[string]http.RoundTripper{"net/http": theirs, "plain": ours} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetParallelism(4)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					rq, err := http.NewRequestWithContext(b.Context(), "POST", "http://"+l.Addr().String()+"/mcp", strings.NewReader(strings.Repeat("y", 160)))
					if err != nil {
						b.Fatal(err)
					}
					rs, err := rt.RoundTrip(rq)
					if err != nil {
						b.Fatal(err)
					}
					if _, err := io.Copy(io.Discard, rs.Body); err != nil {
						b.Fatal(err)
					}
					rs.Body.Close()
				}
			})
		})
	}
}
