package oauth_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	"go.uber.org/goleak"

	protocol "hangar/backend/mcp"
	"hangar/backend/oauth"
	"hangar/backend/provider"
	"hangar/backend/secret"
	"hangar/backend/store"
	"hangar/backend/storetest"
	"hangar/backend/storetest/fresh"
	"hangar/backend/upstream"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(storetest.Main(m)) }

// world is a provider behind OAuth, its authorization server, and Hangar's client.
type world struct {
	t        *testing.T
	provider *httptest.Server // the official SDK's server behind a check of tokens
	as       *httptest.Server
	client   *oauth.Client
	vault    *secret.Vault
	woken    []string

	mu         sync.Mutex // guards what follows
	meta       map[string]any
	resource   map[string]any
	challenge  string // more of WWW-Authenticate
	scope      string // that calls need
	codes      map[string]url.Values
	tokens     map[string]string // access token to scope
	refresh    map[string]bool
	lifetime   int
	registered int
	exchanged  []url.Values
	basic      []string // the client's own credentials at the token endpoint
	issued     int
	broken     int // status of the token endpoint, instead of an answer
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, codes: map[string]url.Values{}, tokens: map[string]string{}, refresh: map[string]bool{}, lifetime: 3600}
	w.as = server(t, w.serveAS)
	server1 := mcp.NewServer(&mcp.Implementation{Name: "sdk", Version: "1"}, nil)
	mcp.AddTool(server1, &mcp.Tool{Name: "hi"}, func(context.Context, *mcp.CallToolRequest, struct{}) (*mcp.CallToolResult, any, error) {
		return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: "hello"}}}, nil, nil
	})
	inner := mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return server1 }, &mcp.StreamableHTTPOptions{Stateless: true})
	w.provider = server(t, func(rw http.ResponseWriter, r *http.Request) { w.guard(rw, r, inner) })
	w.meta = map[string]any{
		"issuer": w.as.URL, "authorization_endpoint": w.as.URL + "/authorize", "token_endpoint": w.as.URL + "/token",
		"registration_endpoint": w.as.URL + "/register", "code_challenge_methods_supported": []string{"S256"},
		"authorization_response_iss_parameter_supported": true, "token_endpoint_auth_methods_supported": []string{"none", "client_secret_basic"},
	}
	w.resource = map[string]any{"resource": w.provider.URL + "/mcp", "authorization_servers": []string{w.as.URL}}
	dir := t.TempDir()
	log := slog.New(slog.DiscardHandler)
	fresh.Into(t, dir)
	db, err := store.Open(t.Context(), store.Options{Dir: dir, URL: storetest.URL(t, dir), Log: log})
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	w.vault, err = secret.Open(t.Context(), db, dir, log)
	must(t, err)
	w.restart()
	return w
}

// restart is a new Hangar over the same store.
func (w *world) restart() {
	w.client = oauth.New(oauth.Options{
		Vault: w.vault, RedirectURL: func() string { return "http://127.0.0.1:8000/oauth/callback" }, Log: slog.New(slog.DiscardHandler),
		Authorized: func(_ context.Context, id string) { w.woken = append(w.woken, id) },
	})
}

func server(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

// guard is the resource server.
func (w *world) guard(rw http.ResponseWriter, r *http.Request, inner http.Handler) {
	w.mu.Lock()
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	scope, good := w.tokens[token]
	need, meta, more := w.scope, w.resource, w.challenge
	w.mu.Unlock()
	at := w.provider.URL + "/.well-known/oauth-protected-resource/mcp"
	switch {
	case strings.HasPrefix(r.URL.Path, "/.well-known/oauth-protected-resource") && meta != nil:
		answer(rw, 200, meta)
	case strings.HasPrefix(r.URL.Path, "/.well-known/"):
		http.NotFound(rw, r)
	case !good:
		rw.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer resource_metadata="%s"%s`, at, more))
		rw.WriteHeader(401)
	case need != "" && !strings.Contains(scope, need):
		rw.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer error="insufficient_scope", scope="%s", resource_metadata="%s"`, need, at))
		rw.WriteHeader(403)
	default:
		inner.ServeHTTP(rw, r)
	}
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the other side may be gone
}

// serveAS is the authorization server.
func (w *world) serveAS(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch r.URL.Path {
	case "/.well-known/oauth-authorization-server":
		answer(rw, 200, w.meta)
	case "/register":
		w.registered++
		var asked map[string]any
		_ = json.NewDecoder(r.Body).Decode(&asked)
		asked["client_id"] = fmt.Sprintf("client%d", w.registered)
		answer(rw, 201, asked)
	case "/token":
		_ = r.ParseForm()
		id, pass, _ := r.BasicAuth()
		w.exchanged, w.basic = append(w.exchanged, r.PostForm), append(w.basic, id+":"+pass)
		if w.broken != 0 {
			rw.WriteHeader(w.broken)
			return
		}
		w.token(rw, r.PostForm)
	default:
		http.NotFound(rw, r)
	}
}

func (w *world) token(rw http.ResponseWriter, form url.Values) {
	scope := ""
	switch form.Get("grant_type") {
	case "authorization_code":
		asked := w.codes[form.Get("code")]
		delete(w.codes, form.Get("code"))
		sum := sha256.Sum256([]byte(form.Get("code_verifier")))
		if asked == nil || asked.Get("code_challenge") != base64.RawURLEncoding.EncodeToString(sum[:]) || asked.Get("redirect_uri") != form.Get("redirect_uri") ||
			asked.Get("resource") != form.Get("resource") {
			answer(rw, 400, map[string]any{"error": "invalid_grant", "error_description": "code, verifier, redirect or resource"})
			return
		}
		scope = asked.Get("scope")
	case "refresh_token":
		if !w.refresh[form.Get("refresh_token")] {
			answer(rw, 400, map[string]any{"error": "invalid_grant"})
			return
		}
		delete(w.refresh, form.Get("refresh_token")) // each is good once
	}
	w.issued++
	access, refresh := fmt.Sprintf("access%d", w.issued), fmt.Sprintf("refresh%d", w.issued)
	w.tokens[access], w.refresh[refresh] = scope, true
	answer(rw, 200, map[string]any{"access_token": access, "token_type": "Bearer", "expires_in": w.lifetime, "refresh_token": refresh})
}

// consent is a person who visits the link and agrees: what the browser brings back.
func (w *world) consent(link string) url.Values {
	w.t.Helper()
	u, err := url.Parse(link)
	must(w.t, err)
	q := u.Query()
	w.mu.Lock()
	defer w.mu.Unlock()
	code := fmt.Sprintf("code%d", len(w.codes)+w.issued)
	w.codes[code] = q
	return url.Values{"state": {q.Get("state")}, "code": {code}, "iss": {w.as.URL}}
}

func (w *world) spec(a provider.Auth) provider.Provider {
	a.Type = "oauth"
	return provider.Provider{ID: "far", Source: provider.SourceAPI, Spec: provider.Spec{Mode: provider.Remote, Endpoint: w.provider.URL + "/mcp", Auth: &a}}
}

// start makes contact as the fleet does.
func (w *world) start(p provider.Provider) (*upstream.Remote, error) {
	w.t.Helper()
	r, err := (&upstream.Remotes{OAuth: w.client.For}).Open(p, upstream.Options{Name: "hangar", Version: "test", Log: slog.New(slog.DiscardHandler)})
	must(w.t, err)
	w.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		r.Stop(ctx)
	})
	_, err = r.Handshake(w.t.Context())
	return r, err
}

// link starts and expects to be sent to a person.
func (w *world) link(p provider.Provider) string {
	w.t.Helper()
	_, err := w.start(p)
	link, ok := oauth.NeedsAuthorization(err)
	if !ok {
		w.t.Fatalf("no authorization is asked for: %v", err)
	}
	return link
}

// authorized goes the whole way.
func (w *world) authorized(p provider.Provider) *upstream.Remote {
	w.t.Helper()
	back := w.consent(w.link(p))
	_, err := w.client.Complete(w.t.Context(), back.Get("state"), back.Get("code"), back.Get("iss"))
	must(w.t, err)
	r, err := w.start(p)
	must(w.t, err)
	return r
}

func (w *world) call(r *upstream.Remote) error {
	_, err := r.Request(w.t.Context(), protocol.Exchange{Method: protocol.MethodCallTool, Params: json.RawMessage(`{"name":"hi","arguments":{}}`)})
	return err
}

// issuedSoFar counts tokens; the subscription of a conversation may ask for one beside the test.
func (w *world) issuedSoFar() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.issued
}

func (w *world) set(change func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change()
}

// back is a browser at our callback.
func (w *world) back(q url.Values) (int, string) {
	rec := httptest.NewRecorder()
	w.client.Callback(rec, httptest.NewRequest(http.MethodGet, "/oauth/callback?"+q.Encode(), nil))
	body, _ := io.ReadAll(rec.Body)
	return rec.Code, string(body)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
