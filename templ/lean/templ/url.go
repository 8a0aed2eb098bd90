package templ

import (
	"errors"
	"strings"
)

// SafeURL is a URL that needs no further check.
type SafeURL string

// FailedSanitizationURL replaces a URL with a scheme that is not allowed.
const FailedSanitizationURL = SafeURL("about:invalid#TemplFailedSanitizationURL")

// URL lets relative URLs and those of the common harmless schemes pass.
func URL(s string) SafeURL {
	scheme, _, found := strings.Cut(s, ":")
	if !found || strings.Contains(scheme, "/") {
		return SafeURL(s)
	}
	for _, ok := range [...]string{"http", "https", "mailto", "tel", "ftp", "ftps"} {
		if strings.EqualFold(scheme, ok) {
			return SafeURL(s)
		}
	}
	return FailedSanitizationURL
}

// JoinURLErrs sanitizes s unless it is a SafeURL, and joins the errors.
func JoinURLErrs[T ~string](s T, errs ...error) (SafeURL, error) {
	if safe, ok := any(s).(SafeURL); ok {
		return safe, errors.Join(errs...)
	}
	return URL(string(s)), errors.Join(errs...)
}
