package guest

import (
	"errors"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Settings have Django's names and, but for a few safer ones, its defaults.
// Each can be set from the environment: VINYL_ and the name in upper case with
// underscores (VINYL_ALLOWED_HOSTS=a.example,b.example), which wins over code.
type Settings struct {
	Debug              bool
	SecretKey          string   // signs cookies and tokens
	SecretKeyFallbacks []string // old keys that still verify

	AllowedHosts      []string // "example.com", ".example.com" with subdomains, "*"; empty: this machine only
	UseXForwardedHost bool
	UseXForwardedPort bool
	// SecureProxySSLHeader is the header and the value by which a trusted
	// proxy says that the client used https.
	SecureProxySSLHeader [2]string

	AppendSlash          bool
	PrependWWW           bool
	DisallowedUserAgents []string // regular expressions

	SecureSSLRedirect             bool
	SecureSSLHost                 string
	SecureRedirectExempt          []string // regular expressions of paths
	SecureHSTSSeconds             int
	SecureHSTSIncludeSubdomains   bool
	SecureHSTSPreload             bool
	SecureContentTypeNosniff      bool
	SecureReferrerPolicy          string
	SecureCrossOriginOpenerPolicy string
	XFrameOptions                 string
	CSRFTrustedOrigins            []string // "https://example.com", "https://*.example.com"

	DataUploadMaxMemorySize   int // bytes of a body without its files
	DataUploadMaxNumberFields int
	DataUploadMaxNumberFiles  int
	FileUploadMaxMemorySize   int // bytes of all files of one request together

	AfterTimeout          time.Duration // how long Request.After may work
	CacheMiddlewareSecs   int
	CacheMiddlewarePrefix string
}

// DefaultSettings returns what an app begins with.
func DefaultSettings() Settings {
	return Settings{
		AppendSlash: true, SecureContentTypeNosniff: true, SecureReferrerPolicy: "same-origin",
		SecureCrossOriginOpenerPolicy: "same-origin", XFrameOptions: "DENY",
		DataUploadMaxMemorySize: 2_621_440, DataUploadMaxNumberFields: 1000, DataUploadMaxNumberFiles: 100,
		FileUploadMaxMemorySize: 32 << 20, AfterTimeout: 30 * time.Second, CacheMiddlewareSecs: 600,
	}
}

// fromEnv lets the environment override s.
func (s *Settings) fromEnv(getenv func(string) (string, bool)) error {
	var errs []error
	get := func(name, what string, set func(string) error) {
		if v, ok := getenv("VINYL_" + name); ok {
			if set(v) != nil {
				errs = append(errs, errors.New("VINYL_"+name+"="+strconv.Quote(v)+" is not a valid value: it takes "+what))
			}
		}
	}
	text := func(name string, p *string) { get(name, "a text", func(v string) error { *p = v; return nil }) }
	flag := func(name string, p *bool) {
		get(name, "true or false", func(v string) (err error) { *p, err = strconv.ParseBool(v); return err })
	}
	num := func(name string, p *int) {
		get(name, "a whole number", func(v string) (err error) { *p, err = strconv.Atoi(v); return err })
	}
	list := func(name string, p *[]string) {
		get(name, "texts with commas between", func(v string) error { *p = splitList(v); return nil })
	}
	flag("DEBUG", &s.Debug)
	text("SECRET_KEY", &s.SecretKey)
	list("SECRET_KEY_FALLBACKS", &s.SecretKeyFallbacks)
	list("ALLOWED_HOSTS", &s.AllowedHosts)
	flag("USE_X_FORWARDED_HOST", &s.UseXForwardedHost)
	flag("USE_X_FORWARDED_PORT", &s.UseXForwardedPort)
	get("SECURE_PROXY_SSL_HEADER", "a header and its value, X-Forwarded-Proto,https", func(v string) error {
		name, value, ok := strings.Cut(v, ",")
		if s.SecureProxySSLHeader = [2]string{strings.TrimSpace(name), strings.TrimSpace(value)}; !ok {
			return strconv.ErrSyntax
		}
		return nil
	})
	flag("APPEND_SLASH", &s.AppendSlash)
	flag("PREPEND_WWW", &s.PrependWWW)
	list("DISALLOWED_USER_AGENTS", &s.DisallowedUserAgents)
	flag("SECURE_SSL_REDIRECT", &s.SecureSSLRedirect)
	text("SECURE_SSL_HOST", &s.SecureSSLHost)
	list("SECURE_REDIRECT_EXEMPT", &s.SecureRedirectExempt)
	num("SECURE_HSTS_SECONDS", &s.SecureHSTSSeconds)
	flag("SECURE_HSTS_INCLUDE_SUBDOMAINS", &s.SecureHSTSIncludeSubdomains)
	flag("SECURE_HSTS_PRELOAD", &s.SecureHSTSPreload)
	flag("SECURE_CONTENT_TYPE_NOSNIFF", &s.SecureContentTypeNosniff)
	text("SECURE_REFERRER_POLICY", &s.SecureReferrerPolicy)
	text("SECURE_CROSS_ORIGIN_OPENER_POLICY", &s.SecureCrossOriginOpenerPolicy)
	text("X_FRAME_OPTIONS", &s.XFrameOptions)
	list("CSRF_TRUSTED_ORIGINS", &s.CSRFTrustedOrigins)
	num("DATA_UPLOAD_MAX_MEMORY_SIZE", &s.DataUploadMaxMemorySize)
	num("DATA_UPLOAD_MAX_NUMBER_FIELDS", &s.DataUploadMaxNumberFields)
	num("DATA_UPLOAD_MAX_NUMBER_FILES", &s.DataUploadMaxNumberFiles)
	num("FILE_UPLOAD_MAX_MEMORY_SIZE", &s.FileUploadMaxMemorySize)
	get("AFTER_TIMEOUT", "a time such as 30s", func(v string) (err error) { s.AfterTimeout, err = time.ParseDuration(v); return err })
	num("CACHE_MIDDLEWARE_SECONDS", &s.CacheMiddlewareSecs)
	text("CACHE_MIDDLEWARE_KEY_PREFIX", &s.CacheMiddlewarePrefix)
	return errors.Join(errs...)
}

// complete checks what would match nothing, and what goes into the header of
// every response, to which it gives the form in which it is sent.
func (s *Settings) complete() error {
	for _, h := range s.AllowedHosts {
		if strings.Contains(h, "/") || strings.Contains(h, ":") && !strings.HasPrefix(h, "[") {
			return errors.New("AllowedHosts: " + strconv.Quote(h) + " is more than a host: leave scheme, port and path out, as in example.com")
		}
	}
	for _, o := range s.CSRFTrustedOrigins {
		if !strings.Contains(o, "://") {
			return errors.New("CSRFTrustedOrigins: " + strconv.Quote(o) + " has no scheme: write https://" + o)
		}
	}
	s.SecureReferrerPolicy = strings.Join(splitList(s.SecureReferrerPolicy), ",")
	if s.XFrameOptions = strings.ToUpper(s.XFrameOptions); s.XFrameOptions == "" {
		s.XFrameOptions = "DENY"
	}
	for name, v := range map[string]*string{
		"SecureReferrerPolicy": &s.SecureReferrerPolicy, "SecureCrossOriginOpenerPolicy": &s.SecureCrossOriginOpenerPolicy, "XFrameOptions": &s.XFrameOptions,
	} {
		var err error
		if *v, err = encodeHeader(name, *v); err != nil {
			return err
		}
	}
	return nil
}

func splitList(v string) (out []string) {
	for s := range strings.SplitSeq(v, ",") {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

func sysEnv(name string) (string, bool) { return syscall.Getenv(name) }
