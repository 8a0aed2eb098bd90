package main

import (
	"slices"
	"strings"

	"github.com/vinyl-edge/vinyl/orm/schema"
)

// settings are the names of guest.Settings in the environment, without VINYL_:
// a wrong name in the file would change nothing, and nobody would know. (A test
// compares the list with package guest, which this command doesn't import.)
var settings = strings.Fields(`
	DEBUG SECRET_KEY SECRET_KEY_FALLBACKS
	ALLOWED_HOSTS USE_X_FORWARDED_HOST USE_X_FORWARDED_PORT SECURE_PROXY_SSL_HEADER
	APPEND_SLASH PREPEND_WWW DISALLOWED_USER_AGENTS
	SECURE_SSL_REDIRECT SECURE_SSL_HOST SECURE_REDIRECT_EXEMPT
	SECURE_HSTS_SECONDS SECURE_HSTS_INCLUDE_SUBDOMAINS SECURE_HSTS_PRELOAD
	SECURE_CONTENT_TYPE_NOSNIFF SECURE_REFERRER_POLICY SECURE_CROSS_ORIGIN_OPENER_POLICY X_FRAME_OPTIONS
	CSRF_TRUSTED_ORIGINS
	DATA_UPLOAD_MAX_MEMORY_SIZE DATA_UPLOAD_MAX_NUMBER_FIELDS DATA_UPLOAD_MAX_NUMBER_FILES FILE_UPLOAD_MAX_MEMORY_SIZE
	AFTER_TIMEOUT CACHE_MIDDLEWARE_SECONDS CACHE_MIDDLEWARE_KEY_PREFIX
`)

// unknownSetting says what is wrong with the name of a setting, or nothing.
func unknownSetting(key string) string {
	name := strings.TrimPrefix(envName(key), envPrefix)
	if slices.Contains(settings, name) {
		return ""
	}
	if near := schema.Nearest(name, settings, 2); near != "" {
		return "there is no such setting: did you mean " + strings.ToLower(near) + "?"
	}
	return "there is no such setting: guest.Settings has them all; variables of the app's own belong into [env]"
}

// misspelled finds variables of the environment that almost are settings or
// options. Others may be meant for somebody else.
func misspelled(options, environ []string) (hints []string) {
	known := slices.Clone(settings)
	for _, o := range options {
		known = append(known, strings.TrimPrefix(envName(o), envPrefix))
	}
	for _, pair := range environ {
		variable, _, _ := strings.Cut(pair, "=")
		name, ok := strings.CutPrefix(variable, envPrefix)
		if !ok || slices.Contains(known, name) || strings.HasPrefix(variable, dbVariable) {
			continue
		}
		if near := schema.Nearest(name, known, 2); near != "" {
			hints = append(hints, variable+" is neither an option nor a setting: did you mean "+envPrefix+near+"?")
		}
	}
	return hints
}
