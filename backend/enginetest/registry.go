package enginetest

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// Registry is a registry with one image, the doubles of mcptest, on loopback, where engines speak plain HTTP.
type Registry struct {
	Name   string // host:port/path; there are the tags 1, 2 and 3
	Digest string // the image by digest
	Asked  atomic.Int64

	files map[string]blob

	mu   sync.Mutex
	hold chan struct{}
}

// Hold lets nothing more out until the channel is closed.
func (r *Registry) Hold(until chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hold = until
}

type blob struct {
	kind string
	data []byte
}

func digest(b []byte) string { return fmt.Sprintf("sha256:%x", sha256.Sum256(b)) }

// NewRegistry starts a registry that ends with the test.
func NewRegistry(t testing.TB) *Registry {
	t.Helper()
	const name = "tools/hostile"
	r := &Registry{files: map[string]blob{}}
	plain := layer(t)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	config := encode(t, map[string]any{
		"architecture": runtime.GOARCH, "os": "linux",
		"config": map[string]any{"Entrypoint": []string{"/hostile"}, "Cmd": []string{"good"}},
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{digest(plain)}},
	})
	part := func(kind string, b []byte) map[string]any {
		r.files["blobs/"+digest(b)] = blob{"application/octet-stream", b}
		return map[string]any{"mediaType": kind, "size": len(b), "digest": digest(b)}
	}
	const docker = "application/vnd.docker."
	manifest := encode(t, map[string]any{
		"schemaVersion": 2, "mediaType": docker + "distribution.manifest.v2+json",
		"config": part(docker+"container.image.v1+json", config),
		"layers": []any{part(docker+"image.rootfs.diff.tar.gzip", packed.Bytes())},
	})
	for _, tag := range []string{"1", "2", "3", digest(manifest)} {
		r.files["manifests/"+tag] = blob{docker + "distribution.manifest.v2+json", manifest}
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) { r.serve(w, q, "/v2/"+name+"/") }))
	t.Cleanup(server.Close)
	host := strings.TrimPrefix(server.URL, "http://")
	r.Name, r.Digest = host+"/"+name, host+"/"+name+"@"+digest(manifest)
	return r
}

func (r *Registry) serve(w http.ResponseWriter, q *http.Request, prefix string) {
	if q.URL.Path == "/v2/" {
		return
	}
	r.Asked.Add(1)
	r.mu.Lock()
	hold := r.hold
	r.mu.Unlock()
	if hold != nil {
		select {
		case <-hold:
		case <-q.Context().Done():
			return
		}
	}
	b, ok := r.files[strings.TrimPrefix(q.URL.Path, prefix)]
	if !ok {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte(`{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}`))
		return
	}
	w.Header().Set("Content-Type", b.kind)
	w.Header().Set("Docker-Content-Digest", digest(b.data))
	w.Header().Set("Content-Length", fmt.Sprint(len(b.data)))
	if q.Method != http.MethodHead {
		_, _ = w.Write(b.data)
	}
}

func encode(t testing.TB, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
