package guest

import (
	"strconv"
	"strings"
)

// SecurityMiddleware redirects to https when SecureSSLRedirect says so and sets
// the headers that make browsers careful: HSTS (SecureHSTSSeconds), nosniff,
// Referrer-Policy and Cross-Origin-Opener-Policy.
func SecurityMiddleware(next View) View {
	return func(req *Request) (*Response, error) {
		if resp, err := req.insecure(); resp != nil || err != nil {
			return resp, err
		}
		resp, err := next(req)
		if err != nil {
			return nil, err
		}
		resp.secure(req)
		return resp, nil
	}
}

// insecure redirects what has to come by https.
func (r *Request) insecure() (*Response, error) {
	s := &r.app.settings
	if s.SecureSSLRedirect && !r.IsSecure() && !r.app.redirectExempt(strings.TrimLeft(r.Path, "/")) {
		return r.secureRedirect(s.SecureSSLHost)
	}
	return nil, nil
}

func (r *Request) secureRedirect(host string) (*Response, error) {
	if host == "" {
		var err error
		if host, err = r.Host(); err != nil {
			return nil, err
		}
	}
	return PermanentRedirect("https://" + host + r.FullPath()), nil
}

func (r *Response) secure(req *Request) {
	s := &req.app.settings
	if s.SecureHSTSSeconds > 0 && req.IsSecure() && !r.Header.Has("strict-transport-security") {
		v := "max-age=" + strconv.Itoa(s.SecureHSTSSeconds)
		if s.SecureHSTSIncludeSubdomains {
			v += "; includeSubDomains"
		}
		if s.SecureHSTSPreload {
			v += "; preload"
		}
		r.Header.Set("strict-transport-security", v)
	}
	if s.SecureContentTypeNosniff {
		r.Header.setDefault("x-content-type-options", "nosniff")
	}
	if p := s.SecureReferrerPolicy; p != "" {
		r.Header.setDefault("referrer-policy", p)
	}
	if p := s.SecureCrossOriginOpenerPolicy; p != "" {
		r.Header.setDefault("cross-origin-opener-policy", p)
	}
}

func (a *App) redirectExempt(path string) bool {
	for _, p := range a.exempt {
		if p.Search(path) != nil {
			return true
		}
	}
	return false
}

// XFrameOptionsMiddleware forbids other sites to frame the page, unless the
// response says otherwise.
func XFrameOptionsMiddleware(next View) View {
	return func(req *Request) (*Response, error) {
		resp, err := next(req)
		if err == nil {
			resp.unframed(req)
		}
		return resp, err
	}
}

func (r *Response) unframed(req *Request) {
	if r.exempt&exemptFrame == 0 {
		r.Header.setDefault("x-frame-options", req.app.settings.XFrameOptions)
	}
}

// CrossOriginMiddleware refuses a request that could change something and was
// made by a page of another site. Browsers say so in Sec-Fetch-Site or Origin;
// clients that send neither are no browsers. Settings.CSRFTrustedOrigins may.
func CrossOriginMiddleware(next View) View {
	return func(req *Request) (*Response, error) {
		if err := req.sameOrigin(); err != nil {
			return nil, err
		}
		return next(req)
	}
}

func (r *Request) sameOrigin() error {
	switch r.Method {
	case "GET", "HEAD", "OPTIONS", "TRACE":
		return nil
	}
	if why := r.crossOrigin(); why != "" {
		// In the log, since an honest proxy can be the reason.
		return &suspicious{&Error{403, "cross-origin request refused: " + why + "; Settings.CSRFTrustedOrigins lists other sites that may send forms here"}}
	}
	return nil
}

// crossOrigin says why the request may not be from a page of this site.
func (r *Request) crossOrigin() string {
	origin := r.Header("origin")
	if origin != "" && trustedOrigin(origin, r.Settings().CSRFTrustedOrigins) {
		return ""
	}
	switch site := r.Header("sec-fetch-site"); site {
	case "same-origin", "none":
		return ""
	case "":
	default:
		return "Sec-Fetch-Site is " + strconv.Quote(site)
	}
	if origin == "" {
		return ""
	}
	scheme, host, _ := strings.Cut(origin, "://")
	own, err := r.Host()
	if err != nil || !strings.EqualFold(host, own) || scheme != "https" && (scheme != "http" || r.IsSecure()) {
		return "Origin is " + strconv.Quote(origin)
	}
	return ""
}

func trustedOrigin(origin string, trusted []string) bool {
	scheme, host, ok := strings.Cut(lower(origin), "://")
	for _, t := range trusted {
		ts, th, _ := strings.Cut(lower(t), "://")
		if ok && ts == scheme && (th == host || strings.HasPrefix(th, "*.") && strings.HasSuffix(host, th[1:])) {
			return true
		}
	}
	return false
}
