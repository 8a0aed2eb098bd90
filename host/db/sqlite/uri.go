package sqlite

import "net/url"

// immutableURI is the only way to ask SQLite not to lock a file.
func immutableURI(path string) string {
	u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: "immutable=1"}
	return u.String()
}
