//go:build unix

package main

import (
	"bufio"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/host/db"
	"github.com/vinyl-edge/vinyl/host/db/open"
	"github.com/vinyl-edge/vinyl/internal/build/buildtest"
)

const patience = 2 * time.Minute // for what a slow machine may do

// process is a running vinyl-edge.
type process struct {
	cmd    *exec.Cmd
	url    string // without the last slash
	before string // what it said until it was ready
	after  chan string
}

var servedAt = regexp.MustCompile(`^polls is served at (http://\S+)/ \(`)

// start runs the program until it says where it serves.
func start(t *testing.T, program string, args ...string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(program, args...), after: make(chan string, 1)}
	p.cmd.Dir = buildtest.Root(t)
	stderr, err := p.cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, p.cmd.Start())
	t.Cleanup(func() { _ = p.cmd.Process.Kill() })
	tooLate := time.AfterFunc(patience, func() { _ = p.cmd.Process.Kill() })
	defer tooLate.Stop()
	lines := bufio.NewScanner(stderr)
	for p.url == "" && lines.Scan() {
		p.before += lines.Text() + "\n"
		if m := servedAt.FindStringSubmatch(lines.Text()); m != nil {
			p.url = m[1]
		}
	}
	go func() {
		text := ""
		for lines.Scan() {
			text += lines.Text() + "\n"
		}
		p.after <- text
	}()
	require.NotEmpty(t, p.url, "it never served:\n%s", p.before)
	return p
}

// stop asks the program to end, as a service manager does, and returns what it
// said since it was ready.
func (p *process) stop(t *testing.T) string {
	t.Helper()
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
	tooLate := time.AfterFunc(patience, func() { _ = p.cmd.Process.Kill() })
	defer tooLate.Stop()
	text := <-p.after
	require.NoError(t, p.cmd.Wait(), "it ends with status 0:\n%s", text)
	return text
}

func (p *process) get(t *testing.T, path string) string {
	t.Helper()
	res, err := http.Get(p.url + path)
	require.NoError(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.Equal(t, 200, res.StatusCode, string(body))
	return string(body)
}

// TestServePolls is what the first minutes with Vinyl are: build and serve the
// example, look, vote, stop, and serve it again.
func TestServePolls(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "vinyl-edge")
	out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput()
	require.NoError(t, err, string(out))
	cache := filepath.Join(dir, "cache")
	serve := func(host string) *process {
		return start(t, program, "serve", "./examples/polls", "--addr", "127.0.0.1:0", "--host", host,
			"--db", "file:"+filepath.ToSlash(filepath.Join(dir, "polls.db")), "--cache", cache)
	}

	p := serve("async")
	require.Contains(t, p.before, "building guest…")
	require.Contains(t, p.before, "(async, file:")
	require.Equal(t, 4, strings.Count(p.get(t, "/"), `class="card"`), "the first page lists the sample")
	res, err := http.PostForm(p.url+"/polls/1/vote/", url.Values{"choice": {"2"}})
	require.NoError(t, err)
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, p.url+"/polls/1/results/", res.Request.URL.String(), "the vote leads to the results")
	require.Contains(t, string(body), ">1 vote<")
	require.Contains(t, p.stop(t), "stopping: ")
	_, err = http.Get(p.url + "/")
	require.Error(t, err, "nobody listens any more")

	// Tables of another app are no reason to touch them.
	wrong := filepath.Join(dir, "wrong.db")
	table(t, "file:"+filepath.ToSlash(wrong), "CREATE TABLE polls_question (id integer PRIMARY KEY)")
	out, err = exec.Command(program, "serve", filepath.Join(buildtest.Root(t), "examples/polls"), "--addr", "127.0.0.1:0",
		"--db", "file:"+filepath.ToSlash(wrong), "--cache", cache).CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), `column text: missing`)
	require.Contains(t, string(out), `ALTER TABLE "polls_question" ADD COLUMN "text" varchar(200) NOT NULL DEFAULT ''`)
	require.Contains(t, string(out), "(the database is "+filepath.ToSlash(wrong)+")")

	cached := files(t, cache)
	require.NotEmpty(t, cached)
	for _, host := range []string{"async", "blocking"} {
		collector := newReceiver(t)
		t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
		p = serve(host)
		require.NotContains(t, p.before, "building", "nothing has changed")
		require.Equal(t, cached, files(t, cache), "neither the guest nor its machine code is made again")
		require.Contains(t, p.get(t, "/polls/1/results/"), ">1 vote<", "%s: the vote is still there", host)
		p.stop(t)
		service, _ := collector.seen(t, "GET /polls/<int:question_id>/results/") // sent before the program ended
		require.Equal(t, "polls", service)
		_, query := collector.seen(t, "SELECT polls.Question")
		require.Contains(t, query["db.query.text"], `FROM "polls_question"`)
	}
}

// table runs a statement in a database of its own.
func table(t *testing.T, url, sql string) {
	t.Helper()
	d, err := open.Open(t.Context(), url)
	require.NoError(t, err)
	defer d.Close()
	c, err := d.Acquire(t.Context(), db.Write)
	require.NoError(t, err)
	defer c.Release()
	_, err = db.All(t.Context(), c, db.Statement{SQL: sql, Write: true}, nil, 0)
	require.NoError(t, err)
}

// files are those in dir and below, with the times of their last change.
func files(t *testing.T, dir string) map[string]time.Time {
	t.Helper()
	found := map[string]time.Time{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err == nil {
			found[path] = info.ModTime()
		}
		return err
	}))
	return found
}
