package log_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"testing"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/guest"
	"github.com/vinyl-edge/vinyl/guest/guesttest"
	"github.com/vinyl-edge/vinyl/guest/log"
	"github.com/vinyl-edge/vinyl/guest/urls"
)

// hostLog stands in for the host, which adds the request's id and the time.
type hostLog struct{}

func (hostLog) Log(level int32, msg string, attrs []abi.Header) {
	fmt.Print(slog.Level(level), " ", msg)
	for _, a := range attrs {
		fmt.Print(" ", a.Name, "=", a.Value)
	}
	fmt.Println()
}

func (hostLog) Do(context.Context, abi.OpKind, []byte) ([]byte, error) { return nil, abi.ErrState }

func (hostLog) Open(context.Context, abi.OpKind, []byte) (io.ReadCloser, error) {
	return nil, abi.ErrState
}

// Packages that log with slog need not know of Vinyl: give them this handler.
func Example() {
	logger := slog.New(log.New(slog.LevelInfo)).With("app", "polls")
	vote := func(req *guest.Request) (*guest.Response, error) {
		logger.DebugContext(req.Context(), "not worth a line")
		logger.InfoContext(req.Context(), "voted", slog.Group("choice", "id", req.Int("pk"), "votes", 3))
		return guest.NoContent(), nil
	}
	app := &guest.App{URLs: urls.Patterns{urls.Path("<int:pk>/", vote)}}
	client := guesttest.NewContext(abi.WithPort(context.Background(), hostLog{}), &testing.T{}, app)
	fmt.Println(client.PostForm("/7/").Status)
	// Output:
	// INFO voted app=polls choice.id=7 choice.votes=3
	// 204
}
