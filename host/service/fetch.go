package service

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/httpabi"
	"github.com/vinyl-edge/vinyl/host/internal/tracing"
)

// fetcher sends the guests' outgoing requests.
type fetcher struct {
	cfg    *Config
	client *http.Client
}

func (f *fetcher) init(cfg *Config) {
	f.cfg = cfg
	f.client = &http.Client{
		Transport: &http.Transport{
			// No proxy: it would connect to what the dialer refuses.
			Proxy: nil, DialContext: cfg.AllowFetch.dial, DisableCompression: true, ForceAttemptHTTP2: true,
			MaxIdleConns: 64, MaxIdleConnsPerHost: 16, IdleConnTimeout: 90 * time.Second,
			TLSHandshakeTimeout: 10 * time.Second, MaxResponseHeaderBytes: 256 << 10,
		},
		// The guest sees redirects and follows them itself, each under the same rules.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func (f *fetcher) close() { f.client.CloseIdleConnections() }

// start sends the request and returns the response, and the span of both, which
// the caller ends.
func (f *fetcher) start(ctx context.Context, msg []byte, trace *tracing.Request) (*http.Response, *tracing.Fetch, error) {
	req, method, err := f.request(ctx, msg)
	if err != nil {
		if trace.Sampled() {
			trace.Refused(trace.Context(), abi.OpFetch, time.Now(), err)
		}
		return nil, nil, err
	}
	span := trace.Fetch(req)
	res, err := f.client.Do(req)
	if err != nil {
		err = f.failure(ctx, err)
		span.End(err)
		return nil, nil, err
	}
	span.Status(res.StatusCode)
	if res.ContentLength > f.cfg.FetchMax && method != http.MethodHead {
		_ = res.Body.Close()
		err := f.tooLarge()
		span.End(err)
		return nil, nil, err
	}
	return res, span, nil
}

// request makes the request of a message, if it is allowed.
func (f *fetcher) request(ctx context.Context, msg []byte) (req *http.Request, method string, err error) {
	m, body, err := abi.ReadFetchRequest(string(msg))
	if err != nil {
		return nil, "", errMessage
	}
	u, err := url.Parse(m.URL)
	switch {
	case err != nil, u.Host == "", u.Scheme != "http" && u.Scheme != "https":
		return nil, "", badFetch(strconv.Quote(m.URL) + " is no http or https URL with a host")
	case !ascii(u.Host):
		return nil, "", badFetch("the host " + strconv.Quote(u.Host) + " has letters beyond ASCII: write it in its xn-- form")
	case strings.EqualFold(m.Method, http.MethodConnect):
		return nil, "", badFetch("CONNECT is for proxies: use another method")
	}
	if err := f.allowed(u); err != nil {
		return nil, "", err
	}
	var rd io.Reader
	if body != "" {
		rd = strings.NewReader(body)
	}
	req, err = http.NewRequestWithContext(ctx, m.Method, m.URL, rd)
	if err != nil {
		return nil, "", badFetch(err.Error())
	}
	if err := f.headers(req, m.Headers); err != nil {
		return nil, "", err
	}
	return req, m.Method, nil
}

func (f *fetcher) allowed(u *url.URL) error {
	if f.cfg.AllowFetch.host(u) {
		return nil
	}
	grant := strings.ToLower(u.Hostname())
	if port := u.Port(); port != "" && port != portOf(u.Scheme) {
		grant = strings.ToLower(u.Host)
	}
	return notAllowed(u.Host, grant)
}

func (f *fetcher) headers(req *http.Request, fields []abi.Header) error {
	for i := range fields {
		h := &fields[i]
		if why := httpabi.Invalid(h); why != "" {
			return badFetch("header " + strconv.Quote(h.Name) + " " + why)
		}
		switch {
		case strings.EqualFold(h.Name, "host"):
			// Behind one address there can be many sites.
			named := *req.URL
			if named.Host = h.Value; !ascii(h.Value) || strings.ContainsAny(h.Value, "/?#@\\ ") {
				return badFetch("header \"host\" is no host")
			}
			if err := f.allowed(&named); err != nil {
				return err
			}
			req.Host = h.Value
		case strings.EqualFold(h.Name, "content-length"): // known from the body
		default:
			req.Header.Add(h.Name, h.Value)
		}
	}
	if req.Header["User-Agent"] == nil {
		req.Header.Set("User-Agent", "vinyl")
	}
	return nil
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// fetchTo answers OpFetch piece by piece.
func (s *Session) fetchTo(ctx context.Context, msg []byte, p *pipe) (err error) {
	f := &s.svc.fetch
	ctx, cancel := f.bound(ctx)
	defer cancel()
	res, span, err := f.start(ctx, msg, s.trace)
	if err != nil {
		return err
	}
	defer func() { span.End(err) }()
	defer res.Body.Close()
	if err := p.write(ctx, fetchHead(res)); err != nil {
		return f.failure(ctx, err)
	}
	left := f.cfg.FetchMax
	for {
		b := p.buffer()
		if cap(b) < 32<<10 {
			b = make([]byte, 0, 32<<10)
		}
		n, err := res.Body.Read(b[:cap(b)])
		if left -= int64(n); left < 0 {
			return f.tooLarge()
		}
		if n > 0 {
			if err := p.write(ctx, b[:n]); err != nil {
				return f.failure(ctx, err)
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return f.failure(ctx, err)
		}
	}
}

// fetchAll answers OpFetch at once.
func (s *Session) fetchAll(ctx context.Context, msg []byte) (out []byte, err error) {
	f := &s.svc.fetch
	ctx, cancel := f.bound(ctx)
	defer cancel()
	res, span, err := f.start(ctx, msg, s.trace)
	if err != nil {
		return nil, err
	}
	defer func() { span.End(err) }()
	defer res.Body.Close()
	limit := min(f.cfg.FetchMax, int64(s.svc.cfg.MaxResult))
	body, err := io.ReadAll(io.LimitReader(res.Body, limit+1))
	if err != nil {
		return nil, f.failure(ctx, err)
	}
	if int64(len(body)) > limit {
		return nil, f.tooLarge()
	}
	return append(fetchHead(res), body...), nil
}

func fetchHead(res *http.Response) []byte {
	head := abi.ResponseHead{Status: uint16(res.StatusCode), Headers: httpabi.Headers(res.Header)}
	return abi.AppendBytes([]byte{abi.ResultOK}, head.Append(nil))
}
