package egress

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestWhichAddressesAreReached(t *testing.T) {
	const (
		ok       = ""
		loopback = "a loopback address"
	)
	for addr, why := range map[string]string{
		"8.8.8.8": ok, "10.0.0.1": ok, "192.168.1.1": ok, "172.16.0.9": ok, "100.64.0.1": ok, "2606:4700::1111": ok, "fd12:3456::1": ok,

		"127.0.0.1": loopback, "127.255.255.254": loopback, "::1": loopback, "::ffff:127.0.0.1": loopback,

		"169.254.169.254": metadata, "::ffff:169.254.169.254": metadata, "::ffff:a9fe:a9fe": metadata,
		"100.100.100.200": metadata, "168.63.129.16": metadata, "192.0.0.192": metadata, "fd00:ec2::254": metadata, "fd20:ce::254": metadata,

		"169.254.1.1": "a link-local address", "169.254.170.2": "a link-local address", "fe80::1": "a link-local address",
		"fe80::1%eth0": "a link-local address", "fec0::1": "a site-local address",
		"0.0.0.0": "the unspecified address", "0.1.2.3": "the unspecified address", "::": "the unspecified address", "::ffff:0.0.0.0": "the unspecified address",
		"224.0.0.1": "a multicast address", "239.255.255.250": "a multicast address", "ff02::1": "a multicast address",
		"255.255.255.255": "a reserved address", "240.0.0.1": "a reserved address",

		"2002:a9fe:a9fe::1": "the 6to4 form of 169.254.169.254", "2002:7f00:1::": "the 6to4 form of 127.0.0.1",
		"2002:a00:1::": "the 6to4 form of 10.0.0.1", "2002:808:808::1": ok,
		"64:ff9b::a9fe:a9fe": "the NAT64 form of 169.254.169.254", "64:ff9b::7f00:1": "the NAT64 form of 127.0.0.1",
		"64:ff9b::c0a8:101": "the NAT64 form of 192.168.1.1", "64:ff9b::808:808": ok,
		"64:ff9b:1::808:808": "a local NAT64 address", "64:ff9b:1:a9fe:a9:fe00::": "a local NAT64 address",
		"2001:0:808:808::5601:5601": "the Teredo form of 169.254.169.254",
		"::127.0.0.1":               "an old IPv6 form of 127.0.0.1", "::a9fe:a9fe": "an old IPv6 form of 169.254.169.254",
		"::ffff:0:a9fe:a9fe":             "an old IPv6 form of 169.254.169.254",
		"2606:4700::5efe:a9fe:a9fe":      "the ISATAP form of 169.254.169.254",
		"2606:4700::200:5efe:10.0.0.1":   "the ISATAP form of 10.0.0.1",
		"2606:4700::200:5efe:93.1.2.200": ok,
	} {
		err := Policy{}.Check(netip.MustParseAddr(addr))
		if why == ok && err != nil {
			t.Errorf("%s: %v", addr, err)
		}
		var blocked *BlockedError
		if why != ok && (!errors.As(err, &blocked) || !strings.Contains(blocked.Why, why)) {
			t.Errorf("%s: %v, want %s", addr, err, why)
		}
		// Who may use loopback gets loopback and nothing more.
		if err := (Policy{Loopback: true}).Check(netip.MustParseAddr(addr)); (err == nil) != (why == ok || why == loopback) {
			t.Errorf("%s with loopback allowed: %v", addr, err)
		}
	}
	if err := (Policy{}).Check(netip.Addr{}); err == nil {
		t.Error("no address is an address")
	}
}

func TestHostsAsTheyAreWritten(t *testing.T) {
	for host, fine := range map[string]bool{
		"example.com": true, "example.com.": true, "mcp": true, "8.8.8.8": true, "xn--bcher-kva.example": true, "3com.com": true, "0xcafe.org": true,
		"127.0.0.1": false, "localhost": false, "LOCALHOST.": false, "a.localhost": false, "::1": false,
		"2130706433": false, "0x7f000001": false, "0x7F.1": false, "127.1": false, "0177.0.0.1": false, "0251.0376.0251.0376": false,
		"2852039166": false, "0xa9fea9fe": false, "169.254.43518": false, "1.2.3.4.": false, "0x": false,
		"::ffff:169.254.169.254": false, "2002:a9fe:a9fe::1": false, "64:ff9b::a9fe:a9fe": false, "": false, "a..b": false,
		"１２７.０.０.１": false, "①⑥⑨.254.169.254": false, "169。254。169。254": false, "ⓛocalhost": false, "b\u00fccher.example": false, "a b": false, "169%2e254%2e169%2e254": false, "a\\b": false,
	} {
		if err := (Policy{}).CheckHost(host); (err == nil) != fine {
			t.Errorf("%q: %v", host, err)
		}
	}
	if err := (Policy{Loopback: true}).CheckHost("localhost"); err != nil {
		t.Error(err)
	}
}
