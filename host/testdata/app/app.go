// Package app is the guest of the host's tests: a view for every way to
// behave, and for every way not to.
package app

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/guest"
	"github.com/vinyl-edge/vinyl/guest/log"
	"github.com/vinyl-edge/vinyl/guest/urls"
	"github.com/vinyl-edge/vinyl/orm"
)

// Note is the one model.
type Note struct {
	orm.Model[Note]
	Text string `orm:"max_length=200"`
}

// Notes are the table.
var Notes = orm.Register[Note]()

// App is what the runtime looks for.
func App() abi.App {
	return &site{App: &guest.App{Name: "app", URLs: urls.Patterns{
		urls.Path("", hello),
		urls.Path("echo", echo),
		urls.Path("cookies", cookies),
		urls.Path("status/<int:code>", status),
		urls.Path("length", length),
		urls.Path("stream", stream),
		urls.Path("events", events),
		urls.Path("upload", upload),
		urls.Path("duplex", duplex),
		urls.Path("json", parse),
		urls.Path("form", form),
		urls.Path("log", logged),
		urls.Path("notes", notes),
		urls.Path("notes/sql", sql),
		urls.Path("notes/explain/<str:what>", explain, urls.Name("explain")),
		urls.Path("notes/endless", endless),
		urls.Path("notes/hold", hold),
		urls.Path("notes/stuck", stuck),
		urls.Path("notes/after", after),
		urls.Path("ledger/open", openAccounts),
		urls.Path("ledger/transfer", transfer),
		urls.Path("pgsleep", pgSleep),
		urls.Path("wait", wait),
		urls.Path("sleep", sleep),
		urls.Path("bad/<str:way>", bad),
	}}}
}

// site is the app with a setup and responses that guest.App doesn't allow.
type site struct{ *guest.App }

func (s *site) Setup(ctx context.Context) error {
	switch way, at, _ := strings.Cut(os.Getenv("TEST_SETUP"), " "); way {
	case "refuse":
		return errors.New("the setting TEST_SETUP is wrong: leave it out")
	case "":
	case "after":
		if n, _ := strconv.ParseInt(at, 10, 64); time.Now().UnixMilli() > n {
			return errors.New("too late to start")
		}
	default:
		misbehave(ctx, way)
	}
	return s.App.Setup(ctx)
}

func (s *site) Serve(ctx context.Context, head *abi.RequestHead, body io.Reader, w abi.ResponseWriter) {
	if way, ok := strings.CutPrefix(head.Path, "/raw/"); ok {
		raw(ctx, way, w)
		return
	}
	s.App.Serve(ctx, head, body, w)
}

func hello(*guest.Request) (*guest.Response, error) { return guest.Text("Hello, World!"), nil }

func echo(req *guest.Request) (*guest.Response, error) {
	host, _ := req.Host()
	b, err := req.Bytes()
	if err != nil {
		return nil, err
	}
	s := req.Method + " " + req.Scheme() + " " + host + " " + req.Path + "?" + req.RawQuery() + " " + req.Proto() +
		"\nremote " + req.RemoteAddr() + "\nid " + req.ID() + "\n"
	for name, value := range req.Headers {
		s += name + ": " + value + "\n"
	}
	return guest.Text(s + "\n" + string(b)), nil
}

func cookies(req *guest.Request) (*guest.Response, error) {
	r := guest.Text(req.Cookie("a") + " " + req.Cookie("b"))
	r.SetCookie(guest.Cookie{Name: "a", Value: "1"})
	r.SetCookie(guest.Cookie{Name: "b", Value: "2", HTTPOnly: true})
	return r, nil
}

func status(req *guest.Request) (*guest.Response, error) {
	return guest.NewResponse(int(req.Int("code")), "text/plain", nil), nil
}

func number(req *guest.Request, name string) int {
	n, _ := strconv.Atoi(req.Query().Get(name))
	return n
}

func length(req *guest.Request) (*guest.Response, error) {
	return guest.Text(strings.Repeat("x", number(req, "n"))), nil
}

func stream(req *guest.Request) (*guest.Response, error) {
	n, size := number(req, "n"), max(number(req, "size"), 1)
	return guest.Stream("text/plain", func(w *guest.Writer) error {
		chunk := strings.Repeat("x", size)
		for range n {
			if _, err := w.WriteString(chunk); err != nil {
				guest.Log(req.Context(), 0, "stream ended", "error", err.Error())
				return err
			}
		}
		return nil
	}), nil
}

func events(req *guest.Request) (*guest.Response, error) {
	return guest.Events(func(s *guest.EventStream) error {
		for i := range number(req, "n") {
			if err := s.Send(guest.Event{ID: strconv.Itoa(i), Data: "tick"}); err != nil {
				guest.Log(req.Context(), 0, "events ended", "error", err.Error())
				return err
			}
			time.Sleep(time.Duration(number(req, "ms")) * time.Millisecond)
		}
		if req.Query().Get("open") != "" {
			<-req.Context().Done()
		}
		return nil
	}), nil
}

func upload(req *guest.Request) (*guest.Response, error) {
	n, err := io.Copy(io.Discard, req.Body())
	if err != nil {
		return nil, err
	}
	return guest.Text(strconv.FormatInt(n, 10)), nil
}

func duplex(req *guest.Request) (*guest.Response, error) {
	return guest.Stream("text/plain", func(w *guest.Writer) error {
		if err := w.Flush(); err != nil { // the head comes before any of the body
			return err
		}
		buf := make([]byte, 4096)
		for {
			n, err := req.Body().Read(buf)
			if n > 0 {
				if _, err := w.Write(buf[:n]); err != nil {
					return err
				}
				if err := w.Flush(); err != nil {
					return err
				}
			}
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return err
			}
		}
	}), nil
}

func parse(req *guest.Request) (*guest.Response, error) {
	v, err := req.JSON()
	if err != nil {
		return nil, err
	}
	return guest.JSON(v), nil
}

// form answers how large the file of a form is.
func form(req *guest.Request) (*guest.Response, error) {
	f, err := req.File("f")
	if err != nil {
		return nil, err
	}
	return guest.Text(strconv.Itoa(len(f.Content))), nil
}

var logger = slog.New(log.New(slog.LevelDebug)).With("app", "test")

// logged writes to the log before and after it has waited.
func logged(req *guest.Request) (*guest.Response, error) {
	logger.DebugContext(req.Context(), "asked", "by", req.Query().Get("by"))
	time.Sleep(20 * time.Millisecond)
	logger.WarnContext(req.Context(), "answered", slog.Group("to", "name", req.Query().Get("by"), "n", 7))
	return guest.Text(req.ID()), nil
}
