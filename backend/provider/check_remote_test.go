package provider_test

import (
	"strings"
	"testing"

	"hangar/backend/fault"
	"hangar/backend/provider"
)

func remote(change func(*provider.Spec)) provider.Spec {
	s := provider.Spec{Mode: provider.Remote, Endpoint: "https://mcp.example.com/mcp"}.WithDefaults()
	change(&s)
	return s
}

func TestARemoteDefinitionIsRefusedByField(t *testing.T) {
	no, long := false, strings.Repeat("x", 20_000)
	at := func(endpoint string) func(*provider.Spec) {
		return func(s *provider.Spec) { s.Endpoint = endpoint }
	}
	proof := func(a provider.Auth) func(*provider.Spec) {
		return func(s *provider.Spec) { s.Auth = &a }
	}
	speak := func(h provider.HTTP) func(*provider.Spec) {
		return func(s *provider.Spec) { s.HTTP = &h }
	}
	header := func(name, value string) func(*provider.Spec) {
		return speak(provider.HTTP{Headers: map[string]string{name: value}})
	}
	for _, c := range []struct {
		field  string // that is named; empty when it is fine
		change func(*provider.Spec)
	}{
		{"", func(*provider.Spec) {}},
		{"", at("http://localhost:3000/mcp")}, {"", at("http://[::1]:3000/")}, {"", at("http://10.1.2.3/mcp?tenant=a")},
		{"endpoint", at("")}, {"endpoint", at("mcp.example.com")}, {"endpoint", at("ftp://x/")}, {"endpoint", at("http://")}, {"endpoint", at("http://:80/")},
		{"endpoint", at("https://u:p@x/")}, {"endpoint", at("https://x/#a")}, {"endpoint", at("https://x/" + long)},
		{"endpoint", at("http://169.254.169.254/")}, {"endpoint", at("http://[::ffff:169.254.169.254]/")}, {"endpoint", at("http://2852039166/")},
		{"endpoint", at("http://0xa9fea9fe/")}, {"endpoint", at("http://0177.0.0.1/")}, {"endpoint", at("http://[fe80::1%25eth0]/")},
		{"endpoint", at("http://[64:ff9b::a9fe:a9fe]/")}, {"endpoint", at("http://0.0.0.0/")},

		{"", proof(provider.Auth{Type: "bearer", BearerToken: "x"})}, {"", proof(provider.Auth{Type: "oauth"})},
		{"", proof(provider.Auth{Type: "api_key", APIKey: "x", APIKeyHeader: "X-Key"})}, {"", proof(provider.Auth{Type: "basic", Username: "u"})},
		{"auth.type", proof(provider.Auth{Type: "magic"})}, {"auth.bearer_token", proof(provider.Auth{Type: "bearer"})},
		{"auth.bearer_token", proof(provider.Auth{Type: "bearer", BearerToken: "a\nb"})}, {"auth.bearer_token", proof(provider.Auth{BearerToken: "x"})},
		{"auth.api_key", proof(provider.Auth{Type: "api_key"})}, {"auth.api_key_header", proof(provider.Auth{Type: "api_key", APIKey: "x", APIKeyHeader: "Content-Type"})},
		{"auth.username", proof(provider.Auth{Type: "basic"})}, {"auth.username", proof(provider.Auth{Type: "basic", Username: "a:b"})},
		{"auth.client_id", proof(provider.Auth{Type: "oauth", ClientSecret: "x"})}, {"auth.scopes", proof(provider.Auth{Type: "oauth", Scopes: []string{"a b"}})},
		{"auth.password", proof(provider.Auth{Type: "bearer", BearerToken: "x", Password: "y"})},

		{"", func(s *provider.Spec) { s.TLS = &provider.TLS{CACertPath: "/etc/ca.pem"} }},
		{"tls", func(s *provider.Spec) { s.Endpoint, s.TLS = "http://x/", &provider.TLS{} }},
		{"tls.ca_cert_path", func(s *provider.Spec) { s.TLS = &provider.TLS{VerifySSL: &no, CACertPath: "/x"} }},

		{"", speak(provider.HTTP{Protocol: "sse", ConnectTimeoutS: 5})}, {"", header("X-Tenant", "a")}, {"", header("Authorization", "Custom x")},
		{"http.protocol", speak(provider.HTTP{Protocol: "soap"})}, {"http.connect_timeout_s", speak(provider.HTTP{ConnectTimeoutS: -1})},
		{"http.connect_timeout_s", speak(provider.HTTP{ConnectTimeoutS: 121})},
		{"http.headers.Mcp-Session-Id", header("Mcp-Session-Id", "x")}, {"http.headers.host", header("host", "x")}, {"http.headers.a b", header("a b", "x")},
		{"http.headers.", header("", "x")}, {"http.headers.X", header("X", "a\r\nb: c")},
		{"http.headers.authorization", func(s *provider.Spec) {
			proof(provider.Auth{Type: "bearer", BearerToken: "x"})(s)
			header("authorization", "y")(s)
		}},
	} {
		err := remote(c.change).Check()
		if c.field == "" && err != nil {
			t.Errorf("%+v: %v", remote(c.change), err)
		}
		if c.field != "" && (!fault.Is(err, fault.Invalid) || !strings.HasPrefix(err.Error(), c.field+":")) {
			t.Errorf("%s: got %v", c.field, err)
		}
	}
}
