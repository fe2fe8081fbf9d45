package redact

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestNamesOfSecrets(t *testing.T) {
	for name, want := range map[string]bool{
		"password": true, "Passwd": true, "DB_PASSWORD": true, "token": true, "access_token": true, "refreshToken": true, "apiKey": true, "api_key": true,
		"x-api-key": true, "Authorization": true, "Set-Cookie": true, "client_secret": true, "clientSecret": true, "OPENAI_API_KEY": true, "privateKey": true,
		"Mcp-Session-Id": true, "AWS_SECRET_ACCESS_KEY": true, "credentials": true,
		"key": false, "provider": false, "tokenizer": false, "secretary": false, "path": false, "author": false, "token_count": false, "monkey": false, "": false,
	} {
		if Key(name) != want {
			t.Errorf("%q: %v", name, !want)
		}
	}
}

// canaries are secrets in the shapes that they have in the wild; each must be gone, and what is around it must stay.
func canaries() map[string][2]string {
	return map[string][2]string{
		"a bearer token":          {"sent Authorization: Bearer abcDEF123456.xyz to host", "abcDEF123456"},
		"a basic header":          {"Basic dXNlcjpwYXNzd29yZA== was refused", "dXNlcjpwYXNzd29yZA"},
		"a password in a URL":     {"dial postgres://app:hunter2@db:5432/x failed", "hunter2"},
		"a token in a query":      {"GET https://h/x?a=1&access_token=s3cr3tvalue&b=2 gave 500", "s3cr3tvalue"},
		"an OAuth code":           {"callback?code=4%2F0Ab_secret&state=x", "4%2F0Ab_secret"},
		"an OpenAI key":           {"key sk-proj-abcdefghijklmnopqrstuv is wrong", "abcdefghijklmnopqrstuv"},
		"a GitHub token":          {"ghp_abcdefghijklmnopqrstuvwxyz012345 expired", "abcdefghijklmnopqrstuvwxyz"},
		"a GitHub fine token":     {"github_pat_11ABCDEFG0abcdefghijkl_xyz used", "11ABCDEFG0abcdefghijkl"},
		"our own key":             {"mcp_0123456789abcdef0123 unknown", "0123456789abcdef0123"},
		"a Slack token":           {"xoxb-123456789012-abcdef posted", "123456789012-abcdef"},
		"an AWS key":              {"AKIAIOSFODNN7EXAMPLE denied", "AKIAIOSFODNN7EXAMPLE"},
		"a JWT":                   {"got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl back", "eyJzdWIiOiIxIn0"},
		"a private key":           {"read -----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\n-----END EC PRIVATE KEY----- twice", "MHcCAQEE"},
		"half a private key":      {"-----BEGIN PRIVATE KEY-----\nMIIEvQIB", "MIIEvQIB"},
		"a variable":              {"env DB_PASSWORD=hunter2 set", "hunter2"},
		"JSON inside of a text":   {`body {"api_key": "hunter2", "a": 1}`, "hunter2"},
		"a webhook secret":        {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"},
		"a token after its title": {"token: abcdef123", "abcdef123"},
	}
}

func TestShapesOfSecrets(t *testing.T) {
	for name, c := range canaries() {
		if got := Text(c[0]); strings.Contains(got, c[1]) || !strings.Contains(got, Mask) {
			t.Errorf("%s: %s", name, got)
		}
	}
	for _, harmless := range []string{
		"provider \"math\" exited with code 1", "GET /api/providers?state=ready took 3 ms", "https://example.com/docs#tokens",
		"no answer within 5s", "the key file was missing", "see http://127.0.0.1:8000/", "a tool named basic", "monkey=1",
	} {
		if got := Text(harmless); got != harmless {
			t.Errorf("%q became %q", harmless, got)
		}
	}
}

// Whatever way a secret takes into the log, it does not come out.
func TestTheLogHoldsNoSecret(t *testing.T) {
	const secret = "s3cr3t-canary"
	for format, out := range map[string]*bytes.Buffer{"json": {}, "text": {}} {
		var h slog.Handler = slog.NewTextHandler(out, nil)
		if format == "json" {
			h = slog.NewJSONHandler(out, nil)
		}
		log := slog.New(Handler(h))
		log.Info("password="+secret, "token", secret, "count", 3, "took", time.Second, "tokens", 7)
		log.With("api_key", secret).WithGroup("request").Info("x", "headers", http.Header{"Authorization": {"Bearer " + secret}, "Accept": {"all"}})
		log.Info("x", slog.Group("auth", "password", secret, "user", "ann"), slog.Group("credentials", "user", secret))
		log.Info("x", "error", fmt.Errorf("call: %w", errors.New("dial https://u:"+secret+"@h/")), "secret", errors.New(secret))
		log.Info("x", "spec", struct {
			Env   map[string]string `json:"env"`
			Token string            `json:"token"`
		}{map[string]string{"DB_PASSWORD": secret, "LANG": "C"}, secret})
		log.Info("x", "env", map[string]any{"nested": []any{map[string]any{"client_secret": secret}}}, "nothing", nil)
		log.Info("x", "value", valuer{secret}, "cannot marshal", func() {})
		text := out.String()
		if strings.Contains(text, secret) {
			t.Errorf("%s: %s", format, text)
		}
		for _, kept := range []string{"ann", "LANG", "all", "3", "7", "1000000000", Mask} {
			if format == "json" && !strings.Contains(text, kept) {
				t.Errorf("%s: %q is gone: %s", format, kept, text)
			}
		}
	}
}

type valuer struct{ s string }

func (v valuer) LogValue() slog.Value { return slog.GroupValue(slog.String("token", v.s)) }
