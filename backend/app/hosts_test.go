package app_test

import (
	"bytes"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"hangar/backend/apptest"
)

// spoken is a log that is read while it is written.
type spoken struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write takes a line.
func (s *spoken) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

func (s *spoken) find(re *regexp.Regexp) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := re.FindStringSubmatch(s.text.String()); m != nil {
		return m[1]
	}
	return ""
}

// Every listener asks every request for its Host and its Origin, at every door that there is, before anything else: a name
// that was rebound and a page of another site get nothing, and no socket.
func TestEveryListenerKnowsItsNames(t *testing.T) {
	log := &spoken{}
	a := apptest.Start(t, apptest.WithLog(log), apptest.WithFile("allowed_hosts: [ops.example.com]\nallowed_origins: [https://other.example.com]\n"))
	var second string
	eventually(t, "the second listener", func() bool {
		second = log.find(regexp.MustCompile(`started on ws://(127\.0\.0\.1:\d+)`))
		return second != ""
	})
	const fine, refused, ours = "fine", "refused", "ours" // ours: a page of the main listener, at the second one
	table := map[string]struct{ host, origin, want string }{
		"no origin":                         {"", "", fine},
		"our own page":                      {"", "self", fine},
		"our page, by its other name":       {"", "http://localhost:PORT", ours},
		"our page, by its address in IPv6":  {"", "http://[::1]:PORT", ours},
		"localhost":                         {"localhost:8000", "", fine},
		"localhost, loudly":                 {"LocalHost", "", fine},
		"loopback in IPv6":                  {"[::1]:8000", "", fine},
		"a name that is listed":             {"ops.example.com", "https://ops.example.com", fine},
		"a listed name with a port":         {"OPS.example.com:8443", "", fine},
		"a site that is listed":             {"", "https://other.example.com", fine},
		"a rebound name":                    {"evil.example.com", "", refused},
		"a rebound name and its page":       {"evil.example.com:PORT", "http://evil.example.com:PORT", refused},
		"a name that begins like ours":      {"localhost.evil.example.com", "", refused},
		"a name that begins like a address": {"127.0.0.1.evil.example.com", "", refused},
		"a name that ends like a listed":    {"evil-ops.example.com", "", refused},
		"a listed name in another":          {"ops.example.com.evil.example.com", "", refused},
		"the unspecified address":           {"0.0.0.0:PORT", "", refused},
		"the unspecified address in IPv6":   {"[::]:PORT", "", refused},
		"an address of the network":         {"192.168.1.7:PORT", "", refused},
		"the metadata service":              {"169.254.169.254", "", refused},
		"loopback as a number":              {"2130706433", "", refused},
		"another site's page":               {"", "https://evil.example.com", refused},
		"a listed site by http":             {"", "http://other.example.com", refused},
		"a listed site on another port":     {"", "https://other.example.com:8443", refused},
		"a site below a listed one":         {"", "https://x.other.example.com", refused},
		"another port of this machine":      {"", "http://127.0.0.1:1", refused},
		"a file or a sandbox (null)":        {"", "null", refused},
		"a file":                            {"", "file://", refused},
		"an extension":                      {"", "chrome-extension://abcdef", refused},
		"our host in a longer one":          {"", "self.evil.example.com", refused},
		"our host as a user":                {"", "http://127.0.0.1:PORT@evil.example.com", refused},
		"two origins":                       {"", "self, https://evil.example.com", refused},
		"what is no origin":                 {"", "evil", refused},
	}
	doors := []string{"GET /api/providers", "POST /api/providers", "GET /", "GET /docs", "GET /docs/ws", "GET /examples/", "GET /login", "GET /metrics", "GET /debug/pprof/", "GET /debug/pprof/goroutine",
		"POST /mcp", "DELETE /mcp", "POST /mcp/providers/math", "POST /mcp/groups/all", "GET /oauth/callback", "GET /nowhere", "GET /api/openapi.json",
		"WS /api/ws/events", "WS /api/ws/state", "WS /api/ws/operations", "WS /api/ws/providers/math/logs", "WS /ws/mcp-status"}
	main := strings.TrimPrefix(a.URL, "http://")
	for listener, doors := range map[string][]string{main: doors, second: {"WS /", "GET /", "GET /nowhere", "POST /", "WS /api/ws/events"}} {
		_, port, _ := strings.Cut(main, ":")
		for name, c := range table {
			for _, door := range doors {
				method, path, _ := strings.Cut(door, " ")
				r, err := http.NewRequestWithContext(t.Context(), strings.Replace(method, "WS", "GET", 1), (&url.URL{Scheme: "http", Host: listener, Path: path}).String(), nil)
				if err != nil {
					t.Fatal(err)
				}
				if c.host != "" {
					r.Host = strings.Replace(c.host, "PORT", port, 1)
				}
				if c.origin != "" {
					r.Header.Set("Origin", strings.NewReplacer("self", "http://"+listener, "PORT", port).Replace(c.origin))
				}
				if method == "WS" {
					for k, v := range map[string]string{"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="} {
						r.Header.Set(k, v)
					}
				}
				resp, err := http.DefaultTransport.RoundTrip(r)
				if err != nil {
					t.Fatal(err)
				}
				_ = resp.Body.Close() // a socket ends with it
				passes := c.want == fine || c.want == ours && listener == second
				opens := method == "WS" && path != "/api/ws/providers/math/logs" && !(listener == second && path != "/") // these say 404
				if !passes && resp.StatusCode != http.StatusForbidden || passes && (resp.StatusCode == http.StatusForbidden || opens && resp.StatusCode != http.StatusSwitchingProtocols) {
					t.Errorf("%s, %s of %s: %d", name, door, listener, resp.StatusCode)
				}
			}
		}
	}
	for _, probe := range []string{"/livez", "/readyz"} { // a load balancer asks by address; the answer says nothing of the fleet
		r := a.Request("GET", probe, nil)
		r.Host = "10.1.2.3"
		if got := a.Send(r); got.Status != 200 {
			t.Errorf("%s: %d", probe, got.Status)
		}
	}
}
