package app_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hangar/backend/app"
	"hangar/backend/apptest"
	"hangar/backend/auth"
	"hangar/backend/config"
	"hangar/backend/store"
	"hangar/backend/storetest"
)

func newBrowser() *http.Client {
	jar, _ := cookiejar.New(nil) // it never fails
	return &http.Client{Jar: jar, Transport: http.DefaultTransport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// The first start lets the owner in by a link, once, and nobody else.
func TestTheFirstStart(t *testing.T) {
	dir := t.TempDir()
	a := apptest.Start(t, apptest.InDir(dir), apptest.WithFile(apptest.SignIn))
	link, token, ok := strings.Cut(a.Setup, "#")
	if !ok || link != a.URL+"/setup" || len(token) < 40 {
		t.Fatalf("the link is %q", a.Setup)
	}
	a.Want(401, "GET", "/api/providers", nil)
	browser := newBrowser()
	page := read(t, browser, "GET", link, nil)
	if page.status != 200 || !strings.Contains(page.text, "Set up Hangar") || strings.Contains(page.text, token) {
		t.Fatalf("%d %s", page.status, page.text)
	}
	form := func(token, name string) url.Values {
		return url.Values{"token": {hidden(t, page.text)}, "setup": {token}, "principal": {name}}
	}
	if got := read(t, browser, "POST", link, form("set_guess", "eve")); got.status != 401 || !strings.Contains(got.text, "set-up link") {
		t.Errorf("a guess: %d %s", got.status, got.text)
	}
	if got := read(t, browser, "POST", link, form(token, "a b")); got.status != 422 || !strings.Contains(got.text, token) {
		t.Errorf("a bad name costs the token: %d", got.status)
	}
	if got := read(t, newBrowser(), "POST", link, form(token, "eve")); got.status != 403 {
		t.Errorf("a form from elsewhere: %d", got.status)
	}
	done := read(t, browser, "POST", link, form(token, "ann"))
	_, rest, _ := strings.Cut(done.text, `value="mcp_`)
	key, _, _ := strings.Cut(rest, `"`)
	if done.status != 200 || len(key) != 43 || done.header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %s", done.status, done.text)
	}
	me := a.As("mcp_"+key).Want(200, "GET", "/api/auth/whoami", nil).Body
	if me["principal_id"] != "ann" || me["type"] != "user" || me["via"] != "key" {
		t.Errorf("%v", me)
	}
	if got := read(t, browser, "GET", a.URL+"/api/auth/whoami", nil); got.status != 200 || !strings.Contains(got.text, `"via":"session"`) {
		t.Errorf("the browser is not signed in: %d %s", got.status, got.text)
	}
	if got := read(t, browser, "POST", link, form(token, "eve")); got.status != 401 {
		t.Errorf("a used link: %d", got.status)
	}
	a.Stop()
	b := apptest.Start(t, apptest.InDir(dir), apptest.WithFile(apptest.SignIn))
	if b.Setup != "" {
		t.Error("there is an admin, and a link is offered again")
	}
	b.As("mcp_"+key).Want(200, "GET", "/api/providers", nil)
}

func TestSigningInAndOut(t *testing.T) {
	var admin string
	a := apptest.Start(t, apptest.WithFile(apptest.SignIn), apptest.WithAdmin(&admin))
	browser := newBrowser()
	if got := read(t, browser, "GET", a.URL+"/docs?a=b", nil); got.status != 303 || got.header.Get("Location") != "/login?next=%2Fdocs%3Fa%3Db" {
		t.Errorf("a page that needs a sign-in: %d %v", got.status, got.header)
	}
	if got := read(t, browser, "GET", a.URL+"/api/system", nil); got.status != 401 {
		t.Errorf("an answer for programs: %d", got.status)
	}
	page := read(t, browser, "GET", a.URL+"/login?next=https://evil.example/", nil)
	if !strings.Contains(page.text, `name="next" value="/"`) || !strings.Contains(page.header.Get("Content-Security-Policy"), "form-action 'self'") {
		t.Errorf("%s", page.text)
	}
	token := hidden(t, page.text)
	for name, form := range map[string]url.Values{
		"a wrong key":    {"token": {token}, "key": {"mcp_" + strings.Repeat("x", 43)}},
		"no key":         {"token": {token}},
		"another's form": {"token": {"other"}, "key": {admin}},
	} {
		got := read(t, browser, "POST", a.URL+"/login", form)
		if got.status < 400 || got.status > 403 || got.header.Get("Set-Cookie") != "" || strings.Contains(got.text, admin) {
			t.Errorf("%s: %d %v", name, got.status, got.header)
		}
	}
	got := read(t, browser, "POST", a.URL+"/login", url.Values{"token": {token}, "key": {" " + admin + "\n"}, "next": {"//evil.example"}})
	if got.status != 303 || got.header.Get("Location") != "/" {
		t.Fatalf("%d %v", got.status, got.header)
	}
	for _, c := range got.header.Values("Set-Cookie") {
		if !strings.Contains(c, "SameSite=Strict") || !strings.Contains(c, "Path=/;") || strings.Contains(c, "session") != strings.Contains(c, "HttpOnly") {
			t.Errorf("a cookie that others may use: %s", c)
		}
	}
	page = read(t, browser, "GET", a.URL+"/login", nil)
	if !strings.Contains(page.text, "signed in as <strong>root") {
		t.Errorf("%s", page.text)
	}
	if got := read(t, browser, "POST", a.URL+"/logout", url.Values{"token": {"guess"}}); got.status != 403 {
		t.Errorf("another site signs people out: %d", got.status)
	}
	at, _ := url.Parse(a.URL)
	cookies := browser.Jar.Cookies(at)
	if got := read(t, browser, "POST", a.URL+"/logout", url.Values{"token": {hidden(t, page.text)}}); got.status != 303 {
		t.Errorf("signing out: %d %s", got.status, got.text)
	}
	req, _ := http.NewRequestWithContext(t.Context(), "GET", a.URL+"/api/auth/whoami", nil)
	for _, c := range cookies {
		req.AddCookie(c)
	}
	if got := a.Send(req); got.Status != 401 {
		t.Errorf("a cookie from before signing out: %d", got.Status)
	}
}

// A cookie alone changes nothing: another site's page would send it just as well.
func TestACookieNeedsProof(t *testing.T) {
	var admin string
	a := apptest.Start(t, apptest.WithFile(apptest.SignIn+"allowed_origins: [https://friend.example]\n"), apptest.WithAdmin(&admin))
	session, csrf := signIn(t, a, admin)
	for name, c := range map[string]struct {
		method, path string
		header       map[string]string
		want         int
	}{
		"reading needs none":                     {"GET", "/api/providers", nil, 200},
		"a change with its token":                {"POST", "/api/groups", map[string]string{"X-CSRF-Token": csrf, "Origin": a.URL, "Sec-Fetch-Site": "same-origin"}, 201},
		"a change without a token":               {"POST", "/api/groups", map[string]string{"Origin": a.URL}, 403},
		"a change with a wrong token":            {"POST", "/api/groups", map[string]string{"X-CSRF-Token": "x", "Origin": a.URL}, 403},
		"a change from another site":             {"POST", "/api/groups", map[string]string{"X-CSRF-Token": csrf, "Origin": "https://evil.example"}, 403},
		"a change from a listed site":            {"POST", "/api/groups", map[string]string{"X-CSRF-Token": csrf, "Origin": "https://friend.example"}, 403},
		"a change that a browser calls foreign":  {"POST", "/api/groups", map[string]string{"X-CSRF-Token": csrf, "Sec-Fetch-Site": "same-site"}, 403},
		"a delete without a token":               {"DELETE", "/api/groups/x", nil, 403},
		"a tool call by MCP without a token":     {"POST", "/mcp", map[string]string{"Origin": a.URL}, 403},
		"a socket from our page":                 {"GET", "/api/ws/events", map[string]string{"Upgrade": "websocket", "Origin": a.URL}, 400}, // no Connection: past the gate
		"a socket without an origin":             {"GET", "/api/ws/events", map[string]string{"Upgrade": "websocket"}, 403},
		"a socket from a listed site":            {"GET", "/api/ws/events", map[string]string{"Upgrade": "websocket", "Origin": "https://friend.example"}, 403},
		"a ticket from a page of ours":           {"POST", "/api/auth/ticket", map[string]string{"X-CSRF-Token": csrf, "Origin": a.URL}, 200},
		"a key beside the cookie needs no token": {"POST", "/api/groups", map[string]string{"X-API-Key": admin}, 409},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "a key beside the cookie needs no token" {
				a.As(admin).Do("POST", "/api/groups", map[string]any{"group_id": "g"})
			}
			body := `{"group_id":"g"}`
			if c.method == "GET" || strings.HasSuffix(c.path, "ticket") {
				body = ""
			}
			req, err := http.NewRequestWithContext(t.Context(), c.method, a.URL+c.path, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", "application/json")
			req.Header.Set("Accept", "application/json, text/event-stream")
			for k, v := range c.header {
				req.Header.Set(k, v)
			}
			req.AddCookie(session)
			if got := a.Send(req); got.Status != c.want {
				t.Errorf("%d %s", got.Status, got.Raw)
			}
			a.As(admin).Do("DELETE", "/api/groups/g", nil)
		})
	}
}

// What runs when its key is revoked does not run on, and neither does what a role allowed that is taken away.
func TestWhatIsOpenEndsWithItsKey(t *testing.T) {
	var admin string
	a := apptest.Start(t, apptest.WithFile(apptest.SignIn), apptest.WithAdmin(&admin))
	root := a.As(admin)
	root.Add("math", "good")
	root.Want(200, "POST", "/api/providers/math/start", nil)
	for name, end := range map[string]func(keyID string){
		"the key is revoked":    func(id string) { root.Want(200, "DELETE", "/api/auth/keys/"+id, nil) },
		"the role is taken":     func(string) { root.Want(200, "DELETE", "/api/auth/principals/bot/roles/agent", nil) },
		"the owner is disabled": func(string) { root.Want(200, "PUT", "/api/auth/principals/bot", map[string]any{"disabled": true}) },
		"the principal is gone": func(string) { root.Want(200, "DELETE", "/api/auth/principals/bot", nil) },
	} {
		t.Run(name, func(t *testing.T) {
			made := root.Want(201, "POST", "/api/auth/keys", map[string]any{"principal_id": "bot", "name": "n"}).Body
			root.Want(200, "PUT", "/api/auth/principals/bot", map[string]any{"disabled": false})
			root.Want(200, "POST", "/api/auth/principals/bot/roles", map[string]any{"role_id": "agent"})
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			req, err := http.NewRequestWithContext(ctx, "POST", a.URL+"/api/providers/math/tools/slow/call",
				strings.NewReader(`{"arguments":{"ms":600000,"steps":100000},"timeout_ms":600000}`))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", "application/json")
			req.Header.Set("Accept", "text/event-stream")
			req.Header.Set("X-API-Key", made["raw_key"].(string))
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if _, err := resp.Body.Read(make([]byte, 1)); err != nil || resp.StatusCode != 200 {
				t.Fatalf("%d %v", resp.StatusCode, err)
			}
			end(made["key_id"].(string))
			rest, err := io.ReadAll(resp.Body)
			if err != nil || strings.Contains(string(rest), "event: result") {
				t.Errorf("it ran on: %.300s, %v", rest, err)
			}
			if ctx.Err() != nil {
				t.Error("it ended only with the client's patience")
			}
		})
	}
}

func TestRequestsOfOnePrincipalAreLimited(t *testing.T) {
	var admin string
	a := apptest.Start(t, apptest.WithFile("auth: {enabled: true, rate_limit: {per_second: 1, burst: 5, anonymous_per_second: 1, anonymous_burst: 3}}\n"), apptest.WithAdmin(&admin))
	limited := func(c *apptest.App, path string, first int) {
		t.Helper()
		for range 60 {
			got := c.Do("GET", path, nil)
			if got.Status == 429 {
				if got.Body["error"] != "RateLimitExceededError" || got.Header.Get("Retry-After") == "" {
					t.Errorf("%v %s", got.Header, got.Raw)
				}
				return
			}
			if got.Status != first {
				t.Fatalf("%d %s", got.Status, got.Raw)
			}
		}
		t.Error("nothing limits it")
	}
	limited(a, "/api/providers", 401)
	limited(a.As(admin), "/api/providers", 200)
}

// The offline command's work: on a directory in use it refuses and says by whom; else it makes an admin.
func TestBootstrapOnTheDataDirectory(t *testing.T) {
	dir := t.TempDir()
	a := apptest.Start(t, apptest.InDir(dir), apptest.WithFile(apptest.SignIn))
	c, err := config.Load(config.Source{
		File: filepath.Join(dir, "hangar.yaml"), Flags: map[string]string{"data": filepath.Join(dir, "data"), "storage-url": storetest.Known(dir)},
		Env: func(string) (string, bool) { return "", false },
	})
	if err != nil {
		t.Fatal(err)
	}
	n := auth.NewKey{Principal: "owner", Name: "bootstrap"}
	var locked *store.LockedError
	if _, _, err := app.Bootstrap(t.Context(), c, n, slog.New(slog.DiscardHandler)); !errors.As(err, &locked) || locked.Holder.URL != a.URL {
		t.Fatalf("on a directory in use: %v", err)
	}
	a.Stop()
	_, raw, err := app.Bootstrap(t.Context(), c, n, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	b := apptest.Start(t, apptest.InDir(dir), apptest.WithFile(apptest.SignIn))
	b.As(raw).Want(201, "POST", "/api/groups", map[string]any{"group_id": "g"})
}

func TestSecurityHeadersAreOnEveryAnswer(t *testing.T) {
	var admin string
	a := apptest.Start(t, apptest.WithFile(apptest.SignIn), apptest.WithAdmin(&admin))
	for _, path := range []string{"/", "/login", "/setup", "/docs", "/livez", "/api/providers", "/api/nope", "/api/openapi.json", "/mcp/providers/none", "/assets/none", "/api/ws/events"} {
		for _, c := range []*apptest.App{a, a.As(admin)} {
			got := c.Do("GET", path, nil)
			h := got.Header
			if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("X-Frame-Options") != "DENY" || h.Get("Referrer-Policy") == "" ||
				!strings.Contains(h.Get("Content-Security-Policy"), "default-src 'none'") || !strings.Contains(h.Get("Content-Security-Policy"), "frame-ancestors 'none'") ||
				strings.Contains(h.Get("Content-Security-Policy"), "unsafe") || h.Get("Cache-Control") == "" {
				t.Errorf("%s (%d): %v", path, got.Status, h)
			}
		}
	}
}

// A body that could be read in two ways is not read at all.
func TestABodyIsReadInOneWay(t *testing.T) {
	a := apptest.Start(t)
	for name, body := range map[string]string{
		"a key twice":            `{"principal_id":"p","effect":"deny","effect":"allow"}`,
		"a key twice, disguised": `{"principal_id":"p","effect":"deny","effec\u0074":"allow"}`,
		"a key in another case":  `{"principal_id":"p","effect":"deny","Effect":"allow"}`,
		"depth":                  `{"principal_id":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `}`,
	} {
		if got := a.Do("PUT", "/api/auth/policies/math/add", body); got.Status != 400 && got.Status != 422 {
			t.Errorf("%s: %d %s", name, got.Status, got.Raw)
		}
	}
	large, _ := json.Marshal(map[string]string{"principal_id": strings.Repeat("x", 2<<20)})
	if got := a.Do("PUT", "/api/auth/policies/math/add", string(large)); got.Status != 413 {
		t.Errorf("a large body: %d", got.Status)
	}
	if got := a.Want(200, "GET", "/api/auth/policies/math/add", nil); got.Body["found"] != false {
		t.Errorf("something was set: %s", got.Raw)
	}
}
