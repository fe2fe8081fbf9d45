package upstream

import (
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hangar/backend/fault"
	"hangar/backend/mcp"
	"hangar/backend/provider"
)

func TestHowWeProveWhoWeAre(t *testing.T) {
	for name, c := range map[string]struct {
		auth     provider.Auth
		header   string
		want     string
		question string // of the server, WWW-Authenticate
		advice   string
	}{
		"bearer":              {provider.Auth{Type: "bearer", BearerToken: "tok"}, "Authorization", "Bearer tok", "Bearer realm=x", "check auth.bearer_token"},
		"api key":             {provider.Auth{Type: "api_key", APIKey: "k"}, "X-Api-Key", "k", "", "check auth.api_key"},
		"api key by its name": {provider.Auth{Type: "api_key", APIKey: "k", APIKeyHeader: "X-Token"}, "X-Token", "k", "", "check auth.api_key"},
		"basic":               {provider.Auth{Type: "basic", Username: "u", Password: "p"}, "Authorization", "Basic dTpw", "Basic", "check auth.username"},
		"nothing":             {provider.Auth{}, "X-Tenant", "t", `Bearer resource_metadata="x"`, `give auth with type "oauth"`},
	} {
		t.Run(name, func(t *testing.T) {
			known := true
			p := remoteSpec(serve(t, http.HandlerFunc(func(w http.ResponseWriter, rq *http.Request) {
				raw, _ := io.ReadAll(rq.Body)
				m, _ := mcp.Parse(raw)
				if rq.Header.Get(c.header) != c.want || rq.Header.Get("X-Tenant") != "t" {
					t.Errorf("%v", rq.Header)
				}
				if !known {
					if c.question != "" {
						w.Header().Set("WWW-Authenticate", c.question)
					}
					w.WriteHeader(http.StatusUnauthorized)
					return
				}
				w.Header().Set("Content-Type", typeJSON)
				_, _ = io.WriteString(w, result(m, discovered))
			})))
			p.Spec.Auth, p.Spec.HTTP = &c.auth, &provider.HTTP{Headers: map[string]string{"x-tenant": "t"}}
			r := dial(t, p)
			hello(t, r)
			known = false
			_, err := r.Request(t.Context(), plain("tools/list", nil, nil))
			f := fault.From(err)
			if f.Kind != fault.Unavailable || f.Type != "ProviderAuthenticationError" || !strings.Contains(f.Message, c.advice) || strings.Contains(err.Error(), "tok") && name != "bearer" {
				t.Errorf("%v", err)
			}
			if c.question != "" && f.Details["www_authenticate"] != c.question {
				t.Errorf("%v", f.Details)
			}
		})
	}
}

func TestWhatKeepsUsFromConnecting(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "http://" + free.Addr().String()
	free.Close()
	secure := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, rq *http.Request) {
		raw, _ := io.ReadAll(rq.Body)
		m, _ := mcp.Parse(raw)
		w.Header().Set("Content-Type", typeJSON)
		_, _ = io.WriteString(w, result(m, discovered))
	}))
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	leads := scripted(t, func(seen) (int, string) { return 200, "" })
	to := serve(t, http.RedirectHandler("http://169.254.169.254/latest/", http.StatusTemporaryRedirect))
	no := false
	for name, c := range map[string]struct {
		change func(*provider.Provider)
		kind   string
		words  string
	}{
		"nobody listens":        {func(p *provider.Provider) { p.Spec.Endpoint = nobody }, "ConnectionRefusedError", "connection refused by 127.0.0.1"},
		"no such name":          {func(p *provider.Provider) { p.Spec.Endpoint = "http://nobody.invalid/" }, "HostNotFoundError", "nobody.invalid"},
		"metadata":              {func(p *provider.Provider) { p.Spec.Endpoint = "http://169.254.169.254/" }, "AddressNotAllowedError", "169.254.169.254"},
		"a redirect to it":      {func(p *provider.Provider) { p.Spec.Endpoint = to }, "RedirectError", "another origin"},
		"an unknown authority":  {func(p *provider.Provider) { p.Spec.Endpoint = secure.URL }, "CertificateError", "ca_cert_path"},
		"a known one":           {func(p *provider.Provider) { p.Spec.Endpoint, p.Spec.TLS = secure.URL, &provider.TLS{CACertPath: ca} }, "", ""},
		"one that is not asked": {func(p *provider.Provider) { p.Spec.Endpoint, p.Spec.TLS = secure.URL, &provider.TLS{VerifySSL: &no} }, "", ""},
		"discovery and loopback": {func(p *provider.Provider) { p.Spec.Endpoint, p.Source = leads, provider.SourceDiscovery },
			"AddressNotAllowedError", "only definitions made by a person"},
	} {
		t.Run(name, func(t *testing.T) {
			p := remoteSpec("")
			c.change(&p)
			_, err := dial(t, p).Handshake(t.Context())
			f := fault.From(err)
			var unsent interface{ Unsent() bool }
			if early := errors.As(err, &unsent) && unsent.Unsent(); early != strings.Contains("ConnectionRefusedError HostNotFoundError AddressNotAllowedError CertificateError", f.Type) && err != nil {
				t.Errorf("unsent is %v: %v", early, err)
			}
			if c.kind == "" && err != nil || c.kind != "" && (f.Type != c.kind || f.Kind != fault.Unavailable || !strings.Contains(f.Message, c.words)) {
				t.Errorf("%s: %v", f.Type, err)
			}
		})
	}
	for path, words := range map[string]string{"/nowhere/ca.pem": "cannot be read: no such file", "/dev/null": "not a regular file", "/dev/zero": "not a regular file", os.Args[0]: "is longer than", "reach_test.go": "holds no certificate"} {
		p := remoteSpec(secure.URL)
		p.Spec.TLS = &provider.TLS{CACertPath: path}
		if _, err := (&Remotes{}).Open(p, Options{}); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%v", err)
		}
	}
}

// The oldest dialect may name any address to post to; our credentials only go to the one in the definition.
func TestTheEventStreamMayNotSendUsElsewhere(t *testing.T) {
	reached := false
	other := serve(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	p := remoteSpec(scripted(t, func(seen) (int, string) { return 200, "event: endpoint\ndata: " + other + "/take\n\n" }))
	p.Spec.HTTP = &provider.HTTP{Protocol: "sse"}
	if _, err := dial(t, p).Handshake(t.Context()); err == nil || !strings.Contains(err.Error(), "not its own origin") || reached {
		t.Errorf("%v, reached: %v", err, reached)
	}
}
