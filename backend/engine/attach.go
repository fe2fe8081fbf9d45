package engine

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/client"
)

// Streams are the three streams of a container. Attach before Start, or its first words are lost. Close them.
type Streams struct {
	Stdin  *Stdin
	Stdout io.Reader // io.EOF when the container ended or the engine was lost
	Stderr io.Reader

	conns []net.Conn
	pipes []*io.PipeReader
	work  sync.WaitGroup
}

// Stdin is the way into a container. A write blocks while the container does not read; a deadline bounds that.
type Stdin struct {
	conn net.Conn
	once sync.Once
	err  error
}

// Write writes.
func (s *Stdin) Write(b []byte) (int, error) { return s.conn.Write(b) }

// SetWriteDeadline bounds the writes under way and to come.
func (s *Stdin) SetWriteDeadline(t time.Time) error { return s.conn.SetWriteDeadline(t) }

// Close gives the container the end of its input; its output stays open.
func (s *Stdin) Close() error {
	s.once.Do(func() {
		half, ok := s.conn.(client.CloseWriter)
		if !ok {
			s.err = s.conn.Close()
			return
		}
		if s.err = half.CloseWrite(); errors.Is(s.err, net.ErrClosed) {
			s.err = nil
		}
	})
	return s.err
}

// Attach connects to a container that is not yet started. Stderr has a connection of its own: a flood there must not
// hold up an answer on stdout.
func (e *Engine) Attach(ctx context.Context, id string) (*Streams, error) {
	s := &Streams{}
	err := e.do(ctx, "attach to the container", func(c *client.Client) error {
		main, err := c.ContainerAttach(ctx, id, client.ContainerAttachOptions{Stream: true, Stdin: true, Stdout: true})
		if err != nil {
			return err
		}
		s.Stdin = &Stdin{conn: main.Conn}
		s.Stdout = s.split(main.Conn, main.Reader, false)
		side, err := c.ContainerAttach(ctx, id, client.ContainerAttachOptions{Stream: true, Stderr: true})
		if err != nil {
			return err
		}
		s.Stderr = s.split(side.Conn, side.Reader, true)
		return nil
	})
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// split takes one of the multiplexed streams of a connection, in a goroutine that ends with it.
func (s *Streams) split(conn net.Conn, from *bufio.Reader, stderr bool) io.Reader {
	r, w := io.Pipe()
	s.conns, s.pipes = append(s.conns, conn), append(s.pipes, r)
	out, errs := io.Writer(w), io.Discard
	if stderr {
		out, errs = errs, out
	}
	s.work.Go(func() {
		_, err := stdcopy.StdCopy(out, errs, from)
		if errors.Is(err, net.ErrClosed) {
			err = nil
		}
		_ = w.CloseWithError(err) // nil means io.EOF
	})
	return r
}

// Close cuts the connections and waits until nothing runs for them any more. Whatever was not read is lost.
func (s *Streams) Close() {
	for _, c := range s.conns {
		_ = c.Close() // the engine may have closed it already
	}
	for _, r := range s.pipes {
		_ = r.CloseWithError(io.EOF)
	}
	s.work.Wait()
}
