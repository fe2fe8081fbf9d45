package oauth

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"hangar/backend/egress"
)

const maxAnswer = 1 << 20 // bytes of a token endpoint's answer

// tokenError is what a token endpoint says when it refuses (RFC 6749, 5.2).
type tokenError struct {
	Host        string `json:"-"`
	Status      int    `json:"-"`
	Code        string `json:"error"`
	Description string `json:"error_description"`
}

// Error names the server and its reason.
func (e *tokenError) Error() string {
	line := fmt.Sprintf("%s answered %d", e.Host, e.Status)
	for _, more := range []string{e.Code, e.Description} {
		if more != "" {
			line += ": " + printable(more)
		}
	}
	return line
}

// printable keeps a server's words to one short line.
func printable(s string) string {
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "")), " ")
	return strings.ToValidUTF8(s[:min(len(s), 300)], "")
}

type tokenAnswer struct {
	Access  string  `json:"access_token"`
	Type    string  `json:"token_type"`
	Expires float64 `json:"expires_in"` // seconds
	Refresh string  `json:"refresh_token"`
	Scope   string  `json:"scope"`
}

// refresh gives the grant that follows this one.
func (g grant) refresh(ctx context.Context, hc *http.Client) (*grant, error) {
	return g.fill(ctx, hc, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {g.Refresh}, "resource": {g.Resource}})
}

// fill asks the token endpoint; what it does not say anew stays.
func (g grant) fill(ctx context.Context, hc *http.Client, form url.Values) (*grant, error) {
	asked := time.Now()
	answer, err := g.ask(ctx, hc, form)
	if err != nil {
		return nil, err
	}
	if answer.Access == "" || !strings.EqualFold(answer.Type, "bearer") {
		return nil, fmt.Errorf("the token endpoint gave a token of type %q, where a bearer token belongs", printable(answer.Type))
	}
	g.Access, g.Expires = answer.Access, time.Time{}
	if answer.Expires > 0 {
		g.Expires = asked.Add(time.Duration(min(answer.Expires, 1e9)) * time.Second)
	}
	if answer.Refresh != "" {
		g.Refresh = answer.Refresh
	}
	if answer.Scope != "" {
		g.Scopes = strings.Fields(answer.Scope)
	}
	return &g, nil
}

// ask is one POST to the token endpoint, with the client's own credentials as the server wants them (RFC 6749, 2.3.1).
// The address policy, and that nothing is sent on by a redirect, are the HTTP client's.
func (g grant) ask(ctx context.Context, hc *http.Client, form url.Values) (a tokenAnswer, err error) {
	if g.Client.Method != "client_secret_basic" {
		form.Set("client_id", g.Client.ID)
	}
	if g.Client.Method == "client_secret_post" {
		form.Set("client_secret", g.Client.Secret)
	}
	rq, err := http.NewRequestWithContext(ctx, http.MethodPost, g.TokenURL, strings.NewReader(form.Encode()))
	if err != nil {
		return a, err
	}
	if g.Client.Method == "client_secret_basic" {
		rq.SetBasicAuth(url.QueryEscape(g.Client.ID), url.QueryEscape(g.Client.Secret))
	}
	rq.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	rq.Header.Set("Accept", "application/json")
	rs, err := hc.Do(rq)
	if err != nil {
		return a, egress.Explain(ctx, err, rq.URL)
	}
	defer rs.Body.Close()
	body, err := io.ReadAll(io.LimitReader(rs.Body, maxAnswer))
	if err != nil {
		return a, egress.Explain(ctx, err, rq.URL)
	}
	if rs.StatusCode != http.StatusOK {
		refused := &tokenError{}
		_ = json.Unmarshal(body, refused) // a body that is no JSON leaves the status
		refused.Host, refused.Status = rq.URL.Host, rs.StatusCode
		return a, refused
	}
	if err := json.Unmarshal(body, &a); err != nil {
		return a, fmt.Errorf("the answer of the token endpoint %s cannot be read", rq.URL.Host)
	}
	return a, nil
}
