package conformance_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/examples/hello"
	"github.com/vinyl-edge/vinyl/examples/polls"
	"github.com/vinyl-edge/vinyl/host"
)

// visit is a request to an example and what has to come of it.
type visit struct {
	ask    string
	header []string
	status int
	want   string // a part of the body, or the Location of a redirect
}

const (
	page      = "<!doctype html>"
	noChoice  = "You didn&#39;t select a choice."
	firstRun  = `href="/polls/4/"`
	tallied   = "<p class=\"soft\">"
	otherSite = "https://evil.example"
)

var pollsVisits = []visit{
	{"GET /", nil, 302, "/polls/"},
	{"GET /polls/", nil, 200, firstRun},
	{"GET /polls/1/", nil, 200, `action="/polls/1/vote/"`},
	{"GET /polls/1/results/", nil, 200, tallied + "0 votes"},
	{"POST /polls/1/vote/ choice=2", nil, 302, "/polls/1/results/"},
	{"GET /polls/1/results/", nil, 200, tallied + "1 vote "},
	{"POST /polls/1/vote/ choice=2", nil, 302, "/polls/1/results/"},
	{"GET /polls/1/results/", nil, 200, tallied + "2 votes"},

	{"POST /polls/1/vote/ ", nil, 422, noChoice},
	{"POST /polls/1/vote/ choice=4", nil, 422, noChoice}, // another question's
	{"POST /polls/1/vote/ choice=x", nil, 422, noChoice},
	{"POST /polls/1/vote/ choice=99999999999999999999", nil, 422, noChoice},
	{"GET /polls/1", nil, 301, "/polls/1/"},
	{"GET /polls/99/", nil, 404, page},
	{"GET /polls/99/results/", nil, 404, page},
	{"POST /polls/99/vote/ choice=1", nil, 404, page},
	{"GET /polls/x/", nil, 404, page},
	{"GET /nowhere/", nil, 404, page},
	{"GET /polls/1/vote/", nil, 405, ""},
	{"HEAD /polls/", nil, 200, ""},

	{"POST /polls/1/vote/ choice=1", []string{"Origin", otherSite}, 403, page},
	{"POST /polls/1/vote/ choice=1", []string{"Sec-Fetch-Site", "cross-site"}, 403, page},
	{"POST /polls/1/vote/ choice=1", []string{"Origin", "null"}, 403, page},
	{"GET /polls/", []string{"Sec-Fetch-Site", "cross-site"}, 200, firstRun}, // a link from elsewhere
	{"GET /polls/1/results/", nil, 200, tallied + "2 votes"},
	{"POST /polls/1/vote/ choice=3", []string{"Sec-Fetch-Site", "same-origin"}, 302, "/polls/1/results/"},
	{"GET /polls/1/results/", nil, 200, tallied + "3 votes"},
}

var afterRestart = []visit{
	{"GET /polls/", nil, 200, firstRun},
	{"GET /polls/1/results/", nil, 200, tallied + "3 votes"},
	{"POST /polls/1/vote/ choice=1", nil, 302, "/polls/1/results/"},
	{"GET /polls/1/results/", nil, 200, tallied + "4 votes"},
}

var helloVisits = []visit{
	{"GET /", nil, 200, "Hello, World!"},
	{"HEAD /", nil, 200, ""},
	{"GET /other", nil, 404, page},
	{"POST /", []string{"Origin", otherSite}, 403, page},
}

// tour makes the visits and returns the answers.
func tour(t *testing.T, s *site, visits []visit) (answers []string) {
	t.Helper()
	for _, v := range visits {
		got := s.ask(t, v.ask, v.header...)
		require.Equal(t, v.status, got.status, "%s: %s\n%s", s.variant, v.ask, got.body)
		if location := got.header.Get("Location"); location != "" {
			require.Equal(t, v.want, location, "%s: %s", s.variant, v.ask)
		} else {
			require.Contains(t, strings.ToLower(got.body), strings.ToLower(v.want), "%s: %s", s.variant, v.ask)
		}
		answers = append(answers, v.ask+"\n"+got.bytes)
	}
	require.Zero(t, s.restarts(), "%s: no view cost an instance", s.variant)
	return answers
}

func TestExampleHello(t *testing.T) {
	var first []string
	for _, v := range threeHosts {
		s := serve(t, v, "examples/hello", hello.App(), filepath.Join(t.TempDir(), "hello.db"), 1)
		got := tour(t, s, helloVisits)
		if first == nil {
			first = got
		}
		require.Equal(t, first, got, "%s answers as %s does", v, native)
		report(t, s, "%d answers", len(got))
	}
}

// TestExamplePolls is a visit to the polls on each host, a restart on the same
// file, and another visit.
func TestExamplePolls(t *testing.T) {
	var first []string
	for _, v := range threeHosts {
		file := filepath.Join(t.TempDir(), "polls.db")
		var got []string
		t.Run(string(v)+", first run", func(t *testing.T) {
			s := serve(t, v, "examples/polls", polls.App(), file, 2)
			require.Equal(t, 4, cards(firstVisitors(t, s)), "the sample is made once")
			got = tour(t, s, pollsVisits)
			switch v {
			case host.Async:
				require.NotZero(t, s.suspensions())
			case host.Blocking:
				require.Zero(t, s.suspensions())
			}
			report(t, s, "%d answers", len(got))
		})
		t.Run(string(v)+", restarted on the same file", func(t *testing.T) {
			s := serve(t, v, "examples/polls", polls.App(), file, 2)
			again := tour(t, s, afterRestart)
			require.Equal(t, 4, cards(again[0]), "the sample is not made twice")
			got = append(got, again...)
			report(t, s, "%d answers", len(again))
		})
		if first == nil {
			first = got
		}
		require.Equal(t, first, got, "%s answers as %s does", v, native)
	}
}

func cards(page string) int { return strings.Count(page, `class="card"`) }

// firstVisitors come at the same time to an empty database and all see the
// list, which is returned.
func firstVisitors(t *testing.T, s *site) (body string) {
	t.Helper()
	var pages []<-chan *answer
	for range 8 {
		pages = append(pages, s.later("GET /polls/"))
	}
	for _, p := range pages {
		a := answered(t, s, p)
		if body == "" {
			body = a.body
		}
		require.Equal(t, body, a.body, "%s", s.variant)
	}
	return body
}
