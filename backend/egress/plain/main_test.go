package plain

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// client is one way to make requests: ours, or net/http's.
type client struct {
	http.RoundTripper
	dials *atomic.Int32
}

func ours(t *testing.T, changes ...func(*Transport)) client {
	t.Helper()
	c := client{dials: new(atomic.Int32)}
	o := &Transport{HeaderBytes: 4 << 10, IdleTimeout: time.Minute, IdlePerHost: 4, Rest: &http.Transport{}}
	o.Dial = c.dial
	for _, change := range changes {
		change(o)
	}
	c.RoundTripper = o
	t.Cleanup(o.CloseIdleConnections)
	return c
}

func theirs(t *testing.T) client {
	t.Helper()
	c := client{dials: new(atomic.Int32)}
	o := &http.Transport{DialContext: c.dial, MaxResponseHeaderBytes: 4 << 10, IdleConnTimeout: time.Minute, MaxIdleConnsPerHost: 4}
	c.RoundTripper = o
	t.Cleanup(o.CloseIdleConnections)
	return c
}

func (c client) dial(ctx context.Context, network, address string) (net.Conn, error) {
	c.dials.Add(1)
	return (&net.Dialer{}).DialContext(ctx, network, address)
}

// asked is a request as it arrived.
type asked struct {
	*http.Request
	body string
	nth  int // of the connection, from 1
}

// server answers each request with bytes; done ends the connection after them.
func server(t *testing.T, answer func(asked) (bytes string, done bool)) (address string) {
	t.Helper()
	return rawServer(t, func(c net.Conn) {
		in := bufio.NewReader(c)
		for n := 1; ; n++ {
			rq, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			body, err := io.ReadAll(rq.Body)
			if err != nil {
				return
			}
			bytes, done := answer(asked{rq, string(body), n})
			if _, err := io.WriteString(c, bytes); err != nil || done {
				return
			}
		}
	})
}

// rawServer serves each connection, and closes it then.
func rawServer(t *testing.T, serve func(net.Conn)) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var (
		all  sync.WaitGroup
		mu   sync.Mutex
		open []net.Conn
	)
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, c)
			mu.Unlock()
			all.Go(func() {
				defer c.Close()
				serve(c)
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		mu.Lock()
		for _, c := range open {
			c.Close()
		}
		mu.Unlock()
		all.Wait()
	})
	return l.Addr().String()
}

func request(t *testing.T, method, address string, body io.Reader, headers ...string) *http.Request {
	t.Helper()
	rq, err := http.NewRequestWithContext(t.Context(), method, "http://"+address+"/at?a=b", body)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		rq.Header[headers[i]] = append(rq.Header[headers[i]], headers[i+1])
	}
	return rq
}

// until waits for something that another goroutine does.
func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("not in time: " + what)
		}
	}
}
