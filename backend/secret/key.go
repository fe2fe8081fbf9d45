package secret

import (
	"bufio"
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const (
	// KeyFile is its name in the data directory.
	KeyFile  = "secret.key"
	keyBytes = 32
	idBytes  = 4
)

// key seals and opens.
type key struct {
	id   [idBytes]byte
	aead cipher.AEAD
}

func newKey(raw []byte) (key, error) {
	block, err := aes.NewCipher(raw)
	if err != nil {
		return key{}, err
	}
	k := key{}
	// The id tells keys apart and gives nothing away of them.
	sum := sha256.Sum256(append([]byte("hangar key id\x00"), raw...))
	copy(k.id[:], sum[:])
	k.aead, err = cipher.NewGCMWithRandomNonce(block)
	return k, err
}

// loadKeys reads the key file and makes one where there is none; made tells which.
func loadKeys(dir string) (keys []key, made bool, err error) {
	path := filepath.Join(dir, KeyFile)
	text, err := readPrivate(path)
	if errors.Is(err, fs.ErrNotExist) {
		made = true
		text, err = makeKeyFile(path)
	}
	if err != nil {
		return nil, false, err
	}
	for lines, n := bufio.NewScanner(bytes.NewReader(text)), 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		raw, err := base64.StdEncoding.DecodeString(line)
		if err != nil || len(raw) != keyBytes {
			return nil, false, fmt.Errorf("%s, line %d: a key is %d bytes in base64", path, n, keyBytes)
		}
		k, err := newKey(raw)
		if err != nil {
			return nil, false, err
		}
		keys = append(keys, k)
	}
	if len(keys) == 0 {
		return nil, false, fmt.Errorf("%s holds no key; restore it, or remove it to begin anew without the secrets stored so far", path)
	}
	return keys, made, nil
}

// readPrivate refuses a file that others may read: whoever copied it has the secrets.
func readPrivate(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	at, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if at.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s can be read by others (mode %04o); make it 0600", path, at.Mode().Perm())
	}
	const most = 64 << 10
	text := make([]byte, min(at.Size(), most))
	n, err := f.ReadAt(text, 0)
	if n < len(text) {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return text, nil
}

// makeKeyFile writes a new key so that the file is there whole or not at all, and on the disk before anything is sealed
// with it.
func makeKeyFile(path string) ([]byte, error) {
	raw := make([]byte, keyBytes)
	_, _ = rand.Read(raw) // it never fails
	text := []byte(base64.StdEncoding.EncodeToString(raw) + "\n")
	f, err := os.CreateTemp(filepath.Dir(path), KeyFile+".*") // 0600
	if err != nil {
		return nil, err
	}
	defer os.Remove(f.Name()) //nolint:errcheck // it is gone when all went well
	_, err = f.Write(text)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Link(f.Name(), path) // unlike a rename it never replaces a key
	}
	if err == nil {
		err = syncDir(filepath.Dir(path))
	}
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", path, err)
	}
	return text, nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
