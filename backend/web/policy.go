package web

import (
	"crypto/rand"
	"fmt"
	"net/url"
)

// newNonce is 130 random bits, as text that needs no escaping anywhere.
func newNonce() string { return rand.Text() }

// strictPolicy lets a page load nothing but what this server gives it: files of ours, and what stands in the page under this
// answer's nonce. There is no 'strict-dynamic': with it, whatever a script inserts would run, too. Styles need the nonce where
// a library makes a <style> element.
func strictPolicy(nonce string) string {
	return fmt.Sprintf("default-src 'none'; connect-src 'self'; img-src 'self' data:; font-src 'self'; base-uri 'self'; "+
		"form-action 'self'; frame-ancestors 'none'; script-src 'self' 'nonce-%s'; style-src 'self' 'nonce-%s'",
		nonce, nonce)
}

// policy is the strict one, widened in development by exactly Vite's origin and its socket, and by what Vite's client
// inserts.
func (s *Site) policy() func(nonce string) string {
	if s.opts.DevURL == "" {
		return strictPolicy
	}
	dev, socket := s.opts.DevURL, s.opts.DevURL
	if u, err := url.Parse(dev); err == nil {
		socket = "ws://" + u.Host
		if u.Scheme == "https" {
			socket = "wss://" + u.Host
		}
	}
	return func(nonce string) string {
		return fmt.Sprintf("default-src 'none'; connect-src 'self' %[2]s %[3]s; img-src 'self' data: %[2]s; font-src 'self' %[2]s; "+
			"base-uri 'self'; form-action 'self'; frame-ancestors 'none'; script-src 'nonce-%[1]s' 'strict-dynamic'; "+
			"style-src 'self' %[2]s 'nonce-%[1]s'", nonce, dev, socket)
	}
}
