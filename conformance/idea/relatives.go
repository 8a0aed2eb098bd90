package idea

import (
	"context"
	"errors"
	"strconv"
	"sync"

	"github.com/vinyl-edge/vinyl/guest"
	"github.com/vinyl-edge/vinyl/orm"
)

// relativesGathered gathers the authors of all books.
func relativesGathered(req *guest.Request) (*guest.Response, error) {
	ctx := req.Context()
	books, err := Books.OrderBy("pk").Fetch(ctx)
	if err != nil {
		return nil, err
	}
	authors := make([]orm.Fetcher, len(books))
	for i, book := range books {
		authors[i] = &book.Author
	}
	if err := orm.Gather(ctx, authors...); err != nil {
		return nil, err
	}
	return guest.Text(credits(books)), nil
}

// credits tells whose the books are, and whether each has a record of its own.
func credits(books []*Book) string {
	by, own := map[string]int{}, map[*Author]bool{}
	for _, book := range books {
		by[book.Author.Get().Name]++
		own[book.Author.Get()] = true
	}
	return "Ann " + strconv.Itoa(by["Ann"]) + ", Bo " + strconv.Itoa(by["Bo"]) + ", records " + strconv.Itoa(len(own))
}

// relativesAtOnce fetches the author of each book in a goroutine of its own, in
// a transaction or not. One author is not there, and one goroutine's ctx ends.
func relativesAtOnce(req *guest.Request) (*guest.Response, error) {
	fetch := func(ctx context.Context) (string, error) {
		books, err := Books.OrderBy("pk").Fetch(ctx)
		if err != nil {
			return "", err
		}
		lost := &Book{Author: orm.ToKey[Author](1 << 40)}
		late := &Book{Author: orm.ToKey[Author](1)}
		var all sync.WaitGroup
		var mu sync.Mutex
		var failed error
		for _, book := range books {
			all.Go(func() {
				if _, err := book.Author.Fetch(ctx); err != nil {
					mu.Lock()
					failed = err
					mu.Unlock()
				}
			})
		}
		missing, cancelled := false, false
		all.Go(func() {
			_, err := lost.Author.Fetch(ctx)
			missing = errors.Is(err, orm.ErrNotFound)
		})
		all.Go(func() {
			gone, cancel := context.WithCancel(ctx)
			cancel()
			_, err := late.Author.Fetch(gone)
			cancelled = errors.Is(err, context.Canceled)
		})
		if all.Wait(); failed != nil {
			return "", failed
		}
		return credits(books) + ", missing " + strconv.FormatBool(missing) + ", cancelled " + strconv.FormatBool(cancelled), nil
	}
	if !req.Query().Has("atomic") {
		text, err := fetch(req.Context())
		return guest.Text(text), err
	}
	text := ""
	err := orm.Atomic(req.Context(), func(ctx context.Context) (err error) {
		text, err = fetch(ctx)
		return err
	})
	return guest.Text(text), err
}
