package host_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/host"
)

// status sends bytes and returns the status of the answer, 0 if the host just
// closes the connection.
func (s *site) status(text string) int {
	s.Helper()
	c := s.dial()
	_, _ = io.WriteString(c, text) // the host may hang up before the end
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return 0
	}
	_, _ = io.Copy(io.Discard, res.Body)
	return res.StatusCode
}

func TestMalformedRequests(t *testing.T) {
	const head = " HTTP/1.1\r\nHost: localhost\r\n"
	s := serve(t)
	for name, c := range map[string]struct {
		code    int
		request string
	}{
		"no HTTP":              {400, "hello\r\n\r\n"},
		"TLS":                  {400, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"},
		"no version":           {400, "GET /\r\n\r\n"},
		"version 3":            {505, "GET / HTTP/3.0\r\nHost: localhost\r\n\r\n"},
		"method":               {400, "G@T /" + head + "\r\n"},
		"no host":              {400, "GET / HTTP/1.1\r\n\r\n"},
		"two hosts":            {400, "GET /" + head + "Host: other\r\n\r\n"},
		"other host":           {400, "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n"},
		"header without colon": {400, "GET /" + head + "nonsense\r\n\r\n"},
		"space before colon":   {400, "GET /" + head + "A : b\r\n\r\n"},
		"NUL in a value":       {400, "GET /" + head + "A: b\x00c\r\n\r\n"},
		"bare CR in a value":   {400, "GET /" + head + "A: b\rc\r\n\r\n"},
		"NUL in the path":      {400, "GET /a\x00b" + head + "\r\n"},
		"NUL encoded":          {404, "GET /a%00b" + head + "\r\n"},
		"line break encoded":   {404, "GET /a%0d%0ab" + head + "\r\n"},
		"wrong escape":         {400, "GET /%zz" + head + "\r\n"},
		"half an escape":       {400, "GET /a%2" + head + "\r\n"},
		"wrong UTF-8":          {404, "GET /%ff%fe" + head + "\r\n"},
		"wrong query escape":   {200, "GET /?a=%zz&=&&;;%" + head + "\r\n"},
		"huge query":           {200, "GET /?" + strings.Repeat("a=b&", 12_000) + head + "\r\n"},
		"too huge a query":     {431, "GET /?" + strings.Repeat("a=b&", 30_000) + head + "\r\n"},
		"huge header":          {431, "GET /" + head + "A: " + strings.Repeat("x", 100_000) + "\r\n\r\n"},
		"many headers":         {431, "GET /" + head + strings.Repeat("A: b\r\n", 20_000) + "\r\n"},
		"endless head":         {431, "GET /" + head + strings.Repeat("x", 200_000)},
		"asterisk":             {200, "OPTIONS *" + head + "\r\n"},
		"absolute":             {200, "GET http://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n"},
		"CONNECT":              {200, "CONNECT localhost:80" + head + "\r\n"},
		"negative length":      {400, "POST /upload" + head + "Content-Length: -5\r\n\r\n"},
		"no length":            {400, "POST /upload" + head + "Content-Length: 5x\r\n\r\n"},
		"length and hex":       {400, "POST /upload" + head + "Content-Length: 0x5\r\n\r\nhello"},
		"two lengths":          {400, "POST /upload" + head + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"},
		"list of lengths":      {400, "POST /upload" + head + "Content-Length: 5, 6\r\n\r\nhello!"},
		"length overflows":     {400, "POST /upload" + head + "Content-Length: 99999999999999999999\r\n\r\n"},
		"declared too large":   {413, "POST /upload" + head + "Content-Length: 11000000\r\n\r\nx"},
		"unknown coding":       {501, "POST /upload" + head + "Transfer-Encoding: gzip\r\n\r\nx"},
		"two codings":          {501, "POST /upload" + head + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"},
		"hidden coding":        {400, "POST /upload" + head + "Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n"},
		"coding twice":         {501, "POST /upload" + head + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
		"chunk size":           {400, "POST /upload" + head + "Transfer-Encoding: chunked\r\n\r\nxyz\r\nhello\r\n0\r\n\r\n"},
		"chunk overflows":      {400, "POST /upload" + head + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nhello\r\n0\r\n\r\n"},
		"chunk too short":      {400, "POST /upload" + head + "Transfer-Encoding: chunked\r\n\r\n9\r\nhello\r\n0\r\n\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			s.TB = t
			require.Equal(t, c.code, s.status(c.request))
			s.lives()
		})
	}
	s.TB = t
	require.NotContains(t, s.log.String(), "level=ERROR", "what clients do wrong is no error of the host's")
}

func TestBodiesOverTheLimit(t *testing.T) {
	both(t, func(t *testing.T, variant func(*host.Config)) {
		s := serve(t, variant, func(c *host.Config) { c.MaxBody = 1 << 20 })
		for path, code := range map[string]int{"/upload": 413, "/": 200} { // who doesn't read doesn't mind
			require.Equal(t, code, s.status("POST "+path+" HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"+
				"200000\r\n"+strings.Repeat("x", 2<<20)+"\r\n0\r\n\r\n"), path)
		}
		require.Equal(t, fmt.Sprint(1<<20), s.do("POST", "/upload", unsized{io.LimitReader(zeros{}, 1<<20)}).body, "exactly the limit")
		require.Equal(t, 413, s.status("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1048577\r\n\r\nx"))
		s.lives()
	})
}

// TestSmuggling: nothing of a body is ever taken for a request.
func TestSmuggling(t *testing.T) {
	const hidden = "GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
	both(t, func(t *testing.T, variant func(*host.Config)) {
		s := serve(t, variant, func(c *host.Config) { c.AccessLog = true; c.IdleTimeout = 100 * time.Millisecond })
		body := strings.Repeat(hidden, 3000)
		var all sync.WaitGroup
		for name, request := range map[string]string{
			"length and chunks": fmt.Sprintf("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(hidden), hidden),
			"wrong chunk":       "Transfer-Encoding: chunked\r\n\r\nz\r\n" + hidden,
			"unread body":       fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body),
			"unread chunks":     fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(body), body),
			"too large":         "Content-Length: 20000000\r\n\r\n" + hidden + hidden,
		} {
			for _, path := range []string{"/", "/upload", "/duplex"} {
				c := s.dial()
				go func() { _, _ = io.WriteString(c, "POST "+path+" HTTP/1.1\r\nHost: localhost\r\n"+request) }()
				all.Go(func() {
					got, _ := io.ReadAll(c) // until the host hangs up
					assert.NotContains(t, string(got), "404 Not Found", "%s %s", name, path)
				})
			}
		}
		all.Wait()
		s.logs("path=/duplex")
		require.NotContains(t, s.log.String(), "/smuggled")
		s.lives()
	})
}
