package plain

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
)

// outcome is what a caller sees of two requests in a row.
type outcome struct {
	Status         int
	Proto, Body    string
	Header         http.Header
	Trailer        http.Header
	Length         int64
	Close, Unziped bool
	Failed, Broken bool // without an answer; while its body was read
	Dials          int32
}

func outcomeOf(t *testing.T, c client, method, address string, headers ...string) (all [2]outcome) {
	t.Helper()
	for i := range all {
		var body io.Reader
		if method == http.MethodPost {
			body = strings.NewReader("question")
		}
		rs, err := c.RoundTrip(request(t, method, address, body, headers...))
		o := &all[i]
		if err != nil {
			o.Failed, o.Dials = true, c.dials.Load()
			continue
		}
		got, err := io.ReadAll(rs.Body)
		rs.Body.Close()
		*o = outcome{rs.StatusCode, rs.Proto, string(got), rs.Header, rs.Trailer, rs.ContentLength, rs.Close, rs.Uncompressed, false, err != nil, c.dials.Load()}
	}
	return all
}

func zipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, text) // into memory
	_ = w.Close()
	return b.String()
}

// Each answer is read by net/http's Transport and by ours, twice in a row: what comes out, and how many connections it takes,
// must be the same.
func TestAnAnswerIsReadAsNetHTTPReadsIt(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\n"
	zip := zipped(strings.Repeat("zip ", 100))
	for name, c := range map[string]struct {
		method, answer string
		done           bool
		headers        []string
	}{
		"a body with a length":                   {"POST", ok + "Content-Length: 5\r\n\r\nhello", false, nil},
		"chunks":                                 {"POST", ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1;x=y\r\n!\r\n0\r\n\r\n", false, nil},
		"chunks with a trailer":                  {"POST", ok + "Transfer-Encoding: chunked\r\nTrailer: Sum\r\n\r\n5\r\nhello\r\n0\r\nSum: 1\r\n\r\n", false, nil},
		"a trailer that was not announced":       {"POST", ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nSum: 1\r\n\r\n", false, nil},
		"chunks that are none":                   {"POST", ok + "Transfer-Encoding: chunked\r\n\r\nxyz\r\nhello\r\n0\r\n\r\n", false, nil},
		"chunks that break off":                  {"POST", ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhel", true, nil},
		"no body":                                {"POST", ok + "Content-Length: 0\r\n\r\n", false, nil},
		"a body up to the end of the connection": {"POST", ok + "\r\nhello", true, nil},
		"a body that breaks off":                 {"POST", ok + "Content-Length: 50\r\n\r\nhello", true, nil},
		"HTTP/1.0":                               {"POST", "HTTP/1.0 200 OK\r\n\r\nhello", true, nil},
		"HTTP/1.0 with a length":                 {"POST", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", true, nil},
		"HTTP/1.0 that keeps the connection":     {"POST", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello", false, nil},
		"Connection: close":                      {"POST", ok + "Connection: close\r\nContent-Length: 5\r\n\r\nhello", true, nil},
		"Connection: close in chunks":            {"POST", ok + "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", true, nil},
		"Connection: close without a body":       {"POST", ok + "Connection: close\r\nContent-Length: 0\r\n\r\n", true, nil},
		"it is closed without a word of it":      {"GET", ok + "Content-Length: 5\r\n\r\nhello", true, nil},
		"HEAD with a length":                     {"HEAD", ok + "Content-Length: 5\r\n\r\n", false, nil},
		"HEAD in chunks":                         {"HEAD", ok + "Transfer-Encoding: chunked\r\n\r\n", false, nil},
		"204":                                    {"POST", "HTTP/1.1 204 No Content\r\n\r\n", false, nil},
		"204 with a length":                      {"POST", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", false, nil},
		"304 with a length":                      {"GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", false, nil},
		"202":                                    {"POST", "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n", false, nil},
		"100 before it":                          {"POST", "HTTP/1.1 100 Continue\r\n\r\n" + ok + "Content-Length: 5\r\n\r\nhello", false, nil},
		"103 before it, many times":              {"POST", strings.Repeat("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", 20) + ok + "Content-Length: 5\r\n\r\nhello", false, nil},
		"1xx without an end":                     {"POST", strings.Repeat("HTTP/1.1 102 Processing\r\n\r\n", 1000), true, nil},
		"a 500":                                  {"POST", "HTTP/1.1 500 Oh\r\nContent-Length: 5\r\n\r\nhello", false, nil},
		"a status without words":                 {"POST", "HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello", false, nil},
		"line ends without a return":             {"POST", "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", false, nil},
		"a head that goes on in the next line":   {"POST", ok + "X: a\r\n b\r\nContent-Length: 5\r\n\r\nhello", false, nil},
		"a head that is too long":                {"POST", ok + "X: " + strings.Repeat("x", 10<<10) + "\r\nContent-Length: 5\r\n\r\nhello", true, nil},
		"many headers":                           {"POST", ok + strings.Repeat("X: yyyyyyyyyyyyyyyy\r\n", 1000) + "\r\n", true, nil},
		"a head that breaks off":                 {"POST", ok + "Content-Le", true, nil},
		"no answer at all":                       {"POST", "", true, nil},
		"no answer at all to a GET":              {"GET", "", true, nil},
		"something else":                         {"POST", "SSH-2.0-OpenSSH_9.6\r\n", true, nil},
		"an old protocol":                        {"POST", "HTTP/0.9 200 OK\r\n\r\nhello", true, nil},
		"a number that is none":                  {"POST", "HTTP/1.1 abc OK\r\n\r\n", true, nil},
		"a length that is none":                  {"POST", ok + "Content-Length: five\r\n\r\nhello", true, nil},
		"a length below nothing":                 {"POST", ok + "Content-Length: -5\r\n\r\nhello", true, nil},
		"two lengths that are the same":          {"POST", ok + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", false, nil},
		"two lengths":                            {"POST", ok + "Content-Length: 5\r\nContent-Length: 3\r\n\r\nhello", true, nil},
		"a length and chunks":                    {"POST", ok + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", false, nil},
		"a coding that nobody knows":             {"POST", ok + "Transfer-Encoding: gzip, chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", true, nil},
		"a name with a space":                    {"POST", ok + "Content-Length : 5\r\n\r\nhello", true, nil},
		"gzip that we asked for":                 {"POST", ok + fmt.Sprintf("Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n", len(zip)) + zip, false, nil},
		"gzip in chunks":                         {"POST", ok + fmt.Sprintf("Content-Encoding: GZIP\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(zip), zip), false, nil},
		"gzip that the caller asked for":         {"POST", ok + fmt.Sprintf("Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n", len(zip)) + zip, false, []string{"Accept-Encoding", "gzip"}},
		"gzip that is none":                      {"POST", ok + "Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello", false, nil},
		"gzip without a body":                    {"POST", ok + "Content-Encoding: gzip\r\nContent-Length: 0\r\n\r\n", false, nil},
		"a caller's own agent":                   {"POST", ok + "Content-Length: 5\r\n\r\nhello", false, []string{"User-Agent", "x"}},
		"a caller's Connection: close":           {"POST", ok + "Content-Length: 5\r\n\r\nhello", false, []string{"Connection", "close"}},
	} {
		t.Run(name, func(t *testing.T) {
			address := server(t, func(asked) (string, bool) { return c.answer, c.done })
			want := outcomeOf(t, theirs(t), c.method, address, c.headers...)
			got := outcomeOf(t, ours(t), c.method, address, c.headers...)
			if c.headers != nil && c.headers[0] == "Connection" { // sent by net/http, over a connection of its own
				got[0].Dials, got[1].Dials = want[0].Dials, want[1].Dials
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("ours   %+v\ntheirs %+v", got, want)
			}
		})
	}
}

// A second answer in the same breath is not the answer to the next request.
func TestWhatNobodyAskedForIsNoAnswer(t *testing.T) {
	const answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"
	for name, c := range map[string]struct{ first, why string }{
		"behind a body":  {answer + "ok" + answer + "no", "ok"},
		"behind no body": {"HTTP/1.1 204 No Content\r\n\r\n" + answer + "no", ""},
		"behind chunks":  {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n" + answer + "no", "ok"},
	} {
		address := server(t, func(a asked) (string, bool) { return c.first, false })
		o := ours(t)
		for i := range 3 {
			rs, err := o.RoundTrip(request(t, "POST", address, strings.NewReader("x")))
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if got, err := io.ReadAll(rs.Body); string(got) != c.why || err != nil {
				t.Errorf("%s: %q %v", name, got, err)
			}
			if n := o.dials.Load(); n != int32(i+1) {
				t.Errorf("%s: %d connections after %d requests", name, n, i+1)
			}
		}
	}
}

func TestAHeadHasALimit(t *testing.T) {
	address := server(t, func(asked) (string, bool) {
		return "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 10<<10) + "\r\n\r\n", true
	})
	_, err := ours(t).RoundTrip(request(t, "GET", address, nil))
	if err == nil || !strings.Contains(err.Error(), "longer than 4096 bytes") {
		t.Errorf("%v", err)
	}
}

func TestAReadAfterCloseIsRefused(t *testing.T) {
	address := server(t, func(asked) (string, bool) { return "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", false })
	rs, err := ours(t).RoundTrip(request(t, "GET", address, nil))
	if err != nil {
		t.Fatal(err)
	}
	rs.Body.Close()
	if _, err := rs.Body.Read(make([]byte, 1)); !errors.Is(err, http.ErrBodyReadAfterClose) {
		t.Errorf("%v", err)
	}
}
