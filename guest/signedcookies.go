package guest

import (
	"time"

	"github.com/vinyl-edge/vinyl/guest/signing"
)

// Signer returns a signer with the app's secret key, for a purpose that salt names.
func (s *Settings) Signer(salt string) *signing.Signer {
	return &signing.Signer{Key: s.SecretKey, Fallbacks: s.SecretKeyFallbacks, Salt: salt, Now: now}
}

func (s *Settings) cookieSigner(salt string) *signing.Signer {
	const purpose = "django.http.cookies" // so that Django reads our cookies and we its
	signer := s.Signer(salt)
	if signer.Key != "" {
		signer.Key = purpose + signer.Key
	}
	signer.Fallbacks = nil
	for _, k := range s.SecretKeyFallbacks {
		signer.Fallbacks = append(signer.Fallbacks, purpose+k)
	}
	return signer
}

// SetSignedCookie sets a cookie whose value can't be forged; it can be read.
// Salt may keep cookies of the same name for different purposes apart.
func (r *Request) SetSignedCookie(resp *Response, c Cookie, salt string) error {
	v, err := r.app.settings.cookieSigner(c.Name + salt).SignTime(c.Value)
	if err != nil {
		return err
	}
	c.Value = v
	resp.SetCookie(c)
	return nil
}

// SignedCookie returns the value of a signed cookie. Without the cookie the
// error is ErrNoCookie, else one of package signing. maxAge 0 means any age.
func (r *Request) SignedCookie(name, salt string, maxAge time.Duration) (string, error) {
	v, ok := r.Cookies()[name]
	if !ok {
		return "", ErrNoCookie
	}
	return r.app.settings.cookieSigner(name+salt).UnsignTime(v, maxAge)
}
