package oauth_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"hangar/backend/fault"
	"hangar/backend/oauth"
	"hangar/backend/provider"
)

func TestFromARefusalToACall(t *testing.T) {
	w := newWorld(t)
	w.challenge = `, scope="read"`
	link := w.link(w.spec(provider.Auth{Scopes: []string{"write"}}))
	q := query(t, link)
	for key, want := range map[string]string{
		"response_type": "code", "client_id": "client1", "redirect_uri": "http://127.0.0.1:8000/oauth/callback", "resource": w.provider.URL + "/mcp",
		"code_challenge_method": "S256", "scope": "read write",
	} {
		if q.Get(key) != want {
			t.Errorf("%s: %q, want %q", key, q.Get(key), want)
		}
	}
	if len(q.Get("state")) < 40 || len(q.Get("code_challenge")) != 43 || !strings.HasPrefix(link, w.as.URL+"/authorize?") {
		t.Errorf("%s", link)
	}
	if again := w.link(w.spec(provider.Auth{Scopes: []string{"write"}})); again != link {
		t.Error("a second start made the first link void")
	}
	status, text := w.back(w.consent(link))
	if status != 200 || !strings.Contains(text, "far is authorized") || len(w.woken) != 1 || w.woken[0] != "far" {
		t.Fatalf("%d %s %v", status, text, w.woken)
	}
	p := w.spec(provider.Auth{Scopes: []string{"write"}})
	r, err := w.start(p)
	must(t, err)
	must(t, w.call(r))
	w.restart() // the tokens are stored
	r, err = w.start(p)
	must(t, err)
	must(t, w.call(r))
	if w.issued != 1 || w.registered != 1 {
		t.Errorf("%d tokens, %d registrations", w.issued, w.registered)
	}
	form := w.exchanged[0]
	if form.Get("resource") != w.provider.URL+"/mcp" || form.Get("client_id") != "client1" || len(form.Get("code_verifier")) < 43 {
		t.Errorf("%v", form)
	}
	p.Spec.Endpoint += "?tenant=other" // another resource: our token is not for it
	w.resource["resource"] = p.Spec.Endpoint
	w.link(p)
	must(t, w.client.Forget(t.Context(), "far"))
	w.resource["resource"] = w.provider.URL + "/mcp"
	w.link(w.spec(provider.Auth{}))
	if w.registered != 1 {
		t.Error("a client that is registered was registered again")
	}
}

func query(t *testing.T, link string) url.Values {
	t.Helper()
	u, err := url.Parse(link)
	must(t, err)
	return u.Query()
}

func TestATokenIsRenewedOnceForAll(t *testing.T) {
	w := newWorld(t)
	r := w.authorized(w.spec(provider.Auth{}))
	w.set(func() { clear(w.tokens) }) // revoked, or the clock of the server is another one
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if err := w.call(r); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if w.issuedSoFar() != 2 {
		t.Errorf("%d tokens", w.issuedSoFar())
	}
	if form := w.exchanged[1]; form.Get("refresh_token") != "refresh1" || form.Get("resource") != w.provider.URL+"/mcp" {
		t.Errorf("%v", form)
	}
	w.restart()
	w.set(func() { clear(w.tokens) })
	r, err := w.start(w.spec(provider.Auth{}))
	must(t, err)
	must(t, w.call(r))
	if w.exchanged[2].Get("refresh_token") != "refresh2" {
		t.Error("the newest refresh token was not stored")
	}
}

func TestATokenIsRenewedBeforeItExpires(t *testing.T) {
	w := newWorld(t)
	w.lifetime = 1 // within the time that we renew ahead
	r := w.authorized(w.spec(provider.Auth{}))
	before := w.issuedSoFar()
	must(t, w.call(r))
	if after := w.issuedSoFar(); after <= before {
		t.Errorf("%d tokens before the call and after it", after)
	}
}

func TestWhenATokenCannotBeRenewed(t *testing.T) {
	w := newWorld(t)
	r := w.authorized(w.spec(provider.Auth{}))
	w.set(func() { clear(w.tokens); w.broken = 503 })
	if err := w.call(r); fault.From(err).Type != "TokenRefreshError" {
		t.Errorf("the server is away: %v", err)
	}
	w.set(func() { w.broken = 0 })
	must(t, w.call(r)) // nothing was lost by that
	w.set(func() { clear(w.tokens); clear(w.refresh) })
	if _, ok := oauth.NeedsAuthorization(w.call(r)); !ok {
		t.Error("nobody is asked to authorize again")
	}
}

func TestMoreIsAskedForWhenMoreIsNeeded(t *testing.T) {
	w := newWorld(t)
	p := w.spec(provider.Auth{Scopes: []string{"read"}})
	r := w.authorized(p)
	w.set(func() { w.scope = "admin" })
	link, ok := oauth.NeedsAuthorization(w.call(r))
	if !ok || query(t, link).Get("scope") != "admin read" {
		t.Fatalf("%s", link)
	}
	if status, text := w.back(w.consent(link)); status != 200 {
		t.Fatal(text)
	}
	must(t, w.call(r))
}

func TestAnAnswerThatIsNotForUs(t *testing.T) {
	for name, c := range map[string]struct {
		change func(w *world, q url.Values)
		status int
		words  string
	}{
		"another issuer":             {func(_ *world, q url.Values) { q.Set("iss", "https://evil.example") }, 403, "not from the authorization server"},
		"nearly the issuer":          {func(w *world, q url.Values) { q.Set("iss", w.as.URL+"/") }, 403, "not from the authorization server"},
		"no issuer, though promised": {func(_ *world, q url.Values) { q.Del("iss") }, 403, "not from the authorization server"},
		"another state":              {func(_ *world, q url.Values) { q.Set("state", "guessed") }, 422, "not known"},
		"no state":                   {func(_ *world, q url.Values) { q.Del("state") }, 422, "not known"},
		"no code":                    {func(_ *world, q url.Values) { q.Del("code") }, 422, "code"},
		"a code of another":          {func(_ *world, q url.Values) { q.Set("code", "stolen") }, 502, "invalid_grant"},
		"the person said no":         {func(_ *world, q url.Values) { q.Set("error", "access_denied"); q.Set("error_description", "not\nnow") }, 403, "access_denied not now"},
		"a refusal of another": {func(_ *world, q url.Values) { q.Set("error", "access_denied"); q.Set("iss", "https://evil.example") }, 403,
			"not from the authorization server"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			link := w.link(w.spec(provider.Auth{}))
			q := w.consent(link)
			c.change(w, q)
			if status, text := w.back(q); status != c.status || !strings.Contains(text, c.words) {
				t.Errorf("%d %s", status, text)
			}
			if w.issued != 0 || len(w.woken) != 0 {
				t.Error("there are tokens")
			}
		})
	}
}

func TestAStateIsGoodOnce(t *testing.T) {
	w := newWorld(t)
	q := w.consent(w.link(w.spec(provider.Auth{})))
	if status, text := w.back(q); status != 200 {
		t.Fatal(text)
	}
	if status, _ := w.back(q); status != 422 {
		t.Errorf("the second time: %d", status)
	}
}

func TestAServerWithoutTheIssuerParameter(t *testing.T) {
	w := newWorld(t)
	w.meta["authorization_response_iss_parameter_supported"] = false
	q := w.consent(w.link(w.spec(provider.Auth{})))
	q.Del("iss")
	if status, text := w.back(q); status != 200 {
		t.Errorf("%d %s", status, text)
	}
}

func TestAConfiguredClientIsNotRegistered(t *testing.T) {
	for name, c := range map[string]struct {
		methods []string
		basic   string
		post    string
	}{
		"basic":      {[]string{"client_secret_basic"}, "me:s%26t", ""},
		"by default": {nil, "me:s%26t", ""},
		"post":       {[]string{"client_secret_post"}, ":", "s&t"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			delete(w.meta, "token_endpoint_auth_methods_supported")
			if c.methods != nil {
				w.meta["token_endpoint_auth_methods_supported"] = c.methods
			}
			w.authorized(w.spec(provider.Auth{ClientID: "me", ClientSecret: "s&t"}))
			if w.registered != 0 || w.basic[0] != c.basic || w.exchanged[0].Get("client_secret") != c.post {
				t.Errorf("%d registrations, %q, %v", w.registered, w.basic, w.exchanged)
			}
		})
	}
}

func TestWhatCannotBeAskedForIsSaid(t *testing.T) {
	for name, c := range map[string]struct {
		change func(w *world)
		words  string
	}{
		"no registration":    {func(w *world) { delete(w.meta, "registration_endpoint") }, "give auth.client_id"},
		"no PKCE":            {func(w *world) { delete(w.meta, "code_challenge_methods_supported") }, "PKCE"},
		"only plain PKCE":    {func(w *world) { w.meta["code_challenge_methods_supported"] = []string{"plain"} }, "S256"},
		"another's metadata": {func(w *world) { w.meta["issuer"] = "https://evil.example" }, "does not match"},
		"another resource":   {func(w *world) { w.resource["resource"] = "https://other.example/mcp" }, "got metadata resource"},
		"no server":          {func(w *world) { w.resource["authorization_servers"] = []string{} }, "no authorization server"},
		"a script as page":   {func(w *world) { w.meta["authorization_endpoint"] = "javascript:alert(1)" }, "scheme"},
		"metadata service":   {func(w *world) { w.resource["authorization_servers"] = []string{"https://169.254.169.254"} }, "169.254.169.254"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			c.change(w)
			_, err := w.start(w.spec(provider.Auth{}))
			if f := fault.From(err); f.Type != "AuthorizationError" || !strings.Contains(f.Message, c.words) {
				t.Errorf("%v", err)
			}
		})
	}
}

// Revision 2025-03-26 had no metadata of the resource: there the provider is its own authorization server.
func TestAProviderThatIsItsOwnServer(t *testing.T) {
	w := newWorld(t)
	asked := false
	own := server(t, func(rw http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/.well-known/oauth-authorization-server":
			asked = true
			meta := map[string]any{}
			for k, v := range w.meta {
				meta[k] = v
			}
			meta["issuer"] = "http://" + r.Host
			answer(rw, 200, meta)
		case "/mcp":
			rw.WriteHeader(401)
		default:
			http.NotFound(rw, r)
		}
	})
	p := w.spec(provider.Auth{})
	p.Spec.Endpoint = own.URL + "/mcp"
	if q := query(t, w.link(p)); !asked || q.Get("resource") != p.Spec.Endpoint {
		t.Errorf("%v", q)
	}
}

// A refusal of a redirect keeps the code, the verifier and the refresh token where they belong.
func TestTheTokenEndpointMayNotSendUsElsewhere(t *testing.T) {
	w := newWorld(t)
	reached := false
	other := server(t, func(http.ResponseWriter, *http.Request) { reached = true })
	hop := server(t, func(rw http.ResponseWriter, r *http.Request) {
		http.Redirect(rw, r, other.URL, http.StatusTemporaryRedirect)
	})
	w.meta["token_endpoint"] = hop.URL
	if status, text := w.back(w.consent(w.link(w.spec(provider.Auth{})))); status != 502 || !strings.Contains(text, "another origin") || reached {
		t.Errorf("%d %s, reached: %v", status, text, reached)
	}
}
