package polls_test

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/examples/polls"
	"github.com/vinyl-edge/vinyl/host/db/postgres/pgtest"
	"github.com/vinyl-edge/vinyl/host/hosttest"
)

func get(t *testing.T, host *hosttest.Host, path string) string {
	t.Helper()
	res := host.Get(path)
	body := host.Body(res)
	require.Equal(t, 200, res.StatusCode, body)
	require.Equal(t, "text/html; charset=utf-8", res.Header.Get("Content-Type"))
	return body
}

func redirectsTo(t *testing.T, res *http.Response, path string) {
	t.Helper()
	require.Equal(t, 302, res.StatusCode)
	require.Equal(t, path, res.Header.Get("Location"))
}

// onBoth runs a test on a new database of each kind.
func onBoth(t *testing.T, f func(t *testing.T, host *hosttest.Host)) {
	t.Run("sqlite", func(t *testing.T) { f(t, hosttest.New(t, polls.App(), hosttest.Options{})) })
	t.Run("postgres", func(t *testing.T) { f(t, hosttest.New(t, polls.App(), hosttest.Options{DB: pgtest.URL(t)})) })
}

func TestPages(t *testing.T) { onBoth(t, testPages) }

func testPages(t *testing.T, host *hosttest.Host) {
	redirectsTo(t, host.Get("/"), "/polls/")

	list := get(t, host, "/polls/")
	require.Equal(t, 4, strings.Count(list, `class="card"`), list)
	require.Contains(t, list, "What&#39;s new?")
	require.Contains(t, list, "2 hours ago")
	require.Contains(t, list, `href="/polls/1/"`)
	require.Less(t, strings.Index(list, "new?"), strings.Index(list, "Tabs or spaces?"), "the latest first")

	detail := get(t, host, "/polls/1/")
	require.Contains(t, detail, `action="/polls/1/vote/"`)
	for _, choice := range []string{"Not much", "The sky", "Just hacking again"} {
		require.Contains(t, detail, choice)
	}
	require.Equal(t, 404, host.Get("/polls/99/").StatusCode)
	require.Equal(t, 404, host.Get("/polls/99/results/").StatusCode)
	require.Equal(t, 404, host.Get("/polls/x/").StatusCode)
	require.Equal(t, 405, host.Get("/polls/1/vote/").StatusCode)
}

func TestVote(t *testing.T) { onBoth(t, testVote) }

func testVote(t *testing.T, host *hosttest.Host) {
	require.Contains(t, get(t, host, "/polls/1/results/"), "0 votes")

	redirectsTo(t, host.PostForm("/polls/1/vote/", "choice=2"), "/polls/1/results/")
	require.Contains(t, get(t, host, "/polls/1/results/"), "1 vote<")
	redirectsTo(t, host.PostForm("/polls/1/vote/", "choice=2"), "/polls/1/results/")
	require.Contains(t, get(t, host, "/polls/1/results/"), "2 votes")

	for name, form := range map[string]string{"nothing": "", "another question's": "choice=4", "no number": "choice=x"} {
		res := host.PostForm("/polls/1/vote/", form)
		require.Equal(t, 422, res.StatusCode, name)
		require.Contains(t, host.Body(res), "You didn&#39;t select a choice.", name)
	}
	require.Equal(t, 404, host.PostForm("/polls/99/vote/", "choice=1").StatusCode)
	require.Contains(t, get(t, host, "/polls/1/results/"), "2 votes")
}

// Votes and questions survive a restart, and the sample is not made twice.
func TestRestart(t *testing.T) {
	options := hosttest.Options{DB: "file:" + filepath.ToSlash(filepath.Join(t.TempDir(), "polls.db"))}
	t.Run("first", func(t *testing.T) {
		host := hosttest.New(t, polls.App(), options)
		get(t, host, "/polls/")
		redirectsTo(t, host.PostForm("/polls/2/vote/", "choice=6"), "/polls/2/results/")
	})
	t.Run("second", func(t *testing.T) {
		host := hosttest.New(t, polls.App(), options)
		require.Equal(t, 4, strings.Count(get(t, host, "/polls/"), `class="card"`))
		require.Contains(t, get(t, host, "/polls/2/results/"), "1 vote")
	})
}
