package guest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/guest"
	"github.com/vinyl-edge/vinyl/guest/guesttest"
	"github.com/vinyl-edge/vinyl/guest/urls"
)

// formApp answers what a form held.
func formApp(settings func(*guest.Settings)) *guest.App {
	return &guest.App{Settings: settings, URLs: urls.Patterns{urls.Path("", func(req *guest.Request) (*guest.Response, error) {
		form, err := req.Form()
		if err != nil {
			return nil, err
		}
		out := form.Encode("")
		for _, name := range req.FileNames() {
			f, err := req.File(name)
			if err != nil {
				return nil, err
			}
			out += fmt.Sprintf("|%s=%s:%d", name, f.Name, len(f.Content))
		}
		return guest.Text(out), nil
	})}}
}

func part(disposition, content string) string {
	return "--B\r\nContent-Disposition: form-data; " + disposition + "\r\n\r\n" + content + "\r\n"
}

func TestHostileForms(t *testing.T) {
	small := func(s *guest.Settings) {
		s.DataUploadMaxMemorySize, s.DataUploadMaxNumberFields, s.DataUploadMaxNumberFiles, s.FileUploadMaxMemorySize = 2000, 20, 3, 5000
	}
	c := guesttest.New(t, formApp(small))
	const multi, form = "multipart/form-data; boundary=B", "application/x-www-form-urlencoded"
	for name, tc := range map[string]struct {
		contentType, body string
		status            int
		want              string
	}{
		"plain":                    {multi, part(`name="a"`, "1") + part(`name="f"; filename="x.txt"`, "abc") + "--B--\r\n", 200, "a=1|f=x.txt:3"},
		"field too large":          {multi, part(`name="a"`, strings.Repeat("x", 3000)) + "--B--", 413, ""},
		"many small fields":        {multi, strings.Repeat(part(`name="a"`, "1"), 50) + "--B--", 400, ""},
		"many parts without name":  {multi, strings.Repeat(part(`x="a"`, "1"), 50) + "--B--", 400, ""},
		"many files":               {multi, strings.Repeat(part(`name="f"; filename="x"`, "1"), 5) + "--B--", 400, ""},
		"file too large":           {multi, part(`name="f"; filename="x"`, strings.Repeat("x", 6000)) + "--B--", 413, ""},
		"files too large together": {multi, strings.Repeat(part(`name="f"; filename="x"`, strings.Repeat("x", 2000)), 3) + "--B--", 413, ""},
		"path traversal":           {multi, part(`name="f"; filename="../../etc/passwd"`, "x") + "--B--", 200, "|f=passwd:1"},
		"backslashes":              {multi, part(`name="f"; filename="..\\..\\boot.ini"`, "x") + "--B--", 200, "|f=boot.ini:1"},
		"escaped separator":        {multi, part(`name="f"; filename="..&#x2F;..&sol;x.txt"`, "x") + "--B--", 200, "|f=x.txt:1"},
		"directory name":           {multi, part(`name="f"; filename=".."`, "x") + "--B--", 200, ""},
		"no boundary":              {"multipart/form-data", "x", 400, ""},
		"boundary too long":        {"multipart/form-data; boundary=" + strings.Repeat("b", 300), "x", 400, ""},
		"boundary not ascii":       {"multipart/form-data; boundary=\"b\xc3\xa9\"", "x", 400, ""},
		"endless header":           {multi, "--B\r\nContent-Disposition: form-data; name=\"" + strings.Repeat("n", 30000) + "\"\r\n\r\nx\r\n--B--", 200, ""},
		"broken off":               {multi, "--B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x\"\r\n\r\nhalf", 200, ""},
		"broken base64":            {multi, "--B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x\"\r\nContent-Transfer-Encoding: base64\r\n\r\nabcde\r\n--B--", 400, ""},
		"bad percent encoding":     {form, "a=%zz&b=%4&c=%", 200, "a=%25zz&b=%254&c=%25"},
		"no utf-8":                 {form, "a=%ff", 200, "a=%EF%BF%BD"},
		"urlencoded too large":     {form, "a=" + strings.Repeat("x", 3000), 413, ""},
		"urlencoded too many":      {form, strings.Repeat("a=1&", 50), 400, ""},
		"urlencoded wrong charset": {form + "; charset=utf-7", "a=1", 400, ""},
		"not a form":               {"text/plain", "a=1", 200, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := c.Do("POST", "/", tc.body, "content-type", tc.contentType)
			require.Equal(t, tc.status, r.Status, r.Text())
			if tc.status == 200 {
				require.Equal(t, tc.want, r.Text())
			}
		})
	}
}

// endless is a body that never ends; reading it all would take for ever.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	e.read += len(p)
	for i := range p {
		p[i] = "a=1&"[i%4]
	}
	return len(p), nil
}

func TestEndlessBodyIsCutOff(t *testing.T) {
	app := formApp(nil)
	require.NoError(t, app.Setup(context.Background()))
	for _, contentType := range []string{"application/x-www-form-urlencoded", "multipart/form-data; boundary=B"} {
		body := &endless{}
		head := &abi.RequestHead{Method: "POST", Scheme: "http", Host: "localhost", Path: "/", Body: -1}
		head.Headers = []abi.Header{{Name: "content-type", Value: contentType}}
		r := &guesttest.Recorder{}
		if strings.HasSuffix(contentType, "=B") {
			// No boundary ever comes: the host's limit ends this one.
			app.Serve(context.Background(), head, io.LimitReader(body, 1<<20), r)
			require.Equal(t, 200, r.Response().Status)
			continue
		}
		app.Serve(context.Background(), head, body, r)
		require.Contains(t, []int{400, 413}, r.Response().Status)
		require.Less(t, body.read, 16<<20)
	}
}

func TestBodyErrorIsTheViews(t *testing.T) {
	app := formApp(nil)
	require.NoError(t, app.Setup(context.Background()))
	head := &abi.RequestHead{Method: "POST", Scheme: "http", Host: "localhost", Path: "/", Body: -1}
	head.Headers = []abi.Header{{Name: "content-type", Value: "application/x-www-form-urlencoded"}}
	r := &guesttest.Recorder{}
	app.Serve(context.Background(), head, io.MultiReader(strings.NewReader("a=1"), failing{}), r)
	require.Equal(t, 500, r.Response().Status)
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("connection reset") }

func TestHeaderInjection(t *testing.T) {
	for name, view := range map[string]guest.View{
		"value": func(*guest.Request) (*guest.Response, error) {
			return guest.Text("x").WithHeader("X-A", "a\r\nSet-Cookie: b=c"), nil
		},
		"name": func(*guest.Request) (*guest.Response, error) {
			return guest.Text("x").WithHeader("X-A: b\r\nX", "a"), nil
		},
		"nul": func(*guest.Request) (*guest.Response, error) { return guest.Text("x").WithHeader("X-A", "a\x00"), nil },
		"cookie": func(*guest.Request) (*guest.Response, error) {
			return guest.Text("x").SetCookie(guest.Cookie{Name: "a\r\nb", Value: "c"}), nil
		},
		"path": func(*guest.Request) (*guest.Response, error) {
			return guest.Text("x").SetCookie(guest.Cookie{Name: "a", Path: "/; HttpOnly"}), nil
		},
		"status": func(*guest.Request) (*guest.Response, error) { return guest.Text("x").WithStatus(99), nil },
	} {
		c := guesttest.New(t, &guest.App{URLs: urls.Patterns{urls.Path("", view)}})
		r := c.Get("/")
		require.Equal(t, 500, r.Status, name)
		require.Empty(t, r.Get("X-A"))
		require.Empty(t, r.Get("Set-Cookie"))
	}
}

func TestRedirects(t *testing.T) {
	view := func(req *guest.Request) (*guest.Response, error) { return guest.Redirect(req.Query().Get("to")), nil }
	c := guesttest.New(t, &guest.App{URLs: urls.Patterns{urls.Path("", view)}})
	require.Equal(t, "/a%20b/%C3%A9?x=%25", c.Get("/?to=/a%2520b/%25C3%25A9%3Fx%3D%2525").Get("Location"))
	require.Equal(t, "/%0D%0ASet-Cookie:a=b", c.Get("/?to=/%0d%0aSet-Cookie:a=b").Get("Location"))
	require.Equal(t, 400, c.Get("/?to=javascript:alert(1)").Status)
	require.Equal(t, 400, c.Get("/?to=data:text/html,x").Status)
}

func TestPathsAreDecodedOnce(t *testing.T) {
	view := func(req *guest.Request) (*guest.Response, error) {
		return guest.Text(req.Path + "|" + req.Param("p")), nil
	}
	c := guesttest.New(t, &guest.App{URLs: urls.Patterns{urls.Path("f/<path:p>", view)}})
	for path, want := range map[string]string{
		"/f/../../etc/passwd": "/f/../../etc/passwd|../../etc/passwd",
		"/f/%2e%2e%2fx":       "/f/../x|../x",
		"/f/%252e":            "/f/%2e|%2e",
		"/f/%zz%":             "/f/%zz%|%zz%",
		"/f/%ff":              "/f/%FF|%FF",
		"/f/%C3%A9":           "/f/é|é",
	} {
		require.Equal(t, want, c.Get(path).Text(), path)
	}
	require.Equal(t, "/%2Fevil.example/", guesttest.New(t, &guest.App{URLs: urls.Patterns{urls.Path("<path:p>/", view)}}).Get("//evil.example").Get("Location"))
}

func TestManyQueryFields(t *testing.T) {
	view := func(req *guest.Request) (*guest.Response, error) {
		return guest.Text(fmt.Sprint(req.Query().Len())), nil
	}
	c := guesttest.New(t, &guest.App{URLs: urls.Patterns{urls.Path("", view)}})
	require.Equal(t, "0", c.Get("/?"+strings.Repeat("a&", 2000)).Text())
	require.Equal(t, "1", c.Get("/?"+strings.Repeat("a&", 900)).Text())
}
