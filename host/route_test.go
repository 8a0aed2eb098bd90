package host_test

import (
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/host"
)

func TestExplain(t *testing.T) {
	both(t, func(t *testing.T, variant func(*host.Config)) {
		s := serve(t, variant)
		require.Equal(t, `SELECT "app_note"."id", "app_note"."text" FROM "app_note" WHERE "app_note"."text" = ?`, s.get("/notes/explain/sql").body)
		require.Contains(t, s.get("/notes/explain/plan").body, "SCAN app_note")
	})
}

func TestSlowQueries(t *testing.T) {
	both(t, func(t *testing.T, variant func(*host.Config)) {
		s := serve(t, variant, func(c *host.Config) { c.SlowQuery = time.Nanosecond })
		require.Equal(t, 200, s.get("/notes").StatusCode)
		s.logs(`msg="slow query"`, `sql="SELECT COUNT(*) AS \"__count\" FROM \"app_note\""`, "route=notes")
		for _, what := range []string{"gather", "stream"} {
			before := len(s.log.String())
			require.Equal(t, 200, s.get("/notes/explain/"+what).StatusCode)
			s.logsMatch(before, `slow query.* took=\S+ sql=.*app_note.* request=\S+ view=explain route=notes/explain/<str:what>`)
		}
		require.Equal(t, 500, s.get("/notes/explain/failure").StatusCode)
		s.logsMatch(0, `sql="SELECT \* FROM nothing".* error=.*nothing`)
	})
}

func TestFastQueriesAreNotLogged(t *testing.T) {
	s := serve(t, func(c *host.Config) { c.SlowQuery = time.Hour })
	s.notes()
	require.NotContains(t, s.log.String(), "slow query")
}

func TestCommentSQL(t *testing.T) {
	both(t, func(t *testing.T, variant func(*host.Config)) {
		var mu sync.Mutex
		var sent []string
		s := serve(t, variant, func(c *host.Config) {
			c.CommentSQL = true
			c.Trace = func(sql string) {
				mu.Lock()
				defer mu.Unlock()
				sent = append(sent, sql)
			}
		})
		s.notes()
		require.Equal(t, 200, s.get("/notes/explain/gather").StatusCode)
		mu.Lock()
		defer mu.Unlock()
		var comments []string
		for _, sql := range sent {
			comments = append(comments, regexp.MustCompile(`/\*.*\*/$`).FindString(sql))
		}
		named := "/*application='app',framework='vinyl',route='notes%2Fexplain%2F%3Cstr%3Awhat%3E',view='explain'*/"
		require.Equal(t, []string{"/*application='app',framework='vinyl',route='notes'*/", named, named}, comments)
	})
}
