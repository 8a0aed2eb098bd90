package service

import (
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/vinyl-edge/vinyl/abi"
)

// view is which view a request is for.
type view struct {
	pattern, name string
	comment       string // for its statements
}

// named answers OpRoute.
func (s *Session) named(msg []byte) ([]byte, error) {
	r := abi.ReadBytes(msg)
	at := &view{pattern: strings.Clone(r.String()), name: strings.Clone(r.String())}
	if r.Err() != nil || r.Len() > 0 {
		return nil, errMessage
	}
	at.comment = comment(s.svc.cfg.App, at)
	s.trace.Route(at.pattern, at.name)
	s.view.Store(at)
	return []byte{abi.ResultOK}, nil
}

// comment ends the SQL of a request's statements.
func (s *Session) comment() string {
	if !s.svc.cfg.CommentSQL {
		return ""
	}
	if at := s.view.Load(); at != nil {
		return at.comment
	}
	return comment(s.svc.cfg.App, &view{})
}

// comment is in the form of sqlcommenter (google.github.io/sqlcommenter/spec):
// names in order, values encoded as in URLs, so that none can end the comment.
func comment(app string, at *view) string {
	var b strings.Builder
	for _, pair := range [...][2]string{{"application", app}, {"framework", "vinyl"}, {"route", at.pattern}, {"view", at.name}} {
		if pair[1] == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		b.WriteString(pair[0] + "='" + strings.ReplaceAll(url.QueryEscape(pair[1]), "+", "%20") + "'")
	}
	return " /*" + b.String() + "*/"
}

// ended makes the span of a statement that began at start, logs it if it took
// long, and counts the statements that it has saved.
func (s *Session) ended(st *prepared, start time.Time, err *error) {
	if st.saved > 0 && *err == nil && s.svc.cfg.Saved != nil {
		s.svc.cfg.Saved(int(st.saved))
	}
	if s.trace != nil {
		s.spanned(st, start, *err)
	}
	if s.svc.cfg.SlowQuery > 0 {
		s.tookLong(st, time.Since(start), *err)
	}
}

// maxLogged is how much of a statement logs and spans have, in bytes.
const maxLogged = 4 << 10

// shown is a statement's SQL for logs and spans: without the comment that says
// what they say themselves.
func (st *prepared) shown() string {
	sql := strings.TrimSuffix(st.SQL, st.comment)
	if len(sql) > maxLogged {
		sql = strings.ToValidUTF8(sql[:maxLogged], "") + "…"
	}
	return sql
}

// tookLong logs a statement if it took d too long. Its parameters are left out:
// they may be nobody's business.
func (s *Session) tookLong(st *prepared, d time.Duration, err error) {
	if limit := s.svc.cfg.SlowQuery; limit <= 0 || d < limit || st.SQL == "" {
		return
	}
	attrs := []any{"app", s.svc.cfg.App, "took", d.Round(time.Microsecond).String(), "sql", st.shown()}
	if s.request != "" {
		attrs = append(attrs, "request", s.request)
	}
	if at := s.view.Load(); at != nil {
		attrs = append(attrs, "view", at.name, "route", at.pattern)
	}
	if st.reg != nil && st.reg.database != "" {
		attrs = append(attrs, "database", st.reg.database)
	}
	if err != nil {
		attrs = append(attrs, slog.String("error", err.Error()))
	}
	s.svc.cfg.Log.Warn("slow query", attrs...)
}
