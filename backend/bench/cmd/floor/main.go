// Command floor is what the benchmarks compare with: the least that a Go process can do to answer the same requests.
//
//	POST /fixed/{bytes}      reads the body, writes so many fixed bytes
//	GET  /join               takes the connection over for the fan-out
//	POST /publish/{seconds}  writes one frame of 330 bytes to every joined connection, 200 times a second: one write(2) each
//
// `floor proxy URL` is httputil.ReverseProxy instead.
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"strconv"
	"sync"
	"time"
)

const (
	frameBytes = 330 // of a ToolInvocationCompleted on the events socket
	perSecond  = 200
)

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, "floor:", err)
		os.Exit(1)
	}
	// The same line as the product's, so that one reader starts both.
	fmt.Fprintf(os.Stderr, "Hangar is listening on http://%s\n", listener.Addr())
	f := &fan{}
	if len(os.Args) == 3 && os.Args[1] == "proxy" {
		fmt.Fprintln(os.Stderr, "floor:", http.Serve(listener, proxy(os.Args[2])))
		os.Exit(1)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /fixed/{bytes}", fixed(make([]byte, 8<<20)))
	mux.HandleFunc("GET /join", f.join)
	mux.HandleFunc("POST /publish/{seconds}", f.publish)
	fmt.Fprintln(os.Stderr, "floor:", http.Serve(listener, mux))
	os.Exit(1)
}

// proxy passes everything on, with a connection kept for each of many clients.
func proxy(to string) http.Handler {
	target, err := url.Parse(to)
	if err != nil {
		fmt.Fprintln(os.Stderr, "floor:", err)
		os.Exit(1)
	}
	p := httputil.NewSingleHostReverseProxy(target)
	p.Transport = &http.Transport{MaxIdleConnsPerHost: 64}
	return p
}

func fixed(body []byte) http.HandlerFunc {
	for i := range body {
		body[i] = 'x'
	}
	return func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(r.PathValue("bytes"))
		if err != nil || n > len(body) {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(n))
		// The client may be gone.
		_, _ = w.Write(body[:n])
	}
}

// fan writes to many connections from one goroutine.
type fan struct {
	mu    sync.Mutex
	conns []net.Conn
}

func (f *fan) join(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, err := io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"); err == nil {
		f.conns = append(f.conns, conn)
	}
}

func (f *fan) publish(w http.ResponseWriter, r *http.Request) {
	seconds, err := strconv.ParseFloat(r.PathValue("seconds"), 64)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	tick := time.NewTicker(time.Second / perSecond)
	defer tick.Stop()
	for range int(seconds * perSecond) {
		<-tick.C
		message := frame(time.Now())
		for _, c := range f.conns {
			// A reader that left is the reader's affair; the measurement counts what arrived.
			_, _ = c.Write(message)
		}
	}
	for _, c := range f.conns {
		_ = c.Close()
	}
	f.conns = nil
}

// frame is an unmasked text frame of RFC 6455 that tells when it was made, in the form of the product's frames.
func frame(now time.Time) []byte {
	text := `{"timestamp":"` + now.UTC().Format("2006-01-02T15:04:05.000000Z") + `","fill":"`
	fill := make([]byte, frameBytes-len(text)-2)
	for i := range fill {
		fill[i] = 'x'
	}
	head := []byte{0x81, 126, frameBytes >> 8, frameBytes & 0xff}
	return append(append(append(head, text...), fill...), `"}`...)
}
