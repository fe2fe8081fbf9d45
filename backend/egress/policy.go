package egress

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"hangar/backend/sabotage"
)

// Policy is what a client may connect to beside the public and the private networks.
type Policy struct {
	Loopback bool // a person with the permission wrote the address down (decisions.md 18)
}

// BlockedError is an address that the policy refuses.
type BlockedError struct {
	Addr netip.Addr
	Why  string
}

// Error names the address and what it is.
func (e *BlockedError) Error() string {
	return fmt.Sprintf("connections to %s are not allowed: it is %s", e.Addr, e.Why)
}

// Check judges an address that is about to be connected to.
func (p Policy) Check(addr netip.Addr) error {
	a := addr.Unmap().WithZone("")
	if sabotage.Egress {
		return nil
	}
	if !a.IsValid() {
		return &BlockedError{addr, "no address"}
	}
	if why := forbidden(a); why != "" {
		return &BlockedError{addr, why}
	}
	if a.IsLoopback() && !p.Loopback {
		return &BlockedError{addr, "a loopback address, which only definitions made by a person may use"}
	}
	if inner, how, ok := embedded(a); ok && !public(inner) {
		return &BlockedError{addr, fmt.Sprintf("%s of %s, which is not a public address", how, inner)}
	}
	return nil
}

type block struct {
	prefix, what string
}

const metadata = "the metadata service of a cloud"

// blocks are never connected to, whoever asks.
func blocks() []block {
	return []block{
		{"169.254.169.254/32", metadata},
		{"100.100.100.200/32", metadata}, // Alibaba
		{"168.63.129.16/32", metadata},   // Azure's host agent
		{"192.0.0.192/32", metadata},     // Oracle, classic
		{"fd00:ec2::/32", metadata},      // AWS
		{"fd20:ce::/32", metadata},       // Google
		{"fd00:42::42/128", metadata},    // Scaleway
		{"0.0.0.0/8", "the unspecified address"},
		{"::/128", "the unspecified address"},
		{"169.254.0.0/16", "a link-local address"},
		{"fe80::/10", "a link-local address"},
		{"fec0::/10", "a site-local address"},
		{"224.0.0.0/4", "a multicast address"},
		{"ff00::/8", "a multicast address"},
		{"240.0.0.0/4", "a reserved address"},       // and the broadcast address
		{"64:ff9b:1::/48", "a local NAT64 address"}, // where in it the IPv4 address stands is for its network to know
		{"100::/64", "a discard address"},
	}
}

func forbidden(a netip.Addr) string {
	for _, b := range blocks() {
		if netip.MustParsePrefix(b.prefix).Contains(a) {
			return b.what
		}
	}
	return ""
}

// embedded finds the IPv4 address that a gateway on the way would unpack from an IPv6 one.
func embedded(a netip.Addr) (inner netip.Addr, how string, ok bool) {
	if !a.Is6() || a.IsLoopback() {
		return netip.Addr{}, "", false
	}
	b := a.As16()
	v4 := func(at int) netip.Addr { return netip.AddrFrom4([4]byte(b[at : at+4])) }
	switch {
	case b[0] == 0x20 && b[1] == 0x02: // RFC 3056
		return v4(2), "the 6to4 form", true
	case within(a, "64:ff9b::/96"): // RFC 6052
		return v4(12), "the NAT64 form", true
	case within(a, "2001::/32"): // RFC 4380: the client's address, inverted
		for i := 12; i < 16; i++ {
			b[i] ^= 0xff
		}
		return v4(12), "the Teredo form", true
	case within(a, "::/96"), within(a, "::ffff:0:0:0/96"): // IPv4-compatible (RFC 4291), IPv4-translated (RFC 2765)
		return v4(12), "an old IPv6 form", true
	case b[8]&^0x03 == 0 && b[9] == 0 && b[10] == 0x5e && b[11] == 0xfe: // RFC 5214
		return v4(12), "the ISATAP form", true
	}
	return netip.Addr{}, "", false
}

func within(a netip.Addr, prefix string) bool { return netip.MustParsePrefix(prefix).Contains(a) }

// public is what a tunnel may lead to: nothing that only exists near us.
func public(a netip.Addr) bool {
	return forbidden(a) == "" && a.IsGlobalUnicast() && !a.IsPrivate() && !within(a, "100.64.0.0/10")
}

// CheckHost judges the host of a URL as it is written, without looking it up: a literal address by the policy, and
// numbers that some resolvers take for an address (2130706433, 0x7f.1, 0177.0.0.1) not at all. What a name resolves to
// is judged when it is connected to.
func (p Policy) CheckHost(host string) error {
	if a, err := netip.ParseAddr(host); err == nil {
		return p.Check(a)
	}
	name := strings.TrimSuffix(strings.ToLower(host), ".")
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return p.Check(netip.AddrFrom4([4]byte{127, 0, 0, 1}))
	}
	if strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-._") != "" {
		return fmt.Errorf("%q is not a host name as DNS knows it; in another script write it such as xn--bcher-kva.example", host)
	}
	labels := strings.Split(name, ".")
	if slices.Contains(labels, "") {
		return fmt.Errorf("%q is not a host name", host)
	}
	if last := labels[len(labels)-1]; numeric(last) {
		return fmt.Errorf("%q is a number in disguise; write the address in its usual form, such as 192.0.2.1", host)
	}
	return nil
}

// numeric is a last label that the WHATWG URL standard takes for the end of an IPv4 address.
func numeric(label string) bool {
	digits := label
	set := "0123456789"
	if hex, ok := strings.CutPrefix(label, "0x"); ok {
		digits, set = hex, "0123456789abcdef"
	}
	return strings.Trim(digits, set) == ""
}
