package guest

import (
	"context"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
)

// TestBodiesThatAreKept: requests whose bodies take more than a quarter of the
// instance's memory together are refused until others have ended.
func TestBodiesThatAreKept(t *testing.T) {
	app := &App{}
	require.NoError(t, app.configure(func(name string) (string, bool) { return "400000", name == "GOMEMLIMIT" }))
	post := func(contentType, body string, declared int) *Request {
		head := &abi.RequestHead{Method: "POST", Path: "/", Body: int64(declared), Headers: []abi.Header{{Name: "content-type", Value: contentType}}}
		return NewRequest(context.Background(), app, head, io.MultiReader(strings.NewReader(body)))
	}
	text := func(size, declared int) *Request { return post("text/plain", strings.Repeat("x", size), declared) }
	read := func(r *Request, status int) *Request {
		t.Helper()
		_, err := r.Bytes()
		if status == 200 {
			require.NoError(t, err)
		} else {
			require.Equal(t, status, statusOf(err), err)
		}
		return r
	}
	first := read(text(60_000, 60_000), 200)
	refused := read(text(60_000, 60_000), 503)
	read(text(60_000, -1), 503).letGo()
	second := read(text(30_000, -1), 200)
	refused.letGo()
	read(text(20_000, 20_000), 503)
	second.letGo()
	read(text(30_000, 30_000), 200).letGo()
	first.letGo()
	read(text(200_000, 200_000), 413).letGo()
	read(text(200_000, -1), 413).letGo()
	require.Zero(t, app.kept.used.Load())

	json := post("application/json", "["+strings.Repeat("1,", 2000)+"1]", -1)
	_, err := json.JSON()
	require.Equal(t, 413, statusOf(err), "2,000 values take 200 KB")
	json.letGo()
	form := post("application/x-www-form-urlencoded", "a="+strings.Repeat("x", 40_000), -1)
	_, err = form.Form()
	require.Equal(t, 413, statusOf(err), "a form is kept as it came, too")
	form.letGo()
	multi := post("multipart/form-data; boundary=B", "--B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x\"\r\n\r\n"+strings.Repeat("x", 150_000)+"\r\n--B--", -1)
	_, err = multi.File("f")
	require.Equal(t, 413, statusOf(err))
	multi.letGo()
	require.Zero(t, app.kept.used.Load())
}
