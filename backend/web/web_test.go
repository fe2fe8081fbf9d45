package web

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"go.uber.org/goleak"

	"hangar"
	"hangar/backend/fault"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const manifest = `{
  "app/main.tsx": {"file": "assets/main-abc.js", "isEntry": true, "css": ["assets/main-abc.css"], "imports": ["_vendor.js"], "dynamicImports": ["lazy.tsx"]},
  "_vendor.js":   {"file": "assets/vendor-def.js", "css": ["assets/vendor-def.css"], "imports": ["_base.js"]},
  "_base.js":     {"file": "assets/base-ghi.js", "imports": ["_vendor.js"]},
  "lazy.tsx":     {"file": "assets/lazy-jkl.js", "isDynamicEntry": true, "css": ["assets/lazy-jkl.css"]}
}`

func gz(s string) []byte {
	var b strings.Builder
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(s)) // a strings.Builder takes everything
	_ = w.Close()
	return []byte(b.String())
}

func built() fstest.MapFS {
	return fstest.MapFS{
		".gitkeep":                               {},
		".vite/manifest.json":                    {Data: []byte(manifest)},
		"index.html":                             {Data: []byte("vite's own")},
		"favicon.svg":                            {Data: []byte("<svg/>")},
		"assets/main-abc.js":                     {Data: []byte("main()")},
		"assets/main-abc.js.gz":                  {Data: gz("main()")},
		"assets/main-abc.css":                    {Data: []byte("a{}")},
		"vendor/swagger-ui/swagger-ui-bundle.js": {Data: []byte("swagger()")},
		"vendor/swagger-ui/swagger-ui.css":       {Data: []byte("s{}")},
	}
}

func writeError(w http.ResponseWriter, _ *http.Request, err error) {
	f := fault.From(err)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(f.Kind.Status())
	_ = json.NewEncoder(w).Encode(map[string]any{"error": f.Type, "message": f.Message}) // a recorder does not fail
}

func site(t *testing.T, change func(*Options)) *Site {
	t.Helper()
	o := Options{Dist: built(), Version: "1.2.3", StoreID: "store-</script>", CSRFCookie: "csrf", WriteError: writeError}
	if change != nil {
		change(&o)
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func get(h http.Handler, method, path string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestShell(t *testing.T) {
	s := site(t, func(o *Options) { o.BasePath = "/ops" })
	w := get(http.HandlerFunc(s.Shell), "GET", "/providers/math")
	body := w.Body.String()
	if w.Code != 200 || w.Header().Get("Content-Type") != "text/html; charset=utf-8" || w.Header().Get("Cache-Control") != "no-store" {
		t.Fatalf("status %d, headers %v", w.Code, w.Header())
	}
	nonce := regexp.MustCompile(`<meta property="csp-nonce" nonce="(\w{20,})"`).FindStringSubmatch(body)
	if nonce == nil {
		t.Fatalf("no nonce in\n%s", body)
	}
	for _, want := range []string{
		`<base href="/ops/">`, `<div id="root"></div>`, `<link rel="icon" href="data:image/svg`,
		`<script type="module" src="assets/main-abc.js" nonce="` + nonce[1] + `">`,
		`<link rel="modulepreload" href="assets/vendor-def.js"`, `<link rel="modulepreload" href="assets/base-ghi.js"`,
		`<link rel="stylesheet" href="assets/main-abc.css"`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the shell lacks %s", want)
		}
	}
	if strings.Contains(body, "lazy-jkl") {
		t.Error("a lazy chunk is loaded at once")
	}
	if strings.Index(body, "vendor-def.css") > strings.Index(body, "main-abc.css") {
		t.Error("the entry's styles must come after those that they build on")
	}
	csp := w.Header().Get("Content-Security-Policy")
	want := "default-src 'none'; connect-src 'self'; img-src 'self' data:; font-src 'self'; base-uri 'self'; form-action 'self'; " +
		"frame-ancestors 'none'; script-src 'self' 'nonce-N'; style-src 'self' 'nonce-N'"
	if got := strings.ReplaceAll(csp, nonce[1], "N"); got != want {
		t.Errorf("policy\n got %s\nwant %s", got, want)
	}
	if again := get(http.HandlerFunc(s.Shell), "GET", "/").Header().Get("Content-Security-Policy"); again == csp {
		t.Error("two answers share a nonce")
	}
}

func TestBootDataCannotLeaveItsElement(t *testing.T) {
	body := get(http.HandlerFunc(site(t, nil).Shell), "GET", "/").Body.String()
	m := regexp.MustCompile(`(?s)<script id="boot" type="application/json" nonce="\w+">(.*?)</script>`).FindStringSubmatch(body)
	if m == nil {
		t.Fatalf("no boot data in\n%s", body)
	}
	var got boot
	if err := json.Unmarshal([]byte(m[1]), &got); err != nil {
		t.Fatal(err)
	}
	if want := (boot{"/", "1.2.3", "store-</script>", "csrf"}); got != want {
		t.Errorf("boot data %+v, want %+v", got, want)
	}
}

func TestShellInDevelopment(t *testing.T) {
	s := site(t, func(o *Options) { o.DevURL = "http://localhost:5173/"; o.Dist = fstest.MapFS{} })
	w := get(http.HandlerFunc(s.Shell), "GET", "/")
	body, csp := w.Body.String(), w.Header().Get("Content-Security-Policy")
	for _, want := range []string{
		`src="http://localhost:5173/@vite/client"`, `src="http://localhost:5173/app/main.tsx"`,
		`from "http://localhost:5173/@react-refresh"`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the shell lacks %s in\n%s", want, body)
		}
	}
	if !strings.Contains(csp, "connect-src 'self' http://localhost:5173 ws://localhost:5173") || strings.Contains(csp, "unsafe") {
		t.Errorf("policy %s", csp)
	}
}

func TestDocs(t *testing.T) {
	s := site(t, func(o *Options) { o.BasePath = "ops/" })
	w := get(http.HandlerFunc(s.Docs), "GET", "/docs")
	body := w.Body.String()
	for _, want := range []string{
		`href="/ops/vendor/swagger-ui/swagger-ui.css"`, `src="/ops/vendor/swagger-ui/swagger-ui-bundle.js"`,
		`url: "/ops/api/openapi.json"`, `validatorUrl: null`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %s in\n%s", want, body)
		}
	}
	if w.Code != 200 || strings.Contains(body, "<base") || regexp.MustCompile(`(src|href)="(https?:)?//`).MatchString(body) {
		t.Errorf("status %d, body\n%s", w.Code, body)
	}
}

func TestNotBuilt(t *testing.T) {
	s := site(t, func(o *Options) { o.Dist = fstest.MapFS{".gitkeep": {}} })
	for _, h := range []http.HandlerFunc{s.Shell, s.Docs} {
		w := get(h, "GET", "/")
		if w.Code != 503 || !strings.Contains(w.Body.String(), "make build") {
			t.Errorf("status %d, body\n%s", w.Code, w.Body)
		}
	}
}

func TestAManifestWithoutOurEntryIsRefused(t *testing.T) {
	for name, text := range map[string]string{"no entry": `{}`, "no JSON": `{`} {
		_, err := New(Options{Dist: fstest.MapFS{manifestFile: {Data: []byte(text)}}, WriteError: writeError})
		if err == nil || !strings.Contains(err.Error(), "manifest") {
			t.Errorf("%s: error %v", name, err)
		}
	}
	if _, err := New(Options{Dist: built()}); err == nil {
		t.Error("a site without WriteError was made")
	}
}

func TestAssets(t *testing.T) {
	s := site(t, nil)
	tests := []struct {
		name, method, path string
		header             []string
		status             int
		want               map[string]string
	}{
		{"a hashed file is kept for ever", "GET", "/assets/main-abc.css", nil, 200,
			map[string]string{"Cache-Control": "public, max-age=31536000, immutable", "Content-Type": "text/css; charset=utf-8"}},
		{"a browser that takes gzip gets it", "GET", "/assets/main-abc.js", []string{"Accept-Encoding", "br, gzip"}, 200,
			map[string]string{"Content-Encoding": "gzip", "Vary": "Accept-Encoding", "Content-Type": "text/javascript; charset=utf-8"}},
		{"one that does not gets the plain file", "GET", "/assets/main-abc.js", nil, 200,
			map[string]string{"Content-Encoding": "", "Vary": "Accept-Encoding"}},
		{"one that forbids gzip too", "GET", "/assets/main-abc.js", []string{"Accept-Encoding", "*, gzip;q=0"}, 200,
			map[string]string{"Content-Encoding": ""}},
		{"vendor files are asked for again", "GET", "/vendor/swagger-ui/swagger-ui.css", nil, 200,
			map[string]string{"Cache-Control": "no-cache"}},
		{"a missing file is JSON, not the shell", "GET", "/assets/gone-123.js", nil, 404,
			map[string]string{"Content-Type": "application/json"}},
		{"a folder is missing too", "GET", "/assets/", nil, 404, nil},
		{"climbing is missing too", "GET", "/assets/../.vite/manifest.json", nil, 404, nil},
		{"the manifest is nobody's business", "GET", "/.vite/manifest.json", nil, 404, nil},
		{"writing is refused", "POST", "/assets/main-abc.css", nil, 405, map[string]string{"Allow": "GET, HEAD"}},
		{"HEAD answers", "HEAD", "/assets/main-abc.css", nil, 200, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := get(s.Assets(), tt.method, tt.path, tt.header...)
			if w.Code != tt.status {
				t.Fatalf("status %d, want %d: %s", w.Code, tt.status, w.Body)
			}
			for k, v := range tt.want {
				if got := w.Header().Get(k); got != v {
					t.Errorf("%s: %q, want %q", k, got, v)
				}
			}
		})
	}
}

func TestEntityTags(t *testing.T) {
	s := site(t, nil)
	plain := get(s.Assets(), "GET", "/assets/main-abc.js")
	packed := get(s.Assets(), "GET", "/assets/main-abc.js", "Accept-Encoding", "gzip")
	zr, err := gzip.NewReader(packed.Body)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(zr)
	if err != nil || string(text) != "main()" || plain.Body.String() != "main()" {
		t.Fatalf("bodies %q and %q, %v", text, plain.Body, err)
	}
	tag := plain.Header().Get("Etag")
	if tag == "" || tag == packed.Header().Get("Etag") {
		t.Fatalf("tags %q and %q: two encodings are two entities", tag, packed.Header().Get("Etag"))
	}
	if w := get(s.Assets(), "GET", "/assets/main-abc.js", "If-None-Match", tag); w.Code != 304 || w.Body.Len() != 0 {
		t.Errorf("status %d with %d bytes, want 304", w.Code, w.Body.Len())
	}
}

func TestShellKeepsFilesToItself(t *testing.T) {
	h := http.HandlerFunc(site(t, nil).Shell)
	for _, path := range []string{"/index.html", "/.gitkeep", "/assets", "/.vite/manifest.json"} {
		if w := get(h, "GET", path); !strings.Contains(w.Body.String(), `id="root"`) {
			t.Errorf("%s is not the shell: %s", path, w.Body)
		}
	}
}

func TestMethodsOfTheShell(t *testing.T) {
	h := http.HandlerFunc(site(t, nil).Shell)
	if w := get(h, "POST", "/providers"); w.Code != 405 || w.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: %d %v", w.Code, w.Header())
	}
	if w := get(h, "HEAD", "/"); w.Code != 200 || w.Body.Len() != 0 || w.Header().Get("Content-Length") == "0" {
		t.Errorf("HEAD: %d with %d bytes, %v", w.Code, w.Body.Len(), w.Header())
	}
}

// broken opens nothing, as a disk that went away.
type broken struct{ fs.FS }

func (b broken) Open(name string) (fs.File, error) {
	if strings.HasPrefix(name, "assets/") {
		return nil, fs.ErrPermission
	}
	return b.FS.Open(name)
}

func TestAFileThatCannotBeReadIsOurFault(t *testing.T) {
	s := site(t, nil)
	s.files.fsys = broken{s.files.fsys}
	w := get(s.Assets(), "GET", "/assets/main-abc.css")
	if w.Code != 500 || w.Header().Get("Cache-Control") != "" || !strings.Contains(w.Body.String(), "InternalServerError") {
		t.Errorf("status %d, headers %v, body %s", w.Code, w.Header(), w.Body)
	}
}

func TestPrefix(t *testing.T) {
	echo := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.URL.EscapedPath()) })
	tests := []struct{ name, base, path, want string }{
		{"no base path changes nothing", "", "/api", "/api"},
		{"a kept prefix is stripped", "/ops/", "/ops/api/providers", "/api/providers"},
		{"a proxy that strips it is served as well", "/ops/", "/api/providers", "/api/providers"},
		{"an escaped slash stays escaped", "/ops/", "/ops/tools/a%2Fb", "/tools/a%2Fb"},
		{"a longer name is another path", "/ops/", "/opsy", "/opsy"},
		{"two segments", "/a/b", "/a/b/c", "/c"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := get(Prefix(tt.base, echo), "GET", tt.path).Body.String(); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
	w := get(Prefix("/ops", echo), "GET", "/ops?a=b")
	if w.Code != http.StatusPermanentRedirect || w.Header().Get("Location") != "/ops/?a=b" {
		t.Errorf("bare prefix: %d %s", w.Code, w.Header().Get("Location"))
	}
}

// The real embed must serve, built or not: a fresh clone has only .gitkeep.
func TestTheEmbeddedBuild(t *testing.T) {
	s := site(t, func(o *Options) { o.Dist = hangar.Dist() })
	w := get(http.HandlerFunc(s.Shell), "GET", "/")
	if s.built && w.Code != 200 || !s.built && w.Code != 503 {
		t.Errorf("built %v, status %d", s.built, w.Code)
	}
	for _, href := range append(s.entry.Styles, s.entry.Preload...) {
		if !s.files.has(href) {
			t.Errorf("the manifest names %s, which is not embedded", href)
		}
	}
}
