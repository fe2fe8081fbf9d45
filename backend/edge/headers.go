package edge

import "net/http"

// Headers puts the security headers on every answer, errors included; pages replace those that are theirs to say. What is
// no page must not act as one, be shown inside another site's, be guessed at, or be kept by a cache on the way.
func (g *Gate) Headers(next http.Handler) http.Handler {
	always := []struct {
		name  string // as http.CanonicalHeaderKey writes it
		value []string
	}{
		{"X-Content-Type-Options", []string{"nosniff"}},
		{"X-Frame-Options", []string{"DENY"}},
		{"Content-Security-Policy", []string{"default-src 'none'; frame-ancestors 'none'"}},
		{"Referrer-Policy", []string{"no-referrer"}},
		{"Cross-Origin-Opener-Policy", []string{"same-origin"}},
		{"Cross-Origin-Resource-Policy", []string{"same-origin"}},
		{"Cache-Control", []string{"no-store"}},
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		for _, a := range always {
			h[a.name] = a.value // shared by all answers: whoever wants another one sets it anew
		}
		if g.secure(r) {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}
