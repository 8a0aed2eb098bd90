package httpcache

import (
	"slices"
	"strings"

	"github.com/vinyl-edge/vinyl/guest"
	"github.com/vinyl-edge/vinyl/guest/internal/digest"
)

// Store remembers which headers the responses of a URL vary by.
type Store interface {
	Headers(key string) (names []string, ok bool)
	SetHeaders(key string, names []string)
}

// Keys makes the keys of cached pages.
type Keys struct {
	Store  Store
	Prefix string
	// Language and TimeZone are parts of the key when they aren't empty; with
	// a language, Accept-Language in Vary adds nothing.
	Language, TimeZone string
}

// Learn takes note of what a response varies by and returns its key.
func (k Keys) Learn(req *guest.Request, resp *guest.Response) (string, error) {
	url, err := req.BuildAbsoluteURI("")
	if err != nil {
		return "", err
	}
	names := []string{}
	for _, n := range varyList(resp) {
		if n = strings.ReplaceAll(strings.ToUpper(n), "-", "_"); n != "ACCEPT_LANGUAGE" || k.Language == "" {
			names = append(names, "HTTP_"+n)
		}
	}
	slices.Sort(names)
	k.Store.SetHeaders(k.headerKey(url), names)
	return k.pageKey(req, req.Method, url, names), nil
}

// Get returns the key of the page that answers req; ok is false when nothing
// was learned about its URL.
func (k Keys) Get(req *guest.Request, method string) (key string, ok bool, err error) {
	url, err := req.BuildAbsoluteURI("")
	if err != nil {
		return "", false, err
	}
	names, ok := k.Store.Headers(k.headerKey(url))
	if !ok {
		return "", false, nil
	}
	return k.pageKey(req, method, url, names), true, nil
}

func (k Keys) suffix(key string) string {
	for _, s := range [...]string{k.Language, k.TimeZone} {
		if s != "" {
			key += "." + s
		}
	}
	return key
}

func (k Keys) headerKey(url string) string {
	return k.suffix("views.decorators.cache.cache_header." + k.Prefix + "." + hexMD5(url))
}

func (k Keys) pageKey(req *guest.Request, method, url string, names []string) string {
	values := ""
	for _, n := range names {
		values += req.Header(strings.ReplaceAll(strings.TrimPrefix(n, "HTTP_"), "_", "-"))
	}
	return k.suffix("views.decorators.cache.cache_page." + k.Prefix + "." + method + "." + hexMD5(url) + "." + hexMD5(values))
}

func hexMD5(s string) string {
	const hex = "0123456789abcdef"
	sum := digest.MD5([]byte(s))
	out := make([]byte, 0, 32)
	for _, c := range sum {
		out = append(out, hex[c>>4], hex[c&15])
	}
	return string(out)
}
