package host_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/host"
)

// folder makes files.
func folder(tb testing.TB, files map[string]string) string {
	dir := tb.TempDir()
	for name, text := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(tb, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(tb, os.WriteFile(file, []byte(text), 0o644))
	}
	return dir
}

func read(tb testing.TB, res *http.Response) string {
	tb.Helper()
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	require.NoError(tb, err)
	return string(b)
}

// send writes raw bytes and reads one response.
func (s *site) send(text string) *http.Response {
	s.Helper()
	c := s.dial()
	_, err := io.WriteString(c, text)
	require.NoError(s, err)
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	require.NoError(s, err, "no response")
	return res
}

func (s *site) dial() net.Conn {
	s.Helper()
	c, err := net.Dial("tcp", s.addr)
	require.NoError(s, err)
	require.NoError(s, c.SetDeadline(time.Now().Add(20*time.Second)))
	s.Cleanup(func() { _ = c.Close() })
	return c
}

func TestStatic(t *testing.T) {
	outside := folder(t, map[string]string{"secret.txt": "secret"})
	dir := folder(t, map[string]string{
		"site.css": "body{}", "index.html": "<p>", "js/app.js": "let x", "js/index.html": "<p>", ".env": "KEY=1", ".git/config": "x", "js/.map": "x", "a b.txt": "blank", "secret": "",
	})
	require.NoError(t, os.Symlink(filepath.Join(outside, "secret.txt"), filepath.Join(dir, "out.txt")))
	require.NoError(t, os.Symlink(outside, filepath.Join(dir, "out")))
	require.NoError(t, os.Symlink("site.css", filepath.Join(dir, "in.css")))
	s := serve(t, func(c *host.Config) { c.Static = dir })

	a := s.get("/static/site.css")
	require.Equal(t, "body{}", a.body)
	require.Equal(t, "text/css; charset=utf-8", a.Header.Get("Content-Type"))
	require.Equal(t, "nosniff", a.Header.Get("X-Content-Type-Options"))
	modified := a.Header.Get("Last-Modified")
	require.NotEmpty(t, modified)
	require.Equal(t, 304, s.get("/static/site.css", "If-Modified-Since", modified).StatusCode)
	require.Equal(t, "<p>", s.get("/static/index.html").body)
	require.Equal(t, "let x", s.get("/static/js/app.js").body)
	require.Equal(t, "blank", s.get("/static/a%20b.txt").body)
	require.Equal(t, "body{}", s.get("/static/in.css").body, "a link that stays inside")

	a = s.get("/static/site.css", "Range", "bytes=1-3")
	require.Equal(t, 206, a.StatusCode)
	require.Equal(t, "ody", a.body)
	require.Equal(t, 416, s.get("/static/site.css", "Range", "bytes=100-").StatusCode)
	a = s.do("HEAD", "/static/site.css", nil)
	require.EqualValues(t, 6, a.ContentLength)
	require.Empty(t, a.body)
	a = s.do("POST", "/static/site.css", nil)
	require.Equal(t, 405, a.StatusCode)
	require.Equal(t, "GET, HEAD", a.Header.Get("Allow"))

	for _, path := range []string{
		"/static/", "/static/js", "/static/js/", "/static/none.css", "/static/site.css/", "/static/.env", "/static/.git/config", "/static/js/.map", "/static/.git",
		"/static/out.txt", "/static/out/secret.txt", "/static/out", "/static/%2e%2e/secret.txt", "/static//etc/passwd", "/static/a%00b", "/static/%2eenv",
	} {
		a := s.get(path)
		require.Equal(t, 404, a.StatusCode, path)
		require.NotContains(t, a.body, "secret", path)
		require.Empty(t, a.Header["Location"], path)
	}
	// A client of Go would clean these.
	for _, path := range []string{
		"/static/../site.css", "/static/../../etc/passwd", "/static/js/../site.css", "/static/..%2f..%2fetc/passwd", "/static/..\\..\\etc\\passwd", "/static/./site.css",
	} {
		res := s.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
		require.Equal(t, 404, res.StatusCode, path)
	}
	s.lives()
}

func TestStaticSettings(t *testing.T) {
	dir := folder(t, map[string]string{"a.txt": "a"})
	s := serve(t, func(c *host.Config) { c.Static, c.StaticURL = dir, "/files/v1/" })
	require.Equal(t, "a", s.get("/files/v1/a.txt").body)
	require.Equal(t, 404, s.get("/static/a.txt").StatusCode)
	require.Equal(t, 404, serve(t).get("/static/a.txt").StatusCode)
}
