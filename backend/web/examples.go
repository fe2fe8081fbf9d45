package web

import (
	"net/http"
	"strings"

	"hangar/backend/fault"
)

const exampleClient = "websocket_client_javascript.html"

// examplePolicy has no nonce, because these files are also used as they are, from a folder. Beside this server they may
// reach the operations socket's own listener on this machine, which is another origin by its port.
const examplePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; base-uri 'none'; " +
	"form-action 'self'; frame-ancestors 'none'; connect-src 'self' ws://localhost:* ws://127.0.0.1:*"

// Examples serves /examples/: the HTML client of the operations socket.
func (s *Site) Examples(w http.ResponseWriter, r *http.Request) {
	if !s.reads(w, r) {
		return
	}
	name := strings.TrimPrefix(r.URL.Path, "/examples/")
	if name == "" {
		http.Redirect(w, r, s.opts.BasePath+"examples/"+exampleClient, http.StatusFound)
		return
	}
	if !s.examples.has(name) {
		s.opts.WriteError(w, r, fault.New(fault.Missing, "there is no example %s; there is %sexamples/%s", name, s.opts.BasePath, exampleClient))
		return
	}
	w.Header().Set("Content-Security-Policy", examplePolicy)
	w.Header().Set("Referrer-Policy", "same-origin")
	if err := s.examples.serve(w, r, name); err != nil {
		s.opts.WriteError(w, r, err)
	}
}
