// Package egress is the way out: HTTP clients for addresses that somebody else wrote down.
//
// Each connection is judged by the address that it is made to, after names were resolved and before the first packet:
// a name that answers differently the second time (DNS rebinding), a number in disguise and a redirect all end at the
// same gate. Loopback is for those who may (Policy); link-local, the metadata services of clouds, multicast and the
// unspecified address are for nobody, nor are addresses that hide an IPv4 address which is not public (IPv4-mapped,
// 6to4, NAT64, Teredo, ISATAP). There is no HTTP proxy: it would resolve names where this gate cannot see them.
//
// Redirects are bounded, never go from https to http and never turn a POST into a GET. To another origin they carry no
// body and nothing but the plain headers of content negotiation.
//
// Ordinary requests over http go out in the goroutine of their caller (package plain), all others by http.Transport: both by the
// same dialer.
//
// What goes wrong on the way is a *Problem that says what happened with which host.
//
// Owns: the address policy. Uses: plain. Runs: nothing; a client's idle connections end with
// CloseIdleConnections.
package egress
