package backup

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"hangar/backend/secret"
	"hangar/backend/store"
)

const (
	formatVersion = 1
	manifestName  = "manifest.json"
	databaseName  = "hangar.db"
)

// Manifest is what a backup says of itself; it is the first file in it.
type Manifest struct {
	Format  int       `json:"format"`
	MadeAt  time.Time `json:"made_at"`
	Version string    `json:"hangar"`
	store.Facts
	Files []File `json:"files"`
}

// File is a file of a backup.
type File struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Options are what Make needs.
type Options struct {
	Dir     string // the data directory
	File    string // where the backup goes; it must not be there yet
	Key     bool   // with the key that opens the secrets
	Version string // of this Hangar
}

// Make writes a backup.
func Make(ctx context.Context, o Options) (m Manifest, err error) {
	if _, err := os.Lstat(o.File); !errors.Is(err, os.ErrNotExist) {
		return m, fmt.Errorf("%s is there already; a backup never replaces a file", o.File)
	}
	work, err := os.MkdirTemp(filepath.Dir(o.File), ".hangar-backup-*")
	if err != nil {
		return m, fmt.Errorf("make a place for the backup: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	database := filepath.Join(work, databaseName)
	if err := store.Copy(ctx, o.Dir, database); err != nil {
		return m, err
	}
	m = Manifest{Format: formatVersion, MadeAt: time.Now().UTC().Truncate(time.Second), Version: o.Version}
	if m.Facts, err = store.Verify(ctx, database); err != nil {
		return m, err
	}
	sources := map[string]string{databaseName: database}
	names := []string{databaseName}
	if key := filepath.Join(o.Dir, secret.KeyFile); o.Key {
		if _, err := os.Stat(key); err == nil {
			sources[secret.KeyFile], names = key, append(names, secret.KeyFile)
		}
	}
	for _, name := range names {
		f, err := describe(name, sources[name])
		if err != nil {
			return m, err
		}
		m.Files = append(m.Files, f)
	}
	archive := filepath.Join(work, "archive")
	if err := write(archive, m, sources); err != nil {
		return m, err
	}
	if err := os.Link(archive, o.File); err != nil { // which never replaces one, as a rename would
		return m, fmt.Errorf("give the backup its name: %w", err)
	}
	return m, nil
}

func describe(name, path string) (File, error) {
	f, err := os.Open(path)
	if err != nil {
		return File{}, fmt.Errorf("read %s: %w", name, err)
	}
	defer f.Close()
	sum := sha256.New()
	n, err := io.Copy(sum, f)
	if err != nil {
		return File{}, fmt.Errorf("read %s: %w", name, err)
	}
	return File{name, n, hex.EncodeToString(sum.Sum(nil))}, nil
}

func write(path string, m Manifest, sources map[string]string) (err error) {
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("write the backup: %w", err)
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	zip := gzip.NewWriter(out)
	t := tar.NewWriter(zip)
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("write the manifest: %w", err)
	}
	put := func(name string, size int64) error {
		return t.WriteHeader(&tar.Header{Name: name, Size: size, Mode: 0o600, ModTime: m.MadeAt})
	}
	err = put(manifestName, int64(len(text)))
	if err == nil {
		_, err = t.Write(text)
	}
	for _, f := range m.Files {
		if err == nil {
			err = put(f.Name, f.Bytes)
		}
		if err == nil {
			err = pour(t, sources[f.Name])
		}
	}
	for _, finish := range []func() error{t.Close, zip.Close, out.Sync} {
		if err == nil {
			err = finish()
		}
	}
	if err != nil {
		return fmt.Errorf("write the backup: %w", err)
	}
	return nil
}

func pour(to io.Writer, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(to, f)
	return err
}
