package egress

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"syscall"
)

// Kind is what went wrong on the way.
type Kind string

// The kinds, as type names for clients.
const (
	Refused     Kind = "ConnectionRefusedError"
	Unreachable Kind = "ConnectionError"
	Unknown     Kind = "HostNotFoundError"
	Slow        Kind = "ConnectionTimeoutError"
	Untrusted   Kind = "CertificateError"
	Blocked     Kind = "AddressNotAllowedError"
	Misled      Kind = "RedirectError"
)

// Problem is a request that got no answer, in words for the person who wrote the address.
type Problem struct {
	Kind    Kind
	Message string
	Err     error
}

// Error is the message.
func (p *Problem) Error() string { return p.Message }

// Unwrap gives the cause.
func (p *Problem) Unwrap() error { return p.Err }

// Explain words the error of an http.Client; target is what was asked. The end of the request's own context is no
// problem of the way: its cause comes back as it is.
func Explain(ctx context.Context, err error, target *url.URL) error {
	host := target.Host
	say := func(k Kind, format string, args ...any) error {
		return &Problem{k, fmt.Sprintf(format, args...), err}
	}
	var (
		blocked  *BlockedError
		redirect *RedirectError
		unknown  *net.DNSError
		network  net.Error
		urlError *url.Error
	)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.As(err, &blocked):
		return say(Blocked, "%s: %s", host, blocked)
	case errors.As(err, &redirect):
		return say(Misled, "%s answered with %s", host, redirect)
	case errors.As(err, &unknown) && unknown.IsNotFound:
		return say(Unknown, "the name %s is not known to DNS; check the spelling of the address", unknown.Name)
	case errors.As(err, &unknown):
		return say(Unknown, "the name %s could not be looked up: %s", unknown.Name, unknown.Err)
	case errors.Is(err, syscall.ECONNREFUSED):
		return say(Refused, "connection refused by %s: nothing listens there, or a firewall says no", host)
	}
	if why := certificate(err, target.Hostname()); why != "" {
		return say(Untrusted, "%s", why)
	}
	switch {
	case errors.As(err, &network) && network.Timeout():
		return say(Slow, "no connection to %s in time", host)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET):
		return say(Unreachable, "%s closed the connection before it had answered", host)
	case errors.As(err, &urlError):
		return say(Unreachable, "no connection to %s: %s", host, urlError.Err)
	default:
		return say(Unreachable, "no connection to %s: %s", host, err)
	}
}

// certificate words what TLS did not like; "" when it was something else.
func certificate(err error, host string) string {
	var (
		authority x509.UnknownAuthorityError
		name      x509.HostnameError
		invalid   x509.CertificateInvalidError
		verify    *tls.CertificateVerificationError
		record    tls.RecordHeaderError
		alert     tls.AlertError
	)
	switch {
	case errors.As(err, &authority):
		return fmt.Sprintf("the certificate of %s is signed by an authority that we do not know; give its certificate in tls.ca_cert_path", host)
	case errors.As(err, &name):
		return fmt.Sprintf("the certificate of %s is not made out to it: %s", host, name)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return fmt.Sprintf("the certificate of %s has expired or is not valid yet", host)
	case errors.As(err, &invalid), errors.As(err, &verify):
		return fmt.Sprintf("the certificate of %s is not valid: %s", host, err)
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return fmt.Sprintf("%s does not speak TLS on this port; is the address http rather than https?", host)
	case errors.As(err, &alert):
		return fmt.Sprintf("%s refused the TLS connection: %s", host, alert)
	}
	return ""
}
