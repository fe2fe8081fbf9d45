package storetest

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// The guard ends the server when its standard input does: when the tests are over, or were killed.
const guard = `exec 3<&0; "$@" >>log 2>&1 </dev/null 3<&- & pid=$!
(cat <&3 >/dev/null; kill -INT $pid 2>/dev/null) & watch=$!
wait $pid; code=$?; kill $watch 2>/dev/null; exit $code`

// Server is a PostgreSQL server of the tests.
type Server struct {
	dir, bin string
	settings []string
	as       *syscall.Credential // nil: the account of the tests
	input    io.Closer
	ended    chan error // of the guard
}

// ErrNone says that PostgreSQL is not installed.
var ErrNone = errors.New("PostgreSQL is not installed here (scripts/bootstrap installs it)")

// New makes a server and starts it. The settings (fsync=on) come behind those of the tests.
func New(settings ...string) (*Server, error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	s := &Server{bin: bin, settings: settings}
	if s.dir, err = os.MkdirTemp("", "hangar-postgres-"); err != nil {
		return nil, err
	}
	if os.Geteuid() == 0 { // which PostgreSQL refuses to run as
		if err := s.stepDown(); err != nil {
			return nil, errors.Join(err, os.RemoveAll(s.dir))
		}
	}
	out, err := s.command("", filepath.Join(bin, "initdb"), "-D", s.data(), "-A", "trust", "-U", "hangar", "--no-sync", "-E", "UTF8", "--locale=C").CombinedOutput()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("initdb: %w: %s", err, out), os.RemoveAll(s.dir))
	}
	if err := s.Start(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(s.dir))
	}
	return s, nil
}

// programs finds the newest server of the distribution.
func programs() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil {
		return "", err
	}
	if path, err := exec.LookPath("postgres"); err == nil {
		found = append(found, path)
	}
	if len(found) == 0 {
		return "", ErrNone
	}
	slices.Sort(found)
	return filepath.Dir(found[len(found)-1]), nil
}

func (s *Server) stepDown() error {
	account, err := user.Lookup("postgres")
	if err != nil {
		account, err = user.Lookup("nobody")
	}
	if err != nil {
		return err
	}
	uid, err := strconv.ParseUint(account.Uid, 10, 32)
	if err != nil {
		return err
	}
	gid, err := strconv.ParseUint(account.Gid, 10, 32)
	if err != nil {
		return err
	}
	s.as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return os.Chown(s.dir, int(uid), int(gid))
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

func (s *Server) command(script string, args ...string) *exec.Cmd {
	if script != "" {
		args = append([]string{"/bin/sh", "-c", script, "guard"}, args...)
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = s.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.as, Setpgid: true}
	cmd.Env = []string{"PATH=/usr/bin:/bin", "LC_ALL=C", "TZ=UTC"}
	return cmd
}

// Start starts the server again after Stop or Kill.
func (s *Server) Start() error {
	args := []string{filepath.Join(s.bin, "postgres"), "-D", s.data(), "-k", s.dir}
	for _, set := range append([]string{
		"listen_addresses=", "fsync=off", "full_page_writes=off", "autovacuum=off", "max_connections=100", "shared_buffers=32MB",
		"max_wal_size=256MB", "log_min_messages=warning",
	}, s.settings...) {
		args = append(args, "-c", set)
	}
	var err error
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if err = s.begin(args); err != nil {
			return err
		}
		if err = s.wait(); !errors.Is(err, errEnded) { // it does not start while processes of a killed one remain
			return err
		}
	}
	return err
}

func (s *Server) begin(args []string) (err error) {
	cmd := s.command(guard, args...)
	if s.input, err = cmd.StdinPipe(); err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	s.ended = make(chan error, 1)
	go func() { s.ended <- cmd.Wait() }()
	return nil
}

var errEnded = errors.New("the PostgreSQL server ended")

func (s *Server) wait() error {
	var err error
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if err = s.exec("SELECT 1"); err == nil {
			return nil
		}
		select {
		case end := <-s.ended:
			return errors.Join(errEnded, end, s.log())
		default:
		}
	}
	return errors.Join(fmt.Errorf("the PostgreSQL server does not answer: %w", err), s.log())
}

func (s *Server) log() error {
	text, err := os.ReadFile(filepath.Join(s.dir, "log"))
	return errors.Join(err, errors.New(string(text[max(0, len(text)-2000):])))
}

// Stop ends the server as a restart would: every session is cut.
func (s *Server) Stop() error {
	if err := s.input.Close(); err != nil {
		return err
	}
	return s.over()
}

// Kill ends all its processes at once, without a word.
func (s *Server) Kill() error {
	pid, err := os.ReadFile(filepath.Join(s.data(), "postmaster.pid"))
	if err != nil {
		return err
	}
	first, _, _ := bytes.Cut(pid, []byte("\n"))
	n, err := strconv.Atoi(strings.TrimSpace(string(first)))
	if err != nil {
		return err
	}
	if err := syscall.Kill(n, syscall.SIGKILL); err != nil { // its children end when they notice
		return err
	}
	return s.Stop()
}

func (s *Server) over() error {
	err := <-s.ended
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) { // it was told to
		return nil
	}
	return err
}

// Remove stops the server and deletes what it had.
func (s *Server) Remove() error { return errors.Join(s.Stop(), os.RemoveAll(s.dir)) }

// URL is that of one of its databases.
func (s *Server) URL(database string) string {
	return "postgres:///" + database + "?" + url.Values{"host": {s.dir}, "user": {"hangar"}}.Encode()
}

// Socket is where it listens.
func (s *Server) Socket() string { return filepath.Join(s.dir, ".s.PGSQL.5432") }

// Create makes an empty database and gives its name.
func (s *Server) Create() (string, error) {
	name := "t" + strings.ToLower(rand.Text())
	return name, s.exec(`CREATE DATABASE ` + name)
}

// Drop deletes a database, in use or not.
func (s *Server) Drop(name string) error {
	return s.exec(`DROP DATABASE IF EXISTS ` + name + ` WITH (FORCE)`)
}

func (s *Server) exec(query string) error {
	ctx := context.Background()
	c, err := pgx.Connect(ctx, s.URL("postgres"))
	if err != nil {
		return err
	}
	_, err = c.Exec(ctx, query)
	return errors.Join(err, c.Close(ctx))
}
