package web

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"
)

// files is the build as it can be served. The list is read once; a file's tag is worked out when it is first asked for,
// so that start-up does not pay for megabytes that nobody may want.
type files struct {
	fsys fs.FS
	list map[string]*file
}

type file struct {
	name string
	gzip bool // name.gz stands beside it
	once sync.Once
	tag  string // entity tag, quoted
}

func readFiles(fsys fs.FS) (*files, error) {
	f := &files{fsys: fsys, list: map[string]*file{}}
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			f.list[name] = &file{name: name}
		}
		return err
	})
	for name, one := range f.list {
		_, one.gzip = f.list[name+".gz"]
	}
	return f, err
}

func (f *files) has(name string) bool { return f.list[name] != nil }

// serve answers with one file, compressed where the build holds it so and the browser takes it. An error means that
// nothing was written yet.
func (f *files) serve(w http.ResponseWriter, r *http.Request, name string) error {
	one := f.list[name]
	squeezed := one.gzip && takesGzip(r.Header.Get("Accept-Encoding"))
	h := w.Header()
	if one.gzip {
		h.Add("Vary", "Accept-Encoding")
	}
	if squeezed {
		one = f.list[name+".gz"]
	}
	body, tag, err := f.open(one)
	if err != nil {
		return fmt.Errorf("serve %s: %w", name, err)
	}
	defer body.Close() // read only: nothing to lose
	if squeezed {
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("Content-Type", contentType(name))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", caching(name))
	h.Set("Etag", tag)
	http.ServeContent(w, r, "", time.Time{}, body)
	return nil
}

func (f *files) open(one *file) (body io.ReadSeekCloser, tag string, err error) {
	opened, err := f.fsys.Open(one.name)
	if err != nil {
		return nil, "", err
	}
	body, ok := opened.(io.ReadSeekCloser)
	if !ok {
		return nil, "", errors.Join(fmt.Errorf("%T cannot seek", opened), opened.Close())
	}
	one.once.Do(func() {
		sum := sha256.New()
		if _, err = io.Copy(sum, body); err == nil {
			one.tag = strconv.Quote(base64.RawURLEncoding.EncodeToString(sum.Sum(nil)[:12]))
		}
	})
	if err == nil {
		_, err = body.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, "", errors.Join(err, body.Close())
	}
	return body, one.tag, nil
}

// caching: names under assets/ carry a hash of their content and never change; everything else is asked for again and
// mostly answered with 304.
func caching(name string) string {
	if strings.HasPrefix(name, "assets/") {
		return "public, max-age=31536000, immutable"
	}
	return "no-cache"
}

// takesGzip reads Accept-Encoding (RFC 9110 section 12.5.3): gzip or * listed, and not with weight zero.
func takesGzip(accept string) bool {
	takes := false
	for part := range strings.SplitSeq(accept, ",") {
		coding, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		coding = strings.ToLower(strings.TrimSpace(coding))
		if coding != "gzip" && coding != "*" {
			continue
		}
		weight := 1.0
		if q, ok := strings.CutPrefix(strings.ReplaceAll(params, " ", ""), "q="); ok {
			weight, _ = strconv.ParseFloat(q, 64)
		}
		if coding == "gzip" {
			return weight > 0 // the coding's own name outweighs the star
		}
		takes = weight > 0
	}
	return takes
}

// contentType does not ask the machine's tables: they differ, and a script with the wrong type does not run.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".html":
		return "text/html; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".json", ".map":
		return "application/json"
	case ".svg":
		return "image/svg+xml"
	case ".png":
		return "image/png"
	case ".ico":
		return "image/x-icon"
	case ".woff2":
		return "font/woff2"
	case ".wasm":
		return "application/wasm"
	case ".webmanifest":
		return "application/manifest+json"
	case ".txt":
		return "text/plain; charset=utf-8"
	default:
		return "application/octet-stream"
	}
}
