package provider

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"hangar/backend/egress"
	"hangar/backend/fault"
)

// Limits of a remote definition.
const (
	maxEndpoint, maxSecret, maxScopes = 2048, 16_384, 50
	minConnect, maxConnect            = 1, 120 // seconds
	maxHeaders                        = 50
)

// checkRemote is what mode remote needs and may be.
func (s Spec) checkRemote() error {
	if err := checkEndpoint(s.Endpoint); err != nil {
		return err
	}
	if err := s.Auth.check(); err != nil {
		return err
	}
	if err := s.TLS.check(s.Endpoint); err != nil {
		return err
	}
	return s.HTTP.check(s.Auth)
}

// checkEndpoint judges the address as it is written; what a name resolves to is judged at each connection. Loopback is
// fine here: whoever may write a definition may mean this machine (decisions.md 18).
func checkEndpoint(endpoint string) error {
	if endpoint == "" {
		return fault.Field("endpoint", "mode remote needs an endpoint URL")
	}
	if len(endpoint) > maxEndpoint {
		return fault.Field("endpoint", "at most %d characters", maxEndpoint)
	}
	u, err := url.Parse(endpoint)
	switch {
	case err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "":
		return fault.Field("endpoint", "must be an http or https URL with a host")
	case u.User != nil:
		return fault.Field("endpoint", "must not carry credentials; give them in auth")
	case u.Fragment != "":
		return fault.Field("endpoint", "must not have a fragment")
	}
	if err := (egress.Policy{Loopback: true}).CheckHost(u.Hostname()); err != nil {
		return fault.Field("endpoint", "%s", err)
	}
	return nil
}

func (a *Auth) check() error {
	if a == nil {
		return nil
	}
	for _, f := range []struct {
		field, value string
		of           string // the only type that has this field
		needed       bool
	}{
		{"bearer_token", a.BearerToken, "bearer", true},
		{"api_key", a.APIKey, "api_key", true},
		{"api_key_header", a.APIKeyHeader, "api_key", false},
		{"username", a.Username, "basic", true},
		{"password", a.Password, "basic", false},
		{"client_id", a.ClientID, "oauth", false},
		{"client_secret", a.ClientSecret, "oauth", false},
		{"scopes", strings.Join(a.Scopes, " "), "oauth", false},
	} {
		switch {
		case f.needed && a.Type == f.of && f.value == "":
			return fault.Field("auth."+f.field, "type %s needs it", f.of)
		case f.value != "" && a.Type != f.of:
			return fault.Field("auth."+f.field, "belongs to type %s, not to %q", f.of, a.Type)
		case len(f.value) > maxSecret || strings.ContainsAny(f.value, "\x00\r\n"):
			return fault.Field("auth."+f.field, "too long (at most %d bytes) or with a line break", maxSecret)
		}
	}
	switch {
	case !slices.Contains([]string{"", "none", "bearer", "api_key", "basic", "oauth"}, a.Type):
		return fault.Field("auth.type", "must be none, bearer, api_key, basic or oauth, not %q", a.Type)
	case a.APIKeyHeader != "" && !ours(a.APIKeyHeader):
		return fault.Field("auth.api_key_header", "%q is not a header that may be set", a.APIKeyHeader)
	case strings.Contains(a.Username, ":"):
		return fault.Field("auth.username", "must not contain a colon (RFC 7617)")
	case a.ClientSecret != "" && a.ClientID == "":
		return fault.Field("auth.client_id", "a client_secret needs its client_id")
	case len(a.Scopes) > maxScopes || slices.ContainsFunc(a.Scopes, func(s string) bool { return s == "" || strings.ContainsAny(s, " \"\\") }):
		return fault.Field("auth.scopes", "at most %d scopes, each without blanks and quotes (RFC 6749, 3.3)", maxScopes)
	}
	return nil
}

func (t *TLS) check(endpoint string) error {
	switch {
	case t == nil:
		return nil
	case strings.HasPrefix(strings.ToLower(endpoint), "http:"):
		return fault.Field("tls", "the endpoint is http, which has no TLS; make it https")
	case strings.ContainsRune(t.CACertPath, 0):
		return fault.Field("tls.ca_cert_path", "must not contain NUL")
	case t.CACertPath != "" && t.VerifySSL != nil && !*t.VerifySSL:
		return fault.Field("tls.ca_cert_path", "means nothing when verify_ssl is false")
	}
	return nil
}

func (h *HTTP) check(a *Auth) error {
	if h == nil {
		return nil
	}
	if h.ConnectTimeoutS != 0 {
		if err := between("http.connect_timeout_s", h.ConnectTimeoutS, minConnect, maxConnect); err != nil {
			return err
		}
	}
	if !slices.Contains([]string{"", "auto", "stateless", "session", "sse"}, h.Protocol) {
		return fault.Field("http.protocol", "must be auto, stateless, session or sse, not %q", h.Protocol)
	}
	if len(h.Headers) > maxHeaders {
		return fault.Field("http.headers", "at most %d headers", maxHeaders)
	}
	proof := a != nil && a.Type != "" && a.Type != "none"
	for name, value := range h.Headers {
		switch {
		case !ours(name):
			return fault.Field("http.headers."+name, "is not a header that may be set: its name is wrong, or the protocol uses it")
		case proof && strings.EqualFold(name, "Authorization"):
			return fault.Field("http.headers."+name, "auth sets this header already")
		case len(value) > maxSecret || strings.ContainsFunc(value, func(c rune) bool { return c < 0x20 && c != '\t' || c == 0x7f }):
			return fault.Field("http.headers."+name, "value too long (at most %d bytes) or with control characters", maxSecret)
		}
	}
	return nil
}

// ours reports whether a definition may set a header: a token (RFC 9110, 5.6.2) that neither HTTP nor MCP needs itself.
func ours(name string) bool {
	if name == "" || strings.ContainsFunc(name, func(c rune) bool {
		return c <= ' ' || c >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, c)
	}) {
		return false
	}
	canonical := http.CanonicalHeaderKey(name)
	return !strings.HasPrefix(canonical, "Mcp-") && !slices.Contains([]string{
		"Accept", "Connection", "Content-Length", "Content-Type", "Content-Encoding", "Accept-Encoding", "Host", "Last-Event-Id", "Te",
		"Trailer", "Transfer-Encoding", "Upgrade", "Proxy-Authorization", "Proxy-Connection",
	}, canonical)
}
