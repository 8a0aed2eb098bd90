package service

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// resolve makes this process ask lookup what names stand for. Each question is
// for IPv4 or for IPv6 addresses.
func resolve(t *testing.T, lookup func(name string) []string) {
	before := net.DefaultResolver
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe() // no packets, so the resolver speaks as over TCP
		go func() {
			defer ours.Close()
			for {
				var size [2]byte
				if _, err := io.ReadFull(ours, size[:]); err != nil {
					return
				}
				q := make([]byte, binary.BigEndian.Uint16(size[:]))
				if _, err := io.ReadFull(ours, q); err != nil {
					return
				}
				a := answerTo(q, lookup)
				_, _ = ours.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(a))), a...))
			}
		}()
		return theirs, nil
	}}
	t.Cleanup(func() { net.DefaultResolver = before })
}

// answerTo is the DNS message that answers the one question of q.
func answerTo(q []byte, lookup func(string) []string) []byte {
	const header = 12
	name, i := "", header
	for q[i] != 0 {
		name += string(q[i+1:i+1+int(q[i])]) + "."
		i += 1 + int(q[i])
	}
	kind := binary.BigEndian.Uint16(q[i+1:])
	a := append([]byte{q[0], q[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, q[header:i+5]...)
	for _, s := range lookup(strings.ToLower(name)) {
		ip := netip.MustParseAddr(s)
		if ip.Is4() != (kind == 1) {
			continue
		}
		a[7]++
		a = append(a, 0xc0, header)
		a = binary.BigEndian.AppendUint16(a, kind)
		a = append(a, 0, 1, 0, 0, 0, 0, 0, byte(ip.BitLen()/8))
		a = append(a, ip.AsSlice()...)
	}
	return a
}

func TestResolve(t *testing.T) {
	resolve(t, func(name string) []string { return map[string][]string{"two.example.": {"10.0.0.1", "::2"}}[name] })
	got, err := net.DefaultResolver.LookupNetIP(t.Context(), "ip", "two.example")
	require.NoError(t, err)
	require.ElementsMatch(t, []netip.Addr{netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("::2")}, got)
}
