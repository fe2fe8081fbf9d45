package plain

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// maxBody is how long the body of a request may be. It is written before anything is read: one that fits into the buffers of the
// sockets is taken off our hands even by a server that answers without reading it.
const maxBody = 32 << 10

const userAgent = "Go-http-client/1.1"

// ordinary says whether a request is one that is sent from here, and gives what its first line asks for.
func ordinary(rq *http.Request) (target string, ok bool) {
	u := rq.URL
	switch {
	case u == nil || u.Scheme != "http" || u.Opaque != "" || !plainHost(u.Host) || rq.Host != "" && !plainHost(rq.Host):
		return "", false
	//lint:ignore SA1019 who still sets Cancel gets what it promises, from net/http
	case rq.Close || rq.Cancel != nil || rq.TransferEncoding != nil || rq.Trailer != nil:
		return "", false
	case rq.Body == nil && rq.ContentLength != 0, rq.Body != nil && !inMemory(rq):
		return "", false
	}
	switch rq.Method {
	case http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodHead, http.MethodOptions:
	default:
		return "", false
	}
	for name, values := range rq.Header {
		if !plainName(name) || special(name) {
			return "", false
		}
		for _, v := range values {
			if !plainValue(v) {
				return "", false
			}
		}
	}
	target = u.RequestURI()
	return target, target[0] == '/' && !strings.ContainsFunc(target, func(r rune) bool { return r <= ' ' || r >= 0x7f })
}

// inMemory is a body that can be read without waiting for anybody: net/http knows how to get another one like it.
func inMemory(rq *http.Request) bool {
	return rq.Body == http.NoBody && rq.ContentLength == 0 || rq.GetBody != nil && rq.ContentLength > 0 && rq.ContentLength <= maxBody
}

// special headers are about the connection, or written from another field of the request.
func special(name string) bool {
	switch name {
	case "Connection", "Upgrade", "Expect", "Te", "Transfer-Encoding", "Trailer", "Content-Length", "Host":
		return true
	}
	return false
}

// plainHost takes names and addresses in ASCII, without the zone of an address.
func plainHost(host string) bool {
	for i := range len(host) {
		switch c := host[i]; {
		case alphanumeric(c), c == '-', c == '.', c == '_', c == ':', c == '[', c == ']':
		default:
			return false
		}
	}
	return host != "" && host[0] != ':' && host[len(host)-1] != ':'
}

func alphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// plainName takes a header's name (RFC 9110, 5.6.2) in net/http's spelling: upper case at the beginning of each word, lower case within.
func plainName(name string) bool {
	upper := true
	for i := range len(name) {
		c := name[i]
		switch {
		case upper && 'a' <= c && c <= 'z', !upper && 'A' <= c && c <= 'Z':
			return false
		case !alphanumeric(c) && strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0:
			return false
		}
		upper = c == '-'
	}
	return name != ""
}

// plainValue takes what a header may say: no control character but the tab, so that no value ends its line.
func plainValue(value string) bool {
	for i := range len(value) {
		if c := value[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

// address is what to connect to for a URL.
func address(u *url.URL) string {
	if u.Port() != "" {
		return u.Host
	}
	return net.JoinHostPort(u.Hostname(), "80")
}

// wantsGzip tells whether we ask for an answer in gzip, and so have to unpack it.
func wantsGzip(rq *http.Request) bool {
	given := func(name string) bool { return len(rq.Header[name]) > 0 && rq.Header[name][0] != "" }
	return rq.Method != http.MethodHead && !given("Accept-Encoding") && !given("Range")
}

// appendRequest writes an ordinary request, whose body is closed in any case.
func appendRequest(out []byte, rq *http.Request, target string) ([]byte, error) {
	host := rq.Host
	if host == "" {
		host = rq.URL.Host
	}
	out = append(append(append(append(out, rq.Method...), ' '), target...), " HTTP/1.1\r\n"...)
	out = appendHeader(out, "Host", host)
	if agent, given := rq.Header["User-Agent"]; !given {
		out = appendHeader(out, "User-Agent", userAgent)
	} else if len(agent) > 0 && agent[0] != "" { // empty: it is not to be sent
		out = appendHeader(out, "User-Agent", agent[0])
	}
	if posts := rq.Method == http.MethodPost || rq.Method == http.MethodPut || rq.Method == http.MethodPatch; posts || rq.ContentLength > 0 {
		out = strconv.AppendInt(append(out, "Content-Length: "...), rq.ContentLength, 10)
		out = append(out, "\r\n"...)
	}
	for name, values := range rq.Header {
		for _, v := range values {
			if name != "User-Agent" {
				out = appendHeader(out, name, v)
			}
		}
	}
	if wantsGzip(rq) {
		out = appendHeader(out, "Accept-Encoding", "gzip")
	}
	out = append(out, "\r\n"...)
	if rq.Body == nil {
		return out, nil
	}
	return appendBody(out, rq)
}

func appendHeader(out []byte, name, value string) []byte {
	return append(append(append(append(out, name...), ": "...), textproto.TrimString(value)...), "\r\n"...)
}

// appendBody writes the body, which must be as long as the head has just said.
func appendBody(out []byte, rq *http.Request) ([]byte, error) {
	defer rq.Body.Close()
	out = slices.Grow(out, int(rq.ContentLength)+1)
	for n := len(out); ; {
		got, err := rq.Body.Read(out[len(out):cap(out)])
		out = out[:len(out)+got]
		switch size := int64(len(out) - n); {
		case size > rq.ContentLength || err == io.EOF && size < rq.ContentLength:
			return out, fmt.Errorf("the request says that its body has %d bytes, and it has %d", rq.ContentLength, size)
		case err == io.EOF:
			return out, nil
		case err != nil:
			return out, fmt.Errorf("read the request's body: %w", err)
		}
	}
}
