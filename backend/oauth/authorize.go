package oauth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"hangar/backend/fault"
)

// authorization is one that waits for a person.
type authorization struct {
	target   Target
	grant    grant // what is known of it so far
	scopes   []string
	redirect string
	verifier string
	issParam bool // the server promises to say who it is
	link     string
	until    time.Time
}

// NeedsAuthorization finds the address that a person has to visit, in an error of a request to a provider.
func NeedsAuthorization(err error) (authorizationURL string, ok bool) {
	f := fault.From(err)
	link, ok := f.Details["authorization_url"].(string)
	return link, ok && f.Type == required
}

const required = "AuthorizationRequiredError"

// begin prepares an authorization and says where to go for it. Whoever asks again within its time is sent to the same
// address, so that starts that are tried meanwhile do not make the link in somebody's browser void.
func (k *Credentials) begin(ctx context.Context, a *account, refusal http.Header) error {
	ctx, cancel := context.WithTimeout(ctx, stepTime)
	defer cancel()
	defer k.t.HTTP.CloseIdleConnections()
	asked := readChallenge(refusal)
	redirect := k.c.RedirectURL()
	scopes := union(k.t.Scopes, asked.scopes)
	if a.grant != nil { // more is asked for than we have
		scopes = union(a.grant.Scopes, scopes)
	}
	if p := k.c.waiting(k.t, redirect, scopes); p != nil {
		return p.ask()
	}
	found, err := discover(ctx, k.t.Endpoint, asked, k.t.HTTP)
	if err != nil {
		return k.failed(err)
	}
	client, err := k.c.identify(ctx, k.t, found.server, redirect)
	if err != nil {
		return k.failed(err)
	}
	p := &authorization{
		target: k.t, scopes: scopes, redirect: redirect, verifier: rand.Text() + rand.Text(), // 52 characters (RFC 7636, 4.1: 43 to 128)
		issParam: found.server.AuthorizationResponseIssParameterSupported, until: time.Now().Add(linkTime),
		grant: grant{
			Endpoint: k.t.Endpoint, Resource: found.resource, Issuer: found.server.Issuer, TokenURL: found.server.TokenEndpoint, Client: client,
			Scopes: scopes,
		},
	}
	if len(scopes) == 0 {
		p.grant.Scopes = found.scopes // what is asked for by default; it is not part of what makes two requests the same
	}
	state := rand.Text() + rand.Text()
	if p.link, err = p.address(found.server.AuthorizationEndpoint, state); err != nil {
		return k.failed(err)
	}
	if !k.c.await(state, p) {
		return fault.Named(fault.Limited, required, "too many authorizations wait for their person; try again in some minutes")
	}
	return p.ask()
}

func (k *Credentials) failed(err error) error {
	return fault.Named(fault.Unavailable, "AuthorizationError", "provider %q wants an authorization that cannot be asked for: %s", k.t.Provider, err).Because(err)
}

// address is the authorization URL (RFC 6749, 4.1.1; RFC 7636, 4.3; RFC 8707, 2).
func (p *authorization) address(endpoint, state string) (string, error) {
	u, err := url.Parse(endpoint)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(p.verifier))
	q := u.Query()
	for key, value := range map[string]string{
		"response_type": "code", "client_id": p.grant.Client.ID, "redirect_uri": p.redirect, "state": state, "resource": p.grant.Resource,
		"code_challenge": base64.RawURLEncoding.EncodeToString(sum[:]), "code_challenge_method": "S256",
	} {
		q.Set(key, value)
	}
	if len(p.grant.Scopes) > 0 {
		q.Set("scope", strings.Join(p.grant.Scopes, " "))
	}
	u.RawQuery = q.Encode()
	return u.String(), nil
}

func (p *authorization) ask() error {
	return fault.Named(fault.Unavailable, required, "provider %q has to be authorized by a person: open the authorization_url in a browser", p.target.Provider).
		With("authorization_url", p.link).With("issuer", p.grant.Issuer).With("expires_at", p.until.UTC().Format(time.RFC3339))
}

// waiting finds an authorization under way that would be the same.
func (c *Client) waiting(t Target, redirect string, scopes []string) *authorization {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range c.pending {
		if p.target.Provider == t.Provider && p.target.Endpoint == t.Endpoint && p.target.ClientID == t.ClientID &&
			p.redirect == redirect && slices.Equal(p.scopes, scopes) && time.Until(p.until) > linkTime/2 {
			return p
		}
	}
	return nil
}

// await keeps an authorization until its person comes back; those whose time is over make room.
func (c *Client) await(state string, p *authorization) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for s, old := range c.pending {
		if time.Now().After(old.until) {
			delete(c.pending, s)
		}
	}
	if len(c.pending) >= maxPending {
		return false
	}
	c.pending[state] = p
	return true
}

// take ends the wait: a state is good once.
func (c *Client) take(state string) (*authorization, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.pending[state]
	delete(c.pending, state)
	if p == nil || time.Now().After(p.until) {
		return nil, fault.Named(fault.Invalid, "AuthorizationStateError",
			"this authorization is not known: it was used already, took longer than %s, or Hangar was restarted meanwhile; start the provider again", linkTime)
	}
	return p, nil
}

// checkIssuer compares who answered with whom we asked, byte for byte (RFC 9207, 2.4): an answer of another server must
// not bring its code to this one.
func (p *authorization) checkIssuer(iss string) error {
	if iss == p.grant.Issuer || iss == "" && !p.issParam {
		return nil
	}
	return fault.Named(fault.Denied, "IssuerMismatchError", "the answer is not from the authorization server %s that was asked", p.grant.Issuer)
}

// Complete takes what the browser brought back and gets the tokens. It tells whose provider can be used now.
func (c *Client) Complete(ctx context.Context, state, code, iss string) (provider string, err error) {
	p, err := c.take(state)
	if err != nil {
		return "", err
	}
	provider = p.target.Provider
	if err := p.checkIssuer(iss); err != nil {
		return provider, err
	}
	if code == "" {
		return provider, fault.Field("code", "is missing")
	}
	ctx, cancel := context.WithTimeout(ctx, stepTime)
	defer cancel()
	defer p.target.HTTP.CloseIdleConnections()
	a, leave, err := c.enter(ctx, p.target)
	if err != nil {
		return provider, err
	}
	defer leave()
	got, err := p.grant.fill(ctx, p.target.HTTP, url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {p.redirect}, "code_verifier": {p.verifier}, "resource": {p.grant.Resource},
	})
	if err != nil {
		return provider, fault.Named(fault.Upstream, "AuthorizationError", "the authorization of provider %q was not completed: %s", provider, err).Because(err)
	}
	if err := c.keep(ctx, provider, a, got); err != nil {
		return provider, err
	}
	c.Log.Info("a provider was authorized", "provider", provider, "issuer", got.Issuer)
	if c.Authorized != nil {
		c.Authorized(ctx, provider)
	}
	return provider, nil
}

// deny takes a refusal that the browser brought back.
func (c *Client) deny(state, iss, code, description string) error {
	p, err := c.take(state)
	if err != nil {
		return err
	}
	if err := p.checkIssuer(iss); err != nil {
		return err
	}
	return fault.Named(fault.Denied, "AuthorizationDeniedError", "the authorization of provider %q was refused: %s", p.target.Provider,
		strings.TrimSpace(printable(code)+" "+printable(description)))
}

func union(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}
