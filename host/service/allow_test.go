package service

import (
	"net/netip"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAllowed(t *testing.T) {
	for _, c := range []struct {
		list     string
		yes, not []string
	}{
		{"api.example.com", []string{"http://api.example.com", "https://API.Example.com:8443/x", "http://api.example.com./"}, []string{"http://example.com", "http://xapi.example.com", "http://api.example.com.evil.com", "http://api.example.com@evil.com"}},
		{"*.example.com", []string{"http://a.example.com", "https://a.b.example.com:1"}, []string{"http://example.com", "http://aexample.com", "http://a.example.com.evil.com"}},
		{"api.example.com:8443", []string{"https://api.example.com:8443"}, []string{"https://api.example.com", "http://api.example.com:80"}},
		{"api.example.com:443", []string{"https://api.example.com", "https://api.example.com:443", "http://api.example.com:443"}, []string{"http://api.example.com", "https://api.example.com:0443"}},
		{"https://API.example.com/", []string{"https://api.example.com", "https://api.example.com:443"}, []string{"http://api.example.com", "http://api.example.com:443", "https://api.example.com:8443"}},
		{"http://*.example.com:81", []string{"http://a.example.com:81"}, []string{"https://a.example.com:81", "http://a.example.com"}},
		{"*", []string{"http://example.com", "http://8.8.8.8", "http://[2606:4700::1]"}, nil},
		{"10.0.0.7", []string{"http://10.0.0.7", "https://10.0.0.7:1", "http://[::ffff:10.0.0.7]"}, []string{"http://10.0.0.8", "http://10.0.0.7.evil.com"}},
		{"10.0.0.0/8", []string{"http://10.1.2.3:99"}, []string{"http://11.0.0.1"}},
		{"[::1]:3000", []string{"http://[::1]:3000"}, []string{"http://[::1]", "http://[::2]:3000"}},
		{"::1", []string{"http://[::1]:3000", "http://[::1]"}, []string{"http://127.0.0.1"}},
		{"https://[::1]", []string{"https://[::1]"}, []string{"http://[::1]:443", "https://[::1]:1"}},
		{"localhost:3000", []string{"http://localhost:3000", "http://127.0.0.1:3000"}, []string{"http://localhost", "http://127.0.0.1:3001"}},
	} {
		a, err := ParseAllowed([]string{c.list})
		require.NoError(t, err, c.list)
		parse := func(s string) *url.URL {
			u, err := url.Parse(s)
			require.NoError(t, err)
			return u
		}
		for _, s := range c.yes {
			require.True(t, a.host(parse(s)), "%s grants %s", c.list, s)
		}
		for _, s := range append(c.not, "http://other.org") {
			if c.list != "*" {
				require.False(t, a.host(parse(s)), "%s does not grant %s", c.list, s)
			}
		}
	}
	none := Allowed{}
	require.False(t, none.host(&url.URL{Scheme: "http", Host: "example.com"}))
}

func TestNonsenseIsNotAllowed(t *testing.T) {
	for s, says := range map[string]string{
		"":                        "is no host",
		" ":                       "is no host",
		"://":                     "is no http or https origin",
		"ftp://a.example":         "is no http or https origin",
		"https://":                "is no host",
		"https://a.example/path":  "has more than a host in it",
		"https://a.example?x":     "has more than a host in it",
		"user@a.example":          "has more than a host in it",
		"a.example/":              "has more than a host in it",
		"http:":                   "has no port from 1 to 65535",
		"a.example:":              "has no port from 1 to 65535",
		"a.example:0":             "has no port from 1 to 65535",
		"a.example:http":          "has no port from 1 to 65535",
		"a.example:65536":         "has no port from 1 to 65535",
		"a.example:+1":            "has no port from 1 to 65535",
		"a b":                     "is no host",
		"a..b":                    "is no host",
		"-a.example":              "is no host",
		"*.*":                     "has a * elsewhere",
		"a.*.example":             "has a * elsewhere",
		"*example":                "has a * elsewhere",
		"**":                      "has a * elsewhere",
		"bücher.example":          "write the name in its xn-- form",
		"1.2.3":                   "is no host and no address",
		"10.0.0.256":              "is no host and no address",
		"2130706433":              "is no host and no address",
		"10.0.0.0/33":             "has more than a host in it",
		"::ffff:10.0.0.0/104":     "is a network of IPv4 addresses in IPv6's form",
		"[a.example]":             "has brackets without an IPv6 address",
		"[::1":                    "has brackets without an IPv6 address",
		"[::1]3000":               "has brackets without an IPv6 address",
		"fe80::1%eth0":            "has a zone",
		"https://a.example https": "is no host",
	} {
		_, err := ParseAllowed([]string{"fine.example", s})
		require.ErrorContains(t, err, says, "%q", s)
		require.ErrorContains(t, err, "write a host (api.example.com,", "%q", s)
	}
	_, err := ParseAllowed([]string{"://", "a b"})
	require.ErrorContains(t, err, `"://" is no http`)
	require.ErrorContains(t, err, `"a b" is no host`)
}

func TestPublicAddresses(t *testing.T) {
	for _, s := range []string{
		"127.0.0.1", "127.9.9.9", "::1", "0.0.0.0", "::", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "fe80::1%lo", "fc00::1", "fec0::1",
		"100.64.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:db8::1", "224.0.0.1", "ff02::1", "255.255.255.255", "198.18.0.1",
	} {
		require.False(t, public(netip.MustParseAddr(s)), s)
	}
	for _, s := range []string{"8.8.8.8", "1.1.1.1", "2606:4700::1111", "172.32.0.1", "::ffff:8.8.8.8"} {
		require.True(t, public(netip.MustParseAddr(s)), s)
	}
}
