package digest

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAgainstStandardLibrary(t *testing.T) {
	p := make([]byte, 300)
	for i := range p {
		p[i] = byte(i*7 + i>>3)
	}
	for n := range p {
		require.Equal(t, md5.Sum(p[:n]), MD5(p[:n]), n)
		require.Equal(t, sha256.Sum256(p[:n]), SHA256(p[:n]), n)
		h := hmac.New(sha256.New, p[n/2:n])
		h.Write(p[:n])
		got := HMAC(p[n/2:n], p[:n])
		require.Equal(t, h.Sum(nil), got[:], n)
	}
	require.True(t, Equal("abc", "abc"))
	require.False(t, Equal("abc", "abd"))
	require.False(t, Equal("abc", "abcd"))
}

func FuzzHMAC(f *testing.F) {
	f.Add([]byte("key"), []byte("message"))
	f.Fuzz(func(t *testing.T, key, msg []byte) {
		h := hmac.New(sha256.New, key)
		h.Write(msg)
		got := HMAC(key, msg)
		require.Equal(t, h.Sum(nil), got[:])
		require.Equal(t, md5.Sum(msg), MD5(msg))
	})
}
