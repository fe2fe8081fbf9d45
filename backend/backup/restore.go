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
	"slices"

	"hangar/backend/secret"
	"hangar/backend/store"
)

// ErrOccupied says that the data directory holds a database already.
var ErrOccupied = errors.New("the data directory holds a database already; with force it is put aside")

// Restored is what came of restoring.
type Restored struct {
	Manifest
	Aside string // where the database went that was there; "" when there was none
}

// Restore puts a backup into a data directory. A directory with a database needs force.
func Restore(ctx context.Context, file, dir string, force bool) (r Restored, err error) {
	if _, err := os.Stat(filepath.Join(dir, databaseName)); err == nil && !force {
		return r, fmt.Errorf("%s: %w", dir, ErrOccupied)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return r, fmt.Errorf("make the data directory: %w", err)
	}
	work, err := os.MkdirTemp(dir, ".restore-*") // on the same disk, so that a rename does
	if err != nil {
		return r, fmt.Errorf("make a place for the backup: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	if r.Manifest, err = unpack(file, work); err != nil {
		return r, fmt.Errorf("%s is no good backup: %w", file, err)
	}
	database := filepath.Join(work, databaseName)
	facts, err := store.Verify(ctx, database)
	if err != nil {
		return r, err
	}
	if facts != r.Facts {
		return r, fmt.Errorf("%s is no good backup: its manifest speaks of another database", file)
	}
	if r.Aside, err = store.Replace(ctx, dir, database); err != nil {
		return r, err
	}
	return r, placeKey(work, dir, r.Aside)
}

// placeKey brings the key with the database, when the backup has it. One that was there goes aside with its database.
func placeKey(work, dir, aside string) error {
	from, to := filepath.Join(work, secret.KeyFile), filepath.Join(dir, secret.KeyFile)
	if _, err := os.Stat(from); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if _, err := os.Stat(to); err == nil && aside != "" {
		if err := os.Rename(to, aside+"."+secret.KeyFile); err != nil {
			return fmt.Errorf("put the old key aside: %w", err)
		}
	}
	if err := os.Rename(from, to); err != nil {
		return fmt.Errorf("put the key in its place: %w", err)
	}
	return nil
}

const maxManifest = 1 << 20

// unpack writes the files of a backup into a directory and holds them against its manifest.
func unpack(file, dir string) (m Manifest, err error) {
	in, err := os.Open(file)
	if err != nil {
		return m, err
	}
	defer in.Close()
	zip, err := gzip.NewReader(in)
	if err != nil {
		return m, err
	}
	t := tar.NewReader(zip)
	if m, err = readManifest(t); err != nil {
		return m, err
	}
	for _, want := range m.Files {
		if err := extract(t, want, dir); err != nil {
			return m, fmt.Errorf("%s: %w", want.Name, err)
		}
	}
	if _, err := t.Next(); !errors.Is(err, io.EOF) {
		return m, errors.New("it holds more than its manifest says")
	}
	_, err = io.Copy(io.Discard, zip) // to its check sum
	return m, err
}

func readManifest(t *tar.Reader) (m Manifest, err error) {
	h, err := t.Next()
	if err != nil {
		return m, err
	}
	if h.Name != manifestName {
		return m, errors.New("it does not begin with a manifest")
	}
	if err := json.NewDecoder(io.LimitReader(t, maxManifest)).Decode(&m); err != nil {
		return m, fmt.Errorf("its manifest cannot be read: %w", err)
	}
	if m.Format != formatVersion {
		return m, fmt.Errorf("its format is %d; this Hangar reads %d", m.Format, formatVersion)
	}
	known := []string{databaseName, secret.KeyFile}
	for i, f := range m.Files { // names lead nowhere else
		if !slices.Contains(known, f.Name) || slices.ContainsFunc(m.Files[:i], func(g File) bool { return g.Name == f.Name }) {
			return m, fmt.Errorf("its manifest lists %q", f.Name)
		}
	}
	if len(m.Files) == 0 || m.Files[0].Name != databaseName {
		return m, errors.New("its manifest lists no database")
	}
	return m, nil
}

func extract(t *tar.Reader, want File, dir string) error {
	h, err := t.Next()
	if err != nil {
		return err
	}
	if h.Name != want.Name || h.Typeflag != tar.TypeReg || h.Size != want.Bytes {
		return errors.New("is not what the manifest says")
	}
	out, err := os.OpenFile(filepath.Join(dir, want.Name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	sum := sha256.New()
	_, err = io.Copy(io.MultiWriter(out, sum), t)
	if err = errors.Join(err, out.Sync(), out.Close()); err != nil {
		return err
	}
	if hex.EncodeToString(sum.Sum(nil)) != want.SHA256 {
		return errors.New("is damaged: its check sum is another one")
	}
	return nil
}
