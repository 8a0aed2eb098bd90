package idea

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/vinyl-edge/vinyl/guest"
)

var errSecond = errors.New("the second task failed")

// tasks uses what Go has for waiting: an errgroup whose tasks query, a mutex
// that a sleeper holds, a channel, and an error that ends what still runs.
func tasks(req *guest.Request) (*guest.Response, error) {
	var (
		mu    sync.Mutex
		names []string
		held  = make(chan struct{})
		found = make(chan string)
	)
	all, ctx := errgroup.WithContext(req.Context())
	all.Go(func() error {
		mu.Lock()
		defer mu.Unlock()
		close(held)
		time.Sleep(20 * time.Millisecond)
		names = append(names, "the sleeper")
		return nil
	})
	all.Go(func() error {
		defer close(found)
		books, err := Books.Filter("stock__gt", 1).Fetch(ctx)
		for _, b := range books {
			found <- b.Title
		}
		return err
	})
	all.Go(func() error {
		<-held
		for title := range found {
			mu.Lock() // waits for the sleeper
			names = append(names, title)
			mu.Unlock()
		}
		return nil
	})
	if err := all.Wait(); err != nil {
		return nil, err
	}
	failing, ctx := errgroup.WithContext(req.Context())
	failing.Go(func() error {
		<-ctx.Done() // for the other's error
		return context.Cause(ctx)
	})
	failing.Go(func() error {
		_, err := Books.Count(ctx)
		return errors.Join(err, errSecond)
	})
	ended := errors.Is(failing.Wait(), errSecond)
	return guest.Text(strings.Join(names, ", ") + "; one error ends all: " + strconv.FormatBool(ended)), nil
}
