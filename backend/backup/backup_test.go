package backup

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"hangar/backend/event"
	"hangar/backend/eventlog"
	"hangar/backend/secret"
	"hangar/backend/store"
	"hangar/backend/storetest/fresh"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

type noted struct {
	N int `json:"n"`
}

func (noted) Kind() string   { return "Noted" }
func (noted) Stream() string { return "s" }

// bundle is a store that is in use.
type bundle struct {
	*testing.T
	dir  string
	db   *store.DB
	log  *eventlog.Log
	stop func()
}

func open(t *testing.T, dir string) *bundle {
	t.Helper()
	fresh.Into(t, dir)
	db, err := store.Open(t.Context(), store.Options{Dir: dir, Log: slog.New(slog.DiscardHandler)})
	must(t, err)
	stop := sync.OnceFunc(func() { must(t, db.Close()) })
	t.Cleanup(stop)
	log, err := eventlog.New(db, slog.New(slog.DiscardHandler))
	must(t, err)
	return &bundle{t, dir, db, log, stop}
}

func (b *bundle) note(n int) {
	b.Helper()
	ctx := event.WithActor(context.Background(), event.System("test"))
	for i := range n {
		must(b.T, b.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error { return b.log.Append(ctx, tx, noted{i}) }))
	}
}

// made is a backup of a store with some events, made while it was in use.
func made(t *testing.T, key bool) (file string, of *bundle) {
	t.Helper()
	of = open(t, t.TempDir())
	_, err := secret.Open(t.Context(), of.db, of.dir, slog.New(slog.DiscardHandler))
	must(t, err)
	of.note(7)
	file = filepath.Join(t.TempDir(), "a.backup")
	m, err := Make(t.Context(), Options{Dir: of.dir, File: file, Key: key, Version: "test"})
	must(t, err)
	if m.Head != 7 || m.StoreID != of.db.StoreID() {
		t.Errorf("%+v", m)
	}
	return file, of
}

func TestABackupComesBackAsItWas(t *testing.T) {
	file, of := made(t, false)
	of.note(5) // not in it
	dir := filepath.Join(t.TempDir(), "new")
	r, err := Restore(t.Context(), file, dir, false)
	must(t, err)
	if r.Aside != "" || r.Head != 7 {
		t.Errorf("%+v", r)
	}
	back := open(t, dir)
	events, err := back.log.Read(t.Context(), 0, eventlog.Filter{}, 100)
	must(t, err)
	if len(events) != 7 {
		t.Errorf("%d events", len(events))
	}
	if back.db.StoreID() == of.db.StoreID() {
		t.Error("clients would take it for the store that they know")
	}
	left, err := filepath.Glob(filepath.Join(dir, ".*"))
	must(t, err)
	if len(left) != 0 {
		t.Errorf("left over: %v", left)
	}
	st, err := os.Stat(filepath.Join(dir, "hangar.db"))
	must(t, err)
	if st.Mode().Perm() != 0o600 {
		t.Errorf("others may read it: %v", st.Mode())
	}
}

func TestPathsMayBeRelative(t *testing.T) {
	file, of := made(t, false)
	t.Chdir(filepath.Dir(file))
	here := Options{Dir: of.dir, File: "a backup?.of#today"}
	_, err := Make(t.Context(), here)
	must(t, err)
	_, err = Restore(t.Context(), here.File, "restored", false)
	must(t, err)
}

// A backup of a store that many write to holds whole transactions, all up to one and none after.
func TestABackupIsOfOneMoment(t *testing.T) {
	of := open(t, t.TempDir())
	of.note(1)
	over := make(chan struct{})
	var writers sync.WaitGroup
	for range 4 {
		writers.Go(func() {
			for {
				select {
				case <-over:
					return
				default:
					of.note(1)
				}
			}
		})
	}
	for i := range 3 {
		file, dir := filepath.Join(t.TempDir(), "b"), t.TempDir()
		m, err := Make(t.Context(), Options{Dir: of.dir, File: file, Version: "test"})
		if err != nil {
			t.Error(err)
			continue
		}
		if _, err := Restore(t.Context(), file, dir, false); err != nil {
			t.Error(err)
			continue
		}
		back := open(t, dir)
		var n int64
		must(t, back.db.Read().Get(t.Context(), &n, "SELECT COUNT(*) FROM events"))
		if n != m.Head {
			t.Errorf("%d: %d events, the head is %d", i, n, m.Head)
		}
	}
	close(over)
	writers.Wait()
}

func TestTheKeyComesOnlyWhenAskedFor(t *testing.T) {
	for _, key := range []bool{false, true} {
		file, of := made(t, key)
		dir := t.TempDir()
		_, err := Restore(t.Context(), file, dir, false)
		must(t, err)
		have, err := os.ReadFile(filepath.Join(dir, secret.KeyFile))
		if key != (err == nil) {
			t.Errorf("with the key %v: %v", key, err)
		}
		want, err := os.ReadFile(filepath.Join(of.dir, secret.KeyFile))
		must(t, err)
		if key && !bytes.Equal(have, want) {
			t.Error("it is another key")
		}
	}
}

func TestRestoringNeverLosesWhatIsThere(t *testing.T) {
	file, _ := made(t, true)
	there := open(t, t.TempDir())
	there.note(3)
	if _, err := Restore(t.Context(), file, there.dir, false); !errors.Is(err, ErrOccupied) {
		t.Errorf("without force: %v", err)
	}
	var locked *store.LockedError
	if _, err := Restore(t.Context(), file, there.dir, true); !errors.As(err, &locked) {
		t.Errorf("while it is in use: %v", err)
	}
	there.stop()
	must(t, os.WriteFile(filepath.Join(there.dir, secret.KeyFile), []byte("old"), 0o600))
	r, err := Restore(t.Context(), file, there.dir, true)
	must(t, err)
	if n := open(t, there.dir).log.Head(); n != 7 {
		t.Errorf("the head is %d", n)
	}
	old := t.TempDir()
	must(t, os.Rename(r.Aside, filepath.Join(old, "hangar.db")))
	if n := open(t, old).log.Head(); n != 3 {
		t.Errorf("what was there has head %d", n)
	}
	if key, err := os.ReadFile(r.Aside + "." + secret.KeyFile); err != nil || string(key) != "old" {
		t.Errorf("the old key: %q %v", key, err)
	}
}

func TestABackupNeverReplacesAFile(t *testing.T) {
	file, of := made(t, false)
	before, err := os.ReadFile(file)
	must(t, err)
	if _, err := Make(t.Context(), Options{Dir: of.dir, File: file}); err == nil {
		t.Error("it did")
	}
	after, err := os.ReadFile(file)
	must(t, err)
	if !bytes.Equal(before, after) {
		t.Error("it is another one")
	}
	if _, err := Make(t.Context(), Options{Dir: t.TempDir(), File: file + "2"}); err == nil || !strings.Contains(err.Error(), "no database") {
		t.Errorf("of nothing: %v", err)
	}
}

// repack makes another archive of a backup's files.
func repack(t *testing.T, file string, change func(name string, data []byte) (string, []byte)) string {
	t.Helper()
	in, err := os.Open(file)
	must(t, err)
	defer in.Close()
	zip, err := gzip.NewReader(in)
	must(t, err)
	from := tar.NewReader(zip)
	var buf bytes.Buffer
	out := gzip.NewWriter(&buf)
	to := tar.NewWriter(out)
	for {
		h, err := from.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		must(t, err)
		data, err := io.ReadAll(from)
		must(t, err)
		name, data := change(h.Name, data)
		must(t, to.WriteHeader(&tar.Header{Name: name, Size: int64(len(data)), Mode: 0o600}))
		_, err = to.Write(data)
		must(t, err)
	}
	must(t, to.Close())
	must(t, out.Close())
	changed := filepath.Join(t.TempDir(), "changed")
	must(t, os.WriteFile(changed, buf.Bytes(), 0o600))
	return changed
}

func manifest(change func(*Manifest)) func(string, []byte) (string, []byte) {
	return func(name string, data []byte) (string, []byte) {
		if name != manifestName {
			return name, data
		}
		var m Manifest
		if err := json.Unmarshal(data, &m); err != nil {
			panic(err)
		}
		change(&m)
		data, err := json.Marshal(m)
		if err != nil {
			panic(err)
		}
		return name, data
	}
}

func TestADamagedBackupTouchesNothing(t *testing.T) {
	good, _ := made(t, false)
	whole, err := os.ReadFile(good)
	must(t, err)
	raw := func(data []byte) string {
		file := filepath.Join(t.TempDir(), "raw")
		must(t, os.WriteFile(file, data, 0o600))
		return file
	}
	for name, file := range map[string]string{
		"no file":         filepath.Join(t.TempDir(), "none"),
		"an empty file":   raw(nil),
		"some other file": raw([]byte("hello")),
		"half a backup":   raw(whole[:len(whole)/2]),
		"all but the end": raw(whole[:len(whole)-4]),
		"a flipped byte":  raw(flipped(whole)),
		"another database": repack(t, good, func(n string, d []byte) (string, []byte) {
			return n, bytes.ReplaceAll(d, []byte("Noted"), []byte("Natod"))
		}),
		"another name": repack(t, good, func(n string, d []byte) (string, []byte) {
			return strings.Replace(n, "hangar.db", "../hangar.db", 1), d
		}),
		"a way out":          repack(t, good, manifest(func(m *Manifest) { m.Files[0].Name = "../x" })),
		"a file twice":       repack(t, good, manifest(func(m *Manifest) { m.Files = append(m.Files, m.Files[0]) })),
		"a file too many":    repack(t, good, manifest(func(m *Manifest) { m.Files = append(m.Files, File{Name: secret.KeyFile}) })),
		"no files":           repack(t, good, manifest(func(m *Manifest) { m.Files = nil })),
		"another format":     repack(t, good, manifest(func(m *Manifest) { m.Format++ })),
		"another head":       repack(t, good, manifest(func(m *Manifest) { m.Head++ })),
		"no manifest at all": repack(t, good, func(n string, d []byte) (string, []byte) { return strings.Replace(n, "manifest", "m", 1), d }),
	} {
		dir := t.TempDir()
		if _, err := Restore(t.Context(), file, dir, true); err == nil {
			t.Errorf("%s: it was taken", name)
		}
		left, err := os.ReadDir(dir)
		must(t, err)
		if len(left) != 0 {
			t.Errorf("%s: it left %v", name, left)
		}
	}
}

func flipped(data []byte) []byte {
	data = bytes.Clone(data)
	data[len(data)/2] ^= 0x20
	return data
}

func TestABackupOfANewerHangarIsRefused(t *testing.T) {
	of := open(t, t.TempDir())
	must(t, of.db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)")
		return err
	}))
	if _, err := Make(t.Context(), Options{Dir: of.dir, File: filepath.Join(t.TempDir(), "x")}); err == nil || !strings.Contains(fmt.Sprint(err), "newer Hangar") {
		t.Errorf("%v", err)
	}
}
