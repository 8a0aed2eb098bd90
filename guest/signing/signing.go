package signing

import (
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/vinyl-edge/vinyl/guest/internal/digest"
)

// Errors of Unsign.
var (
	ErrBadSignature = errors.New("signing: the signature does not match")
	ErrExpired      = errors.New("signing: the signature is too old")
	ErrNoKey        = errors.New("signing: no secret key: set Settings.SecretKey or VINYL_SECRET_KEY")
)

// Signer signs with Key and accepts Fallbacks too.
type Signer struct {
	Key       string
	Fallbacks []string
	Salt      string           // what the value is for: a cookie's signature is no password token's
	Now       func() time.Time // time.Now when nil
}

// Signature returns the signature of value alone.
func (s *Signer) Signature(value string) string { return s.signature(s.Key, value) }

func (s *Signer) signature(key, value string) string {
	derived := digest.SHA256([]byte(s.Salt + "signer" + key))
	mac := digest.HMAC(derived[:], []byte(value))
	return base64.RawURLEncoding.EncodeToString(mac[:])
}

// Sign returns value:signature.
func (s *Signer) Sign(value string) (string, error) {
	if s.Key == "" {
		return "", ErrNoKey
	}
	return value + ":" + s.Signature(value), nil
}

// Unsign checks the signature and returns the value.
func (s *Signer) Unsign(signed string) (string, error) {
	if s.Key == "" {
		return "", ErrNoKey
	}
	i := strings.LastIndexByte(signed, ':')
	if i < 0 {
		return "", ErrBadSignature
	}
	value, sig := signed[:i], signed[i+1:]
	ok := digest.Equal(sig, s.signature(s.Key, value))
	for _, key := range s.Fallbacks {
		ok = digest.Equal(sig, s.signature(key, value)) || ok
	}
	if !ok {
		return "", ErrBadSignature
	}
	return value, nil
}

func (s *Signer) now() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now()
}

// SignTime is Sign with the time in it.
func (s *Signer) SignTime(value string) (string, error) {
	return s.Sign(value + ":" + base62(s.now().Unix()))
}

// UnsignTime is Unsign for SignTime; maxAge bounds the age when above 0.
func (s *Signer) UnsignTime(signed string, maxAge time.Duration) (string, error) {
	v, err := s.Unsign(signed)
	if err != nil {
		return "", err
	}
	i := strings.LastIndexByte(v, ':')
	if i < 0 {
		return "", ErrBadSignature
	}
	at, err := unbase62(v[i+1:])
	if err != nil {
		return "", err
	}
	now := s.now()
	age := now.Sub(time.Unix(at, 0))
	if maxAge > 0 && age > maxAge {
		return "", ErrExpired
	}
	return v[:i], nil
}

const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

func base62(n int64) string {
	if n < 0 {
		return "-" + base62(-n)
	}
	var b [12]byte
	i := len(b)
	for {
		i--
		b[i] = digits[n%62]
		if n /= 62; n == 0 {
			return string(b[i:])
		}
	}
}

func unbase62(s string) (int64, error) {
	var n int64
	for i := range len(s) {
		d := strings.IndexByte(digits, s[i])
		if d < 0 || len(s) > 10 {
			return 0, errors.New("signing: bad timestamp " + strconv.Quote(s))
		}
		n = n*62 + int64(d)
	}
	return n, nil
}
