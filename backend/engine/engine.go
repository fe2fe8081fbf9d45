package engine

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/moby/moby/client"

	"hangar/backend/egress"
)

// Options of an Engine.
type Options struct {
	Host string // unix:///path, tcp://host:port; empty means DOCKER_HOST, then the usual sockets
}

// Engine is the way to a container engine. Safe for concurrent use.
type Engine struct {
	fixed string

	mu   sync.Mutex
	conn *client.Client // nil until needed, and after a loss
}

// New makes an Engine; it dials nothing.
func New(o Options) *Engine { return &Engine{fixed: o.Host} }

// Close lets go of idle connections. Streams that are open stay open.
func (e *Engine) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.drop()
}

// Local reports whether the engine shares our file system, as far as one can tell: it is reached by a socket.
func (e *Engine) Local() bool {
	host, err := e.locate()
	return err == nil && strings.HasPrefix(host, "unix://")
}

// drop forgets the connection; the next operation looks for the engine anew.
func (e *Engine) drop() error {
	c := e.conn
	e.conn = nil
	if c == nil {
		return nil
	}
	return c.Close()
}

// dial gives the client, made when there is none.
func (e *Engine) dial() (*client.Client, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.conn != nil {
		return e.conn, nil
	}
	host, err := e.locate()
	if err != nil {
		return nil, err
	}
	options := []client.Opt{client.WithTLSClientConfigFromEnv(), client.WithHost(host), client.WithAPIVersionFromEnv()}
	if !strings.HasPrefix(host, "unix://") {
		options = append(options, client.WithDialContext(egress.Policy{Loopback: true}.Dialer(0, nil).DialContext))
	}
	c, err := client.New(options...)
	if err != nil {
		return nil, &UnavailableError{Host: host, Err: err}
	}
	e.conn = c
	return c, nil
}

// locate says where the engine is to be found.
func (e *Engine) locate() (string, error) {
	host := e.fixed
	if host == "" {
		host = os.Getenv("DOCKER_HOST")
	}
	if host != "" {
		return host, checkHost(host)
	}
	paths := sockets()
	for _, path := range paths {
		if info, err := os.Stat(path); err == nil && info.Mode().Type() == os.ModeSocket {
			return "unix://" + path, nil
		}
	}
	return "", &UnavailableError{Err: fmt.Errorf("%w: DOCKER_HOST is not set and there is no socket at %s; start Docker or Podman, or set DOCKER_HOST",
		ErrAbsent, strings.Join(paths, ", "))}
}

func checkHost(host string) error {
	switch scheme, rest, _ := strings.Cut(host, "://"); {
	case rest == "":
		return &UnavailableError{Host: host, Err: fmt.Errorf("an engine's address is unix:///path/to/socket or tcp://host:port, not %q", host)}
	case scheme != "unix" && scheme != "tcp":
		return &UnavailableError{Host: host, Err: fmt.Errorf("cannot speak %s:// to an engine; use unix:// or tcp://, through a tunnel of your own when need be", scheme)}
	}
	return nil
}

// sockets are the places where engines listen: Docker's, then those of one user's Docker and Podman, then Podman's.
func sockets() []string {
	paths := []string{"/var/run/docker.sock"}
	if dir := os.Getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(dir) {
		paths = append(paths, filepath.Join(dir, "docker.sock"), filepath.Join(dir, "podman", "podman.sock"))
	}
	if home, err := os.UserHomeDir(); err == nil {
		paths = append(paths, filepath.Join(home, ".docker", "run", "docker.sock"))
	}
	return append(paths, "/run/podman/podman.sock")
}

// do runs one operation and gives its error a kind. After a lost connection the next one looks for the engine anew.
func (e *Engine) do(ctx context.Context, what string, op func(*client.Client) error) error {
	c, err := e.dial()
	if err != nil {
		return err
	}
	if err = explain(ctx, c.DaemonHost(), what, op(c)); isUnavailable(err) {
		e.mu.Lock()
		defer e.mu.Unlock()
		if e.conn == c {
			_ = e.drop() // it is lost anyway
		}
	}
	return err
}

// Info is what an engine says of itself.
type Info struct {
	Host string // where it was found
	API  string // version spoken
}

// Ping reports whether the engine answers.
func (e *Engine) Ping(ctx context.Context) (Info, error) {
	var info Info
	err := e.do(ctx, "ping", func(c *client.Client) error {
		_, err := c.Ping(ctx, client.PingOptions{NegotiateAPIVersion: true})
		info = Info{Host: c.DaemonHost(), API: c.ClientVersion()}
		return err
	})
	return info, err
}
