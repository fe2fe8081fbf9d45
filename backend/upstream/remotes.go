package upstream

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"

	"hangar/backend/egress"
	"hangar/backend/fault"
	"hangar/backend/provider"
)

const (
	authenticationError = "ProviderAuthenticationError"
	metadataTime        = 15 * time.Second // for the head of an answer of an authorization server
)

// Remotes opens conversations with remote providers.
type Remotes struct {
	// OAuth gives the credentials of a provider whose auth.type is oauth; client reaches what the provider's metadata
	// name. Nil where there is no OAuth client.
	OAuth func(p provider.Provider, client *http.Client) Credentials
	// Blocked is told of an address that a provider may not reach, whatever named it: a definition, a name server, a redirect.
	Blocked func(provider.ID, *egress.BlockedError)
}

// Open prepares the conversation that a definition describes. Nothing is sent before the handshake.
func (r *Remotes) Open(p provider.Provider, o Options) (*Remote, error) {
	endpoint, err := url.Parse(p.Spec.Endpoint)
	if err != nil {
		return nil, fault.Field("endpoint", "is not a URL").Because(err)
	}
	config, err := tlsConfig(p.Spec.TLS)
	if err != nil {
		return nil, err
	}
	settings := provider.HTTP{}
	if p.Spec.HTTP != nil {
		settings = *p.Spec.HTTP
	}
	way := &way{endpoint: endpoint, headers: http.Header{}}
	for name, value := range settings.Headers {
		way.headers.Set(name, value)
	}
	reach := egress.Options{
		// A person with the permission wrote the definition, or the file that it stands in (decisions.md 18).
		Policy:         egress.Policy{Loopback: p.Source == provider.SourceAPI || p.Source == provider.SourceFile},
		ConnectTimeout: time.Duration(settings.ConnectTimeoutS) * time.Second,
		TLS:            config,
		// No HeaderTimeout: a server may begin its answer when the work is done. Every request has a context.
	}
	if r.Blocked != nil {
		reach.Blocked = func(b *egress.BlockedError) { r.Blocked(p.ID, b) }
	}
	way.client = egress.Client(reach)
	if way.proof, err = r.credentials(p, endpoint, reach); err != nil {
		return nil, err
	}
	return newRemote(way, cmp.Or(o.Protocol, p.Spec.Pin()), o), nil
}

func (r *Remotes) credentials(p provider.Provider, endpoint *url.URL, reach egress.Options) (Credentials, error) {
	a := provider.Auth{}
	if p.Spec.Auth != nil {
		a = *p.Spec.Auth
	}
	fixed := static{host: endpoint.Host}
	switch a.Type {
	case "", "none":
	case "bearer":
		fixed.header, fixed.value, fixed.field = "Authorization", "Bearer "+a.BearerToken, "auth.bearer_token"
	case "api_key":
		fixed.header, fixed.value, fixed.field = cmp.Or(a.APIKeyHeader, "X-API-Key"), a.APIKey, "auth.api_key"
	case "basic":
		pair := base64.StdEncoding.EncodeToString([]byte(a.Username + ":" + a.Password))
		fixed.header, fixed.value, fixed.field = "Authorization", "Basic "+pair, "auth.username and auth.password"
	case "oauth":
		if r.OAuth == nil {
			return nil, fault.Named(fault.Unavailable, authenticationError, "this Hangar has no OAuth client")
		}
		// What a server names is not what a person wrote: it may be on loopback only where the server is.
		reach.Policy.Loopback = reach.Policy.Loopback && egress.Policy{}.CheckHost(endpoint.Hostname()) != nil
		reach.HeaderTimeout = metadataTime
		return r.OAuth(p, egress.Client(reach)), nil
	default:
		return nil, fault.Field("auth.type", "%q is not known", a.Type)
	}
	return fixed, nil
}

// static is a credential that stands in the definition.
type static struct{ host, header, value, field string }

// Apply sets the one header.
func (s static) Apply(_ context.Context, h http.Header) error {
	if s.header != "" {
		h.Set(s.header, s.value)
	}
	return nil
}

// Refused says which field is wrong: there is nothing to renew.
func (s static) Refused(_ context.Context, _ http.Header, rs *http.Response) error {
	asked := rs.Header.Get("WWW-Authenticate")
	advice := "check " + s.field
	if s.field == "" {
		advice = "it wants credentials and the definition has none; give auth"
		if strings.Contains(asked, "resource_metadata") {
			advice += ` with type "oauth"`
		}
	}
	f := fault.Named(fault.Unavailable, authenticationError, "%s answered %s: %s", s.host, rs.Status, advice).With("status", rs.StatusCode)
	if asked != "" {
		f = f.With("www_authenticate", snippet([]byte(asked)))
	}
	return f
}

func tlsConfig(t *provider.TLS) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if t == nil {
		return c, nil
	}
	c.InsecureSkipVerify = t.VerifySSL != nil && !*t.VerifySSL // the definition says so
	if t.CACertPath == "" {
		return c, nil
	}
	pem, err := readPEM(t.CACertPath)
	if err != nil {
		why := err
		if at := (*os.PathError)(nil); errors.As(err, &at) {
			why = at.Err
		}
		return nil, fault.Named(fault.Unavailable, string(egress.Untrusted), "tls.ca_cert_path: %s cannot be read: %s", t.CACertPath, why).Because(err)
	}
	if c.RootCAs, err = x509.SystemCertPool(); err != nil {
		return nil, fmt.Errorf("read the system's certificates: %w", err)
	}
	if !c.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fault.Named(fault.Unavailable, string(egress.Untrusted), "tls.ca_cert_path: %s holds no certificate in PEM form", t.CACertPath)
	}
	return c, nil
}

const maxPEM = 1 << 20 // bytes; the system's own bundle has a quarter of it

// readPEM reads a file that a definition names. A pipe or a device would hold whoever reads it, or never end.
func readPEM(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	switch info, err := f.Stat(); {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New("it is not a regular file")
	case info.Size() > maxPEM:
		return nil, fmt.Errorf("it is longer than %d bytes", maxPEM)
	}
	return io.ReadAll(io.LimitReader(f, maxPEM))
}
