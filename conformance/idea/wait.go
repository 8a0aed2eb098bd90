package idea

import (
	"strconv"
	"sync"

	"github.com/vinyl-edge/vinyl/guest"
	"github.com/vinyl-edge/vinyl/orm"
)

// wait writes: it waits as long as another connection holds the write lock.
func wait(req *guest.Request) (*guest.Response, error) {
	n, err := Books.Filter("title", "Abacus").Update(req.Context(), "stock", orm.F("stock").Add(10))
	if err != nil {
		return nil, err
	}
	return guest.Text(strconv.Itoa(n) + " written"), nil
}

// together has three writes and three reads under way at once.
func together(req *guest.Request) (*guest.Response, error) {
	ctx := req.Context()
	var tasks sync.WaitGroup
	var errs [6]error
	var counts [3]int
	for i, title := range []string{"Abacus", "Bicycle", "Compass"} {
		tasks.Go(func() {
			_, errs[i] = Books.Filter("title", title).Update(ctx, "stock", 100+i)
		})
		tasks.Go(func() {
			counts[i], errs[3+i] = Books.Filter("title__lte", title).Count(ctx)
		})
	}
	tasks.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	books, err := Books.Fetch(ctx)
	if err != nil {
		return nil, err
	}
	text := ""
	for _, n := range counts {
		text += strconv.Itoa(n) + "\n"
	}
	return guest.Text(text + titles(books)), nil
}
