// Package log sends slog's records to the host's log, where they carry the id
// of the request whose ctx they were logged with.
//
//	slog.SetDefault(slog.New(log.New(nil)))
//	slog.InfoContext(req.Context(), "voted", "choice", pk)
//
// It is apart from package guest because slog brings fmt, reflect and
// encoding/json along; guest.Log does without.
package log
