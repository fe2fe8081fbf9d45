// Package oauth is Hangar as an OAuth client of remote providers (MCP 2025-11-25 and 2026-07-28, Authorization).
//
// A provider that answers 401 says where its metadata is (RFC 9728); that names the authorization server, whose metadata
// (RFC 8414) name the rest. A person then visits the authorization URL, with PKCE (S256), the resource indicator
// (RFC 8707) and a state that is good once and for ten minutes. The code comes back to Complete, which compares the
// issuer (RFC 9207) and trades the code for tokens. They are refreshed before they expire, once for all who need them.
// Registration (RFC 7591) is used only where no client is configured and the server offers it; credentials belong to the
// issuer that gave them.
//
// What a remote server names is visited under a narrower policy than what a person wrote down: loopback only for a
// provider that is on loopback itself.
//
// Owns: the scopes oauth.tokens and oauth.clients of secret; authorizations under way, in memory. Uses: upstream (its
// Credentials), provider, egress, secret, fault. Runs: nothing.
package oauth
