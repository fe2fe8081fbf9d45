package enginetest

import (
	"archive/tar"
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/moby/moby/client"
)

// Image is the name of the image with the doubles of mcptest; its arguments are a mode and what that takes.
const Image = "hangar-test/hostile:1"

// Load gives the daemon the image, made of nothing but one static program. No registry is asked.
func (d *Daemon) Load() {
	d.t.Helper()
	c, err := client.New(client.WithHost(d.Host))
	if err != nil {
		d.t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	answer, err := c.ImageImport(ctx, client.ImageImportSource{Source: bytes.NewReader(layer(d.t)), SourceName: "-"}, Image,
		client.ImageImportOptions{Changes: []string{`ENTRYPOINT ["/hostile"]`, `CMD ["good"]`}})
	if err != nil {
		d.t.Fatal(err)
	}
	defer func() { _ = answer.Close() }()
	if _, err := io.Copy(io.Discard, answer); err != nil {
		d.t.Fatal(err)
	}
}

// Program builds the image's one program, static, and gives its path.
func Program(t testing.TB) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "hostile")
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", file, "hangar/backend/mcptest/cmd/hostile")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return file
}

// layer is the image's one layer, as a tar file.
func layer(t testing.TB) []byte {
	t.Helper()
	program, err := os.ReadFile(Program(t))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	err = w.WriteHeader(&tar.Header{Name: "hostile", Mode: 0o755, Size: int64(len(program))})
	if err == nil {
		_, err = w.Write(program)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
