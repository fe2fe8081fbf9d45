package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
)

// conn is a client's connection: requests whose bytes were made beforehand, answers read with as little work as can be.
// net/http's client would cost as much as what is measured, on the same cores.
type conn struct {
	net.Conn
	in   *bufio.Reader
	body []byte
}

func dial(url string) (*conn, error) {
	c, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		return nil, err
	}
	return &conn{Conn: c, in: bufio.NewReaderSize(c, 16<<10)}, nil
}

// answer is what came back; its body is good until the next request.
type answer struct {
	status  int
	session string // Mcp-Session-Id
	body    []byte
}

// post makes the bytes of a request; headers are whole lines.
func post(path, body string, headers ...string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n", path, len(body))
	for _, h := range headers {
		b.WriteString(h + "\r\n")
	}
	b.WriteString("\r\n" + body)
	return b.Bytes()
}

func get(path string) []byte {
	return fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path)
}

func (c *conn) do(request []byte) (answer, error) {
	if _, err := c.Write(request); err != nil {
		return answer{}, err
	}
	a, size, err := c.head()
	if err != nil {
		return a, err
	}
	if size < 0 {
		a.body, err = c.chunks()
		return a, err
	}
	if cap(c.body) < size {
		c.body = make([]byte, size)
	}
	a.body = c.body[:size]
	_, err = io.ReadFull(c.in, a.body)
	return a, err
}

// head reads up to the body; its size is -1 when the body comes in chunks.
func (c *conn) head() (a answer, size int, err error) {
	line, err := c.in.ReadSlice('\n')
	if err != nil {
		return a, 0, err
	}
	if len(line) < len("HTTP/1.1 200") {
		return a, 0, fmt.Errorf("not an answer: %q", line)
	}
	if a.status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return a, 0, fmt.Errorf("not an answer: %q", line)
	}
	for {
		if line, err = c.in.ReadSlice('\n'); err != nil {
			return a, 0, err
		}
		if line = bytes.TrimRight(line, "\r\n"); len(line) == 0 {
			return a, size, nil
		}
		// net/http writes header names in this form and no other.
		if v, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if size, err = strconv.Atoi(string(v)); err != nil {
				return a, 0, err
			}
		} else if bytes.Equal(line, []byte("Transfer-Encoding: chunked")) {
			size = -1
		} else if v, ok := bytes.CutPrefix(line, []byte("Mcp-Session-Id: ")); ok {
			a.session = string(v)
		}
	}
}

func (c *conn) chunks() ([]byte, error) {
	body := c.body[:0]
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return nil, err
		}
		size, err := strconv.ParseInt(string(bytes.TrimSpace(line)), 16, 32)
		if err != nil {
			return nil, err
		}
		from := len(body)
		body = append(body, make([]byte, size+2)...) // the line break behind the chunk too
		if _, err := io.ReadFull(c.in, body[from:]); err != nil {
			return nil, err
		}
		body = body[:from+int(size)]
		if size == 0 {
			c.body = body
			return body, nil
		}
	}
}

var errAnswer = errors.New("not the answer that was expected")

// expect does a request whose answer must hold some bytes.
func (c *conn) expect(request []byte, want string) (answer, error) {
	a, err := c.do(request)
	if err != nil {
		return a, err
	}
	if a.status/100 != 2 || !bytes.Contains(a.body, []byte(want)) {
		return a, fmt.Errorf("%w: %d %.300s", errAnswer, a.status, a.body)
	}
	return a, nil
}
