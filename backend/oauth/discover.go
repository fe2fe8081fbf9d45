package oauth

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/oauthex"

	"hangar/backend/secret"
)

// challenge is what a refusal says (RFC 6750, 3; RFC 9728, 5.1).
type challenge struct {
	metadata string   // where the resource's metadata are; may be empty
	scopes   []string // that the request needs
}

func readChallenge(h http.Header) challenge {
	all, err := oauthex.ParseWWWAuthenticate(h.Values("WWW-Authenticate"))
	if err != nil {
		return challenge{} // the well-known places are left
	}
	for _, c := range all {
		if c.Scheme == "bearer" {
			return challenge{c.Params["resource_metadata"], strings.Fields(c.Params["scope"])}
		}
	}
	return challenge{}
}

// place is a resource and the authorization server that guards it.
type place struct {
	resource string
	scopes   []string // that the resource knows
	server   *oauthex.AuthServerMeta
}

// discover finds the authorization server of an endpoint.
func discover(ctx context.Context, endpoint string, at challenge, hc *http.Client) (place, error) {
	resource, err := resourceMetadata(ctx, endpoint, at, hc)
	if err != nil {
		return place{}, err
	}
	p := place{resource: resource.Resource, scopes: resource.ScopesSupported}
	if len(resource.AuthorizationServers) == 0 {
		return place{}, errors.New("the provider's metadata name no authorization server")
	}
	issuer := resource.AuthorizationServers[0]
	if p.server, err = auth.GetAuthServerMetadata(ctx, issuer, hc); err != nil {
		return place{}, fmt.Errorf("the metadata of the authorization server %s cannot be used: %w", issuer, err)
	}
	switch {
	case p.server == nil:
		return place{}, fmt.Errorf("the authorization server %s has no metadata", issuer)
	case !slices.Contains(p.server.CodeChallengeMethodsSupported, "S256"):
		return place{}, fmt.Errorf("the authorization server %s does not offer PKCE with S256, without which a stolen code could be used", issuer)
	case p.server.AuthorizationEndpoint == "" || p.server.TokenEndpoint == "":
		return place{}, fmt.Errorf("the authorization server %s names no authorization or token endpoint", issuer)
	}
	return p, nil
}

// resourceMetadata looks where the challenge says, else at the well-known places. Revision 2025-03-26 knew no such
// metadata: there the provider's own origin is the authorization server.
func resourceMetadata(ctx context.Context, endpoint string, at challenge, hc *http.Client) (*oauthex.ProtectedResourceMetadata, error) {
	u, err := url.Parse(endpoint)
	if err != nil {
		return nil, err
	}
	origin := u.Scheme + "://" + u.Host
	const known = "/.well-known/oauth-protected-resource"
	type candidate struct{ from, resource string }
	candidates := []candidate{{origin + known + strings.TrimSuffix(u.EscapedPath(), "/"), endpoint}, {origin + known, origin}, {origin + known, origin + "/"}}
	if at.metadata != "" { // it may speak for the endpoint or for all of its origin
		candidates = []candidate{{at.metadata, endpoint}, {at.metadata, origin}, {at.metadata, origin + "/"}}
	}
	var first error
	for _, c := range candidates {
		found, err := oauthex.GetProtectedResourceMetadata(ctx, c.from, c.resource, hc)
		if err == nil {
			return found, nil
		}
		first = cmp.Or(first, err)
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
	}
	if at.metadata != "" {
		return nil, fmt.Errorf("the provider's metadata at %s cannot be used: %w", at.metadata, first)
	}
	return &oauthex.ProtectedResourceMetadata{Resource: endpoint, AuthorizationServers: []string{origin}}, nil
}

// identify finds who we are to an authorization server: as configured, as registered before, or registered now.
func (c *Client) identify(ctx context.Context, t Target, server *oauthex.AuthServerMeta, redirect string) (identity, error) {
	offered := server.TokenEndpointAuthMethodsSupported
	if t.ClientID != "" {
		return identity{ID: t.ClientID, Secret: t.ClientSecret, Method: method(t.ClientSecret, offered)}, nil
	}
	name := server.Issuer + " " + redirect
	raw, err := c.Vault.Get(ctx, clientScope, name)
	var known identity
	switch {
	case err == nil && json.Unmarshal(raw, &known) == nil && (known.Expires.IsZero() || time.Now().Before(known.Expires)):
		return known, nil
	case err != nil && !errors.Is(err, secret.ErrMissing) && !errors.Is(err, secret.ErrUnreadable):
		return identity{}, err
	}
	if server.RegistrationEndpoint == "" {
		return identity{}, fmt.Errorf("the authorization server %s does not register clients by itself: register Hangar there with "+
			"the redirect URL %s and give auth.client_id", server.Issuer, redirect)
	}
	wanted := "none"
	if len(offered) > 0 && !slices.Contains(offered, "none") {
		wanted = method("a secret", offered)
	}
	made, err := oauthex.RegisterClient(ctx, server.RegistrationEndpoint, &oauthex.ClientRegistrationMetadata{
		ClientName: "Hangar", RedirectURIs: []string{redirect}, GrantTypes: []string{"authorization_code", "refresh_token"},
		ResponseTypes: []string{"code"}, TokenEndpointAuthMethod: wanted, ApplicationType: applicationType(redirect),
	}, t.HTTP)
	if err != nil {
		return identity{}, fmt.Errorf("the authorization server %s does not register us: %w", server.Issuer, err)
	}
	known = identity{ID: made.ClientID, Secret: made.ClientSecret, Expires: made.ClientSecretExpiresAt}
	known.Method = cmp.Or(made.TokenEndpointAuthMethod, method(made.ClientSecret, offered))
	if raw, err = json.Marshal(known); err != nil {
		return identity{}, err
	}
	return known, c.Vault.Put(ctx, clientScope, name, raw)
}

// method is how a client with this secret proves itself; basic is what a server that names no method takes (RFC 8414, 2).
func method(secret string, offered []string) string {
	switch {
	case secret == "":
		return "none"
	case len(offered) > 0 && !slices.Contains(offered, "client_secret_basic") && slices.Contains(offered, "client_secret_post"):
		return "client_secret_post"
	default:
		return "client_secret_basic"
	}
}

// applicationType is native for a redirect to this machine, which servers allow to no web application.
func applicationType(redirect string) string {
	if u, err := url.Parse(redirect); err == nil && (u.Hostname() == "localhost" || net.ParseIP(u.Hostname()).IsLoopback()) {
		return "native"
	}
	return "web"
}
