package storetest

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// Cut says what the proxy does with the next COMMIT.
type Cut int

// The cuts.
const (
	Pass    Cut = iota
	Before      // the server never sees it
	After       // the server carries it out, and nobody hears of it
	Swallow     // it goes nowhere, and the connection stays
)

// Proxy stands between the store and a server, and cuts connections at the word.
type Proxy struct {
	listener net.Listener
	to       string
	wg       sync.WaitGroup

	mu    sync.Mutex
	mode  Cut
	deaf  bool // takes no new connection
	conns []net.Conn
}

// Through gives the URL of the same database by way of a proxy.
func Through(t testing.TB, direct string) (*Proxy, string) {
	t.Helper()
	u, err := url.Parse(direct)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	dir, err := os.MkdirTemp("", "hangar-proxy-") // the path of a socket must be short
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{to: filepath.Join(q.Get("host"), ".s.PGSQL.5432")}
	if p.listener, err = net.Listen("unix", filepath.Join(dir, ".s.PGSQL.5432")); err != nil {
		t.Fatal(err)
	}
	p.wg.Go(p.accept)
	t.Cleanup(func() {
		p.listener.Close()
		p.Drop()
		p.wg.Wait()
		os.RemoveAll(dir)
	})
	q.Set("host", dir)
	u.RawQuery = q.Encode()
	return p, u.String()
}

// Set says what comes next: a cut, and whether new connections are refused.
func (p *Proxy) Set(mode Cut, deaf bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mode, p.deaf = mode, deaf
}

// take gives the mode once.
func (p *Proxy) take() Cut {
	p.mu.Lock()
	defer p.mu.Unlock()
	mode := p.mode
	p.mode = Pass
	return mode
}

// Drop closes all connections.
func (p *Proxy) Drop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		c.Close()
	}
	p.conns = nil
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		p.mu.Lock()
		deaf := p.deaf
		p.mu.Unlock()
		server, err := net.Dial("unix", p.to)
		if deaf || err != nil {
			client.Close()
			if err == nil {
				server.Close()
			}
			continue
		}
		p.mu.Lock()
		p.conns = append(p.conns, client, server)
		p.mu.Unlock()
		answers := make(chan struct{})
		p.wg.Go(func() { defer close(answers); _, _ = io.Copy(client, server); client.Close() })
		p.wg.Go(func() { p.forward(client, server, answers) })
	}
}

func (p *Proxy) forward(client, server net.Conn, answers <-chan struct{}) {
	defer server.Close()
	buf := make([]byte, 64<<10)
	for {
		n, err := client.Read(buf)
		if err != nil {
			return
		}
		mode := Pass
		if bytes.HasPrefix(buf[:n], []byte("Q")) && strings.HasPrefix(string(buf[5:n]), "COMMIT") {
			mode = p.take()
		}
		switch mode {
		case Before:
			client.Close()
			return
		case Swallow:
			continue
		case After:
			client.Close()
			_, _ = server.Write(buf[:n])
			_, _ = server.Write([]byte{'X', 0, 0, 0, 4}) // and goodbye: the server ends when it is done
			<-answers
			return
		}
		if _, err := server.Write(buf[:n]); err != nil {
			return
		}
	}
}
