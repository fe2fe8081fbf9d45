package oauth

import (
	"fmt"
	"net/http"

	"hangar/backend/fault"
)

// Callback is the page that browsers come back to. Mount it at the path of RedirectURL, for GET.
func (c *Client) Callback(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	provider, err := "", error(nil)
	if code := q.Get("error"); code != "" {
		err = c.deny(q.Get("state"), q.Get("iss"), code, q.Get("error_description"))
	} else {
		provider, err = c.Complete(r.Context(), q.Get("state"), q.Get("code"), q.Get("iss"))
	}
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8") // what it says came from elsewhere: it must not be taken for a page
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer") // the address holds the code
	if err != nil {
		f := fault.From(err)
		c.Log.Warn("an authorization was not completed", "error", err)
		w.WriteHeader(f.Kind.Status())
		_, _ = fmt.Fprintln(w, f.Message) // the browser may be gone
		return
	}
	_, _ = fmt.Fprintf(w, "Provider %s is authorized. You may close this window.\n", provider)
}
