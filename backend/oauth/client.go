package oauth

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"hangar/backend/fault"
	"hangar/backend/provider"
	"hangar/backend/secret"
	"hangar/backend/upstream"
)

// Where in the vault things are.
const (
	tokenScope  = "oauth.tokens"  // by provider
	clientScope = "oauth.clients" // by issuer and redirect URL
)

const (
	stepTime     = 30 * time.Second // for all requests of one step: discovery, exchange, refresh
	refreshAhead = 30 * time.Second // before a token expires
	linkTime     = 10 * time.Minute // for a person to visit the authorization URL
	maxPending   = 1000
)

// Options of a client.
type Options struct {
	Vault *secret.Vault
	// RedirectURL is where browsers come back to: the public address of Callback.
	RedirectURL func() string
	// Authorized is told when a provider can be used; nil is fine.
	Authorized func(ctx context.Context, provider string)
	Log        *slog.Logger
}

// Client holds the authorizations of all providers.
type Client struct {
	Options
	mu       sync.Mutex // guards what follows
	accounts map[string]*account
	pending  map[string]*authorization // by state
}

// account is what we have of one provider; whoever holds the token of turn may look at it and change it.
type account struct {
	turn   chan struct{}
	loaded bool
	grant  *grant // nil when there is none
}

// grant is what an authorization gave us, as it is stored.
type grant struct {
	Endpoint string    `json:"endpoint"` // of the provider: another endpoint is another resource
	Resource string    `json:"resource"`
	Issuer   string    `json:"issuer"`
	TokenURL string    `json:"token_url"`
	Client   identity  `json:"client"`
	Access   string    `json:"access_token"`
	Refresh  string    `json:"refresh_token,omitempty"`
	Expires  time.Time `json:"expires,omitzero"`
	Scopes   []string  `json:"scopes,omitempty"`
}

// identity is who we are to an authorization server.
type identity struct {
	ID      string    `json:"client_id"`
	Secret  string    `json:"client_secret,omitempty"`
	Method  string    `json:"auth_method"` // none, client_secret_basic, client_secret_post
	Expires time.Time `json:"expires,omitzero"`
}

// New makes the client.
func New(o Options) *Client {
	return &Client{Options: o, accounts: map[string]*account{}, pending: map[string]*authorization{}}
}

// Target is a provider as its definition describes it.
type Target struct {
	Provider, Endpoint     string
	ClientID, ClientSecret string // empty: registered by ourselves, where that is offered
	Scopes                 []string
	HTTP                   *http.Client // reaches what the provider's metadata name
}

// Credentials are what requests to one provider carry.
type Credentials struct {
	c *Client
	t Target
}

// For gives the credentials of a provider; it is upstream.Remotes.OAuth.
func (c *Client) For(p provider.Provider, hc *http.Client) upstream.Credentials {
	t := Target{Provider: string(p.ID), Endpoint: p.Spec.Endpoint, HTTP: hc}
	if a := p.Spec.Auth; a != nil {
		t.ClientID, t.ClientSecret, t.Scopes = a.ClientID, a.ClientSecret, a.Scopes
	}
	return &Credentials{c, t}
}

// account is the one of a provider, made when there is none.
func (c *Client) account(id string) *account {
	c.mu.Lock()
	defer c.mu.Unlock()
	a := c.accounts[id]
	if a == nil {
		a = &account{turn: make(chan struct{}, 1)}
		c.accounts[id] = a
	}
	return a
}

// enter waits for a provider's turn and reads what is stored of it.
func (c *Client) enter(ctx context.Context, t Target) (*account, func(), error) {
	a := c.account(t.Provider)
	for {
		select {
		case a.turn <- struct{}{}:
		case <-ctx.Done():
			return nil, nil, context.Cause(ctx)
		}
		now := c.account(t.Provider)
		if now == a {
			break
		}
		<-a.turn // it was forgotten meanwhile
		a = now
	}
	leave := func() { <-a.turn }
	if !a.loaded {
		if err := c.load(ctx, t.Provider, a); err != nil {
			leave()
			return nil, nil, err
		}
	}
	if g := a.grant; g != nil && (g.Endpoint != t.Endpoint || t.ClientID != "" && g.Client.ID != t.ClientID) {
		a.grant = nil // it was given for another definition
	}
	return a, leave, nil
}

func (c *Client) load(ctx context.Context, id string, a *account) error {
	raw, err := c.Vault.Get(ctx, tokenScope, id)
	switch {
	case errors.Is(err, secret.ErrMissing):
	case errors.Is(err, secret.ErrUnreadable):
		c.Log.Warn("the tokens of a provider cannot be read; it has to be authorized again", "provider", id, "error", err)
	case err != nil:
		return err
	default:
		g := &grant{}
		if err := json.Unmarshal(raw, g); err != nil {
			return err
		}
		a.grant = g
	}
	a.loaded = true
	return nil
}

func (c *Client) keep(ctx context.Context, id string, a *account, g *grant) error {
	raw, err := json.Marshal(g)
	if err != nil {
		return err
	}
	// A refresh token that was used and is not stored is lost: the caller's patience must not decide that.
	if err := c.Vault.Put(context.WithoutCancel(ctx), tokenScope, id, raw); err != nil {
		return err
	}
	a.grant, a.loaded = g, true
	return nil
}

// Forget drops the tokens of a provider.
func (c *Client) Forget(ctx context.Context, id string) error {
	a, leave, err := c.enter(ctx, Target{Provider: id})
	if err != nil {
		return err
	}
	defer leave()
	a.grant = nil
	if err := c.Vault.Delete(ctx, tokenScope, id); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.accounts, id)
	return nil
}

// Apply adds the access token, renewed when it is about to expire. Without one the request goes out bare: the provider's
// refusal says where to ask.
func (k *Credentials) Apply(ctx context.Context, h http.Header) error {
	a, leave, err := k.c.enter(ctx, k.t)
	if err != nil {
		return err
	}
	defer leave()
	g := a.grant
	if g != nil && !g.Expires.IsZero() && time.Until(g.Expires) < refreshAhead && g.Refresh != "" {
		if err := k.renew(ctx, a); err != nil {
			return err
		}
	}
	if a.grant != nil {
		h.Set("Authorization", "Bearer "+a.grant.Access)
	}
	return nil
}

// Refused renews a token that was not good any more. Where nothing can be renewed, and for a 403 that asks for more, a
// person has to act: the error is an AuthorizationRequiredError whose details have the authorization_url.
func (k *Credentials) Refused(ctx context.Context, sent http.Header, rs *http.Response) error {
	a, leave, err := k.c.enter(ctx, k.t)
	if err != nil {
		return err
	}
	defer leave()
	if a.grant != nil && sent.Get("Authorization") != "Bearer "+a.grant.Access {
		return nil // somebody else renewed it meanwhile
	}
	if rs.StatusCode == http.StatusUnauthorized && a.grant != nil && a.grant.Refresh != "" {
		if err := k.renew(ctx, a); err != nil || a.grant != nil {
			return err
		}
	}
	return k.begin(ctx, a, rs.Header)
}

// renew uses the refresh token. One that is not good any more leaves no grant; a server that cannot be reached leaves it.
func (k *Credentials) renew(ctx context.Context, a *account) error {
	ctx, cancel := context.WithTimeout(ctx, stepTime)
	defer cancel()
	defer k.t.HTTP.CloseIdleConnections()
	old := *a.grant
	next, err := old.refresh(ctx, k.t.HTTP)
	var refused *tokenError
	switch {
	case errors.As(err, &refused) && slices.Contains([]string{"invalid_grant", "invalid_client", "unauthorized_client"}, refused.Code):
		k.c.Log.Info("a provider's authorization is not good any more", "provider", k.t.Provider, "error", err)
		a.grant = nil
		return k.c.Vault.Delete(context.WithoutCancel(ctx), tokenScope, k.t.Provider)
	case err != nil:
		return fault.Named(fault.Unavailable, "TokenRefreshError", "the token for provider %q could not be renewed: %s", k.t.Provider, err).Because(err)
	}
	return k.c.keep(ctx, k.t.Provider, a, next)
}
