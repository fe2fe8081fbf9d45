package plain

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// listener gives the bytes of each connection's first request, which ends with the word END, and answers it.
func listener(t *testing.T) (address string, heard <-chan string) {
	t.Helper()
	said := make(chan string, 10)
	return rawServer(t, func(c net.Conn) {
		var all []byte
		for part := make([]byte, 64<<10); !bytes.HasSuffix(all, []byte("END")); {
			n, err := c.Read(part)
			if err != nil {
				break
			}
			all = append(all, part[:n]...)
		}
		said <- string(all)
		_, _ = io.WriteString(c, "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n") // or the test fails by what it gets
	}), said
}

// The lines may come in another order, which means nothing.
func TestARequestIsWrittenAsNetHTTPWritesIt(t *testing.T) {
	address, heard := listener(t)
	for name, change := range map[string]func(*http.Request){
		"as it is":                 func(*http.Request) {},
		"the caller's agent":       func(rq *http.Request) { rq.Header.Set("User-Agent", "x y") },
		"no agent":                 func(rq *http.Request) { rq.Header["User-Agent"] = []string{""} },
		"an agent of no values":    func(rq *http.Request) { rq.Header["User-Agent"] = nil },
		"a range":                  func(rq *http.Request) { rq.Header.Set("Range", "bytes=0-1") },
		"the caller's coding":      func(rq *http.Request) { rq.Header.Set("Accept-Encoding", "identity") },
		"another host":             func(rq *http.Request) { rq.Host = "other.example:1" },
		"several values":           func(rq *http.Request) { rq.Header["X-Many"] = []string{"a", "", "b"} },
		"spaces around a value":    func(rq *http.Request) { rq.Header["X-A"] = []string{"\t a b \t"} },
		"a value beyond ASCII":     func(rq *http.Request) { rq.Header["X-A"] = []string{"bücher"} },
		"an odd name":              func(rq *http.Request) { rq.Header["X_a!"] = []string{"x"} },
		"a name in other spelling": func(rq *http.Request) { rq.Header["x-a"] = []string{"x"} },
		"a length of its own":      func(rq *http.Request) { rq.Header["Content-Length"] = []string{"1"} },
		"another method":           func(rq *http.Request) { rq.Method = "REPORT" },
		"PUT":                      func(rq *http.Request) { rq.Method = "PUT" },
		"no query":                 func(rq *http.Request) { rq.URL.RawQuery = "" },
		"no path":                  func(rq *http.Request) { rq.URL.Path = "" },
		"a path with spaces":       func(rq *http.Request) { rq.URL.Path = "/a b/ü" },
		"a query with spaces":      func(rq *http.Request) { rq.URL.RawQuery = "a b" },
		"a user in the address":    func(rq *http.Request) { rq.URL.User = url.UserPassword("a", "b") },
		"a large body": func(rq *http.Request) {
			fresh, err := http.NewRequest("POST", "http://x", strings.NewReader(strings.Repeat("x", maxBody)+"END"))
			if err != nil {
				t.Fatal(err)
			}
			rq.Body, rq.ContentLength, rq.GetBody = fresh.Body, fresh.ContentLength, fresh.GetBody
		},
		"a body from nowhere": func(rq *http.Request) { rq.Body, rq.GetBody = io.NopCloser(strings.NewReader("questionEND")), nil },
	} {
		t.Run(name, func(t *testing.T) {
			var said [2]string
			for i, c := range []client{theirs(t), ours(t)} {
				rq := request(t, "POST", address, strings.NewReader("questionEND"), "Content-Type", "application/json")
				change(rq)
				rs, err := c.RoundTrip(rq)
				if err != nil {
					t.Fatal(err)
				}
				rs.Body.Close()
				said[i] = sorted(<-heard)
			}
			if said[0] != said[1] {
				t.Errorf("theirs %q\nours   %q", said[0], said[1])
			}
		})
	}
}

func sorted(message string) string {
	head, body, _ := strings.Cut(message, "\r\n\r\n")
	lines := strings.Split(head, "\r\n")
	slices.Sort(lines[1:])
	return strings.Join(lines, "\r\n") + "\r\n\r\n" + body
}

func TestWhatWouldEndItsLineIsRefusedBeforeAnythingIsSent(t *testing.T) {
	address := server(t, func(asked) (string, bool) { return "HTTP/1.1 204 No Content\r\n\r\n", false })
	for name, change := range map[string]func(*http.Request){
		"a value with a line end":     func(rq *http.Request) { rq.Header["X-A"] = []string{"x\r\nX-B: y"} },
		"a value with a line feed":    func(rq *http.Request) { rq.Header["X-A"] = []string{"x\nX-B: y"} },
		"a value with a zero":         func(rq *http.Request) { rq.Header["X-A"] = []string{"x\x00"} },
		"a name with a line end":      func(rq *http.Request) { rq.Header["X-A: b\r\nX-B"] = []string{"y"} },
		"a name with a space":         func(rq *http.Request) { rq.Header["X A"] = []string{"y"} },
		"a name with a colon":         func(rq *http.Request) { rq.Header["X:A"] = []string{"y"} },
		"a name of nothing":           func(rq *http.Request) { rq.Header[""] = []string{"y"} },
		"a method with a line end":    func(rq *http.Request) { rq.Method = "POST / HTTP/1.1\r\nX: y" },
		"an address with a line end":  func(rq *http.Request) { rq.URL.RawQuery = "a=b HTTP/1.1\r\nX: y" },
		"no address":                  func(rq *http.Request) { rq.URL.Host = "" },
		"an opaque one with line end": func(rq *http.Request) { rq.URL.Opaque = "/a\r\nX: y" },
	} {
		o := ours(t)
		rq := request(t, "POST", address, strings.NewReader("x"))
		change(rq)
		if rs, err := o.RoundTrip(rq); err == nil {
			t.Errorf("%s: %s", name, rs.Status)
		}
		if o.dials.Load() != 0 {
			t.Errorf("%s: a connection was made for it here", name)
		}
	}
}

// net/http sends an empty one in its place.
func TestAHostThatIsNoneIsNotSent(t *testing.T) {
	address, heard := listener(t)
	rq := request(t, "POST", address, strings.NewReader("END"))
	rq.Host = "a\r\nX: y"
	rs, err := ours(t).RoundTrip(rq)
	if err != nil {
		t.Fatal(err)
	}
	rs.Body.Close()
	if said := <-heard; strings.Contains(said, "X: y") || !strings.Contains(said, "Host: \r\n") {
		t.Errorf("%q", said)
	}
}

func TestABodyIsAsLongAsItSays(t *testing.T) {
	address := server(t, func(asked) (string, bool) { return "HTTP/1.1 204 No Content\r\n\r\n", false })
	for _, length := range []int64{3, 5} {
		o := ours(t)
		rq := request(t, "POST", address, strings.NewReader("four"))
		rq.ContentLength = length
		if _, err := o.RoundTrip(rq); err == nil || o.dials.Load() != 0 {
			t.Errorf("%d: %v", length, err)
		}
	}
	broken := errors.New("broken")
	rq := request(t, "POST", address, strings.NewReader("four"))
	closed := &witness{Reader: io.MultiReader(strings.NewReader("fo"), failing{broken})}
	rq.Body = closed
	if _, err := ours(t).RoundTrip(rq); !errors.Is(err, broken) || !closed.closed {
		t.Errorf("%v, closed: %v", err, closed.closed)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

type witness struct {
	io.Reader
	closed bool
}

func (w *witness) Close() error {
	w.closed = true
	return nil
}

// Whatever a request is made of: what we send is that one request, and no second one.
func FuzzARequestIsOneRequest(f *testing.F) {
	f.Add("X-A", "b", "/path", "q=1", "example.com:80", "body")
	f.Add("X-A", "b\r\nContent-Length: 0\r\n\r\nGET / HTTP/1.1", "/", "", "a", "")
	f.Add("X-A: b\r\nX", "b", "/a HTTP/1.1\r\nX: y", "a b\r\n", "a\r\nX: y", "\r\n\r\n")
	f.Add("Transfer-Encoding", "chunked", "//a", "?", "[::1]:1", "0\r\n\r\nGET / HTTP/1.1\r\n\r\n")
	f.Add("content-length", "1", "*", "#", "a%2e", "GET / HTTP/1.1\r\n\r\n")
	f.Fuzz(func(t *testing.T, name, value, path, query, host, body string) {
		rq, err := http.NewRequest(http.MethodPost, "http://x", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		rq.URL.Path, rq.URL.RawQuery, rq.URL.Host, rq.Host = path, query, host, ""
		rq.Header[name] = []string{value}
		target, ok := ordinary(rq)
		if !ok {
			return
		}
		message, err := appendRequest(nil, rq, target)
		if err != nil {
			t.Fatal(err)
		}
		in := bufio.NewReader(bytes.NewReader(message))
		got, err := http.ReadRequest(in)
		if err != nil {
			t.Fatalf("%v: %q", err, message)
		}
		read, err := io.ReadAll(got.Body)
		if err != nil || string(read) != body || in.Buffered() > 0 {
			t.Fatalf("%v: %q read from %q", err, read, message)
		}
		want := http.Header{"Content-Length": {strconv.Itoa(len(body))}, "User-Agent": {userAgent}, "Accept-Encoding": {"gzip"}}
		if body == "" { // the length that it then has is net/http's to know
			want["Content-Length"] = got.Header["Content-Length"]
		}
		switch name {
		case "User-Agent", "Accept-Encoding", "Range": // TestARequestIsWrittenAsNetHTTPWritesIt has these
			return
		}
		want[name] = []string{strings.Trim(value, " \t")}
		if !reflect.DeepEqual(got.Header, want) || got.Host != host || got.RequestURI != target {
			t.Fatalf("%q from %q: %q", got.Header, message, want)
		}
	})
}
