package uri

import "strings"

// URL is a URL taken apart as urlsplit does.
type URL struct {
	Scheme, Host, Path, Query, Fragment string
	hasHost, hasQuery, hasFragment      bool
}

// Split takes a URL apart.
func Split(s string) (u URL) {
	if scheme := Scheme(s); scheme != "" {
		u.Scheme, s = scheme, s[len(scheme)+1:]
	}
	if strings.HasPrefix(s, "//") {
		u.hasHost = true
		s = s[2:]
		end := strings.IndexAny(s, "/?#")
		if end < 0 {
			end = len(s)
		}
		u.Host, s = s[:end], s[end:]
	}
	s, u.Fragment, u.hasFragment = strings.Cut(s, "#")
	u.Path, u.Query, u.hasQuery = strings.Cut(s, "?")
	return u
}

// String puts the URL together again.
func (u URL) String() string {
	s := u.Path
	if u.Host != "" {
		if s != "" && s[0] != '/' {
			s = "/" + s
		}
		s = "//" + u.Host + s
	}
	if u.Scheme != "" {
		s = u.Scheme + ":" + s
	}
	if u.Query != "" {
		s += "?" + u.Query
	}
	if u.Fragment != "" {
		s += "#" + u.Fragment
	}
	return s
}

// Join resolves ref against base, as browsers do.
func Join(base, ref string) string {
	if ref == "" {
		return base
	}
	b, r := Split(base), Split(ref)
	if r.Scheme != "" && r.Scheme != b.Scheme || r.Scheme == "" && r.hasHost && r.Host == "" && r.Path == "" {
		return ref
	}
	r.Scheme = b.Scheme
	if r.Host != "" {
		return r.String()
	}
	r.Host = b.Host
	if r.Path == "" {
		r.Path = b.Path
		if r.Query == "" {
			r.Query = b.Query
		}
		return r.String()
	}
	if r.Path[0] != '/' {
		r.Path = b.Path[:strings.LastIndexByte(b.Path, '/')+1] + r.Path
	}
	r.Path = clean(r.Path)
	return r.String()
}

// clean resolves "." and ".." segments.
func clean(path string) string {
	var out []string
	segments := strings.Split(path, "/")
	for i, s := range segments {
		last := i == len(segments)-1
		switch s {
		case "..":
			if len(out) > 1 {
				out = out[:len(out)-1]
			}
			if last {
				out = append(out, "")
			}
		case ".":
			if last {
				out = append(out, "")
			}
		default:
			out = append(out, s)
		}
	}
	joined := strings.Join(out, "/")
	if !strings.HasPrefix(joined, "/") {
		joined = "/" + joined
	}
	return joined
}
