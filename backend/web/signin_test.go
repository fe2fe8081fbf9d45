package web

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

const hostile = `"><script>alert(1)</script>`

func TestTheSignInPagesShowWhatTheyAreTold(t *testing.T) {
	s := site(t, func(o *Options) { o.BasePath = "/ops/" })
	r := httptest.NewRequest("GET", "/login", nil)
	for name, c := range map[string]struct {
		show func(w http.ResponseWriter)
		want []string
	}{
		"sign in": {
			func(w http.ResponseWriter) {
				s.Login(w, r, 401, LoginPage{Token: "tok", Next: "/ops/docs?a=" + hostile, Error: "no " + hostile})
			},
			[]string{`<form method="post" action="login">`, `name="token" value="tok"`, `type="password"`, `role="alert"`, `<base href="/ops/">`},
		},
		"signed in": {
			func(w http.ResponseWriter) {
				s.Login(w, r, 401, LoginPage{Token: "tok", Next: "/ops/", Principal: "ann" + hostile})
			},
			[]string{`<form method="post" action="logout">`, `name="token" value="tok"`, `<a href="/ops/">`},
		},
		"set up": {
			func(w http.ResponseWriter) {
				s.Setup(w, r, 401, SetupPage{Token: "tok", Principal: hostile, Link: hostile, Error: hostile})
			},
			[]string{`<form method="post" action="setup">`, `location.hash`, `history.replaceState`},
		},
		"done": {
			func(w http.ResponseWriter) { s.Setup(w, r, 401, SetupPage{Principal: "ann", Key: "mcp_x" + hostile}) },
			[]string{`readonly value="mcp_x`, `<a href="/ops/">`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := httptest.NewRecorder()
			c.show(w)
			body := w.Body.String()
			if w.Code != 401 || w.Header().Get("Cache-Control") != "no-store" {
				t.Errorf("%d %v", w.Code, w.Header())
			}
			for _, want := range c.want {
				if !strings.Contains(body, want) {
					t.Errorf("it lacks %s:\n%s", want, body)
				}
			}
			if strings.Contains(body, hostile) {
				t.Errorf("it runs what it is told:\n%s", body)
			}
			nonce := regexp.MustCompile(`'nonce-(\w+)'`).FindStringSubmatch(w.Header().Get("Content-Security-Policy"))
			for _, tag := range regexp.MustCompile(`<(script|style)[^>]*>`).FindAllString(body, -1) {
				if nonce == nil || !strings.Contains(tag, `nonce="`+nonce[1]+`"`) {
					t.Errorf("%s is not of this answer", tag)
				}
			}
		})
	}
}
