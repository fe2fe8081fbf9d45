package egress

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"

	"hangar/backend/egress/plain"
)

// Limits of every client.
const (
	DefaultConnectTimeout = 10 * time.Second
	tlsTimeout            = 10 * time.Second
	idleTimeout           = 90 * time.Second
	idlePerHost           = 16
	headerBytes           = 64 << 10
)

// Options of a client.
type Options struct {
	Policy         Policy
	ConnectTimeout time.Duration // for one TCP connection; 0 means DefaultConnectTimeout
	// HeaderTimeout bounds the wait for the head of an answer; 0 leaves that to the request's context, for answers that
	// come only when the work is done.
	HeaderTimeout time.Duration
	TLS           *tls.Config // nil means the system's roots
	Resolver      *net.Resolver
	Blocked       func(*BlockedError) // is told of an address that the policy refused; nil: nobody
}

// Dialer connects to what the policy allows. The check runs on the socket's own address, for each address that a name
// has, after it was resolved: there is no second look-up that could answer differently.
func (p Policy) Dialer(timeout time.Duration, resolver *net.Resolver) *net.Dialer {
	if timeout == 0 {
		timeout = DefaultConnectTimeout
	}
	return &net.Dialer{
		Timeout:  timeout,
		Resolver: resolver,
		ControlContext: func(ctx context.Context, _, address string, _ syscall.RawConn) error {
			at, err := netip.ParseAddrPort(address)
			if err != nil {
				return err
			}
			return Policy{Loopback: p.Loopback && !led(ctx)}.Check(at.Addr())
		},
	}
}

// Client makes a client of its own pool. Whoever made it calls CloseIdleConnections in the end.
func Client(o Options) *http.Client {
	config := o.TLS
	if config == nil {
		config = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	dialer := o.Policy.Dialer(o.ConnectTimeout, o.Resolver)
	if o.Blocked != nil {
		check := dialer.ControlContext
		dialer.ControlContext = func(ctx context.Context, network, address string, c syscall.RawConn) error {
			err := check(ctx, network, address, c)
			var blocked *BlockedError
			if errors.As(err, &blocked) {
				o.Blocked(blocked)
			}
			return err
		}
	}
	return &http.Client{
		CheckRedirect: follow,
		Transport: &plain.Transport{
			Dial:          dialer.DialContext,
			HeaderTimeout: o.HeaderTimeout,
			HeaderBytes:   headerBytes,
			IdleTimeout:   idleTimeout,
			IdlePerHost:   idlePerHost,
			Rest: &http.Transport{
				DialContext:            dialer.DialContext,
				TLSClientConfig:        config,
				TLSHandshakeTimeout:    tlsTimeout,
				ForceAttemptHTTP2:      true, // a dialer of one's own turns it off otherwise
				ResponseHeaderTimeout:  o.HeaderTimeout,
				MaxResponseHeaderBytes: headerBytes,
				IdleConnTimeout:        idleTimeout,
				MaxIdleConnsPerHost:    idlePerHost,
			},
		},
	}
}

// Finish closes the body of an answer of which all that matters was read, though not its end: a stream whose last event has
// come. Where the end follows soon its connection is used again, which Close would end.
func Finish(body io.Closer) error {
	if b, ok := body.(interface{ Finish() error }); ok {
		return b.Finish()
	}
	return body.Close()
}
