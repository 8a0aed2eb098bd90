package idea

import (
	"strconv"
	"strings"

	"github.com/vinyl-edge/vinyl/guest"
	"github.com/vinyl-edge/vinyl/orm"
)

func titles(books []*Book) string {
	var b strings.Builder
	for _, book := range books {
		b.WriteString(book.Title + " " + strconv.Itoa(book.Stock) + "\n")
	}
	return b.String()
}

// fetched: await queryset.
func fetched(req *guest.Request) (*guest.Response, error) {
	books, err := Books.Filter("stock__gt", 0).OrderBy("-stock").Fetch(req.Context())
	if err != nil {
		return nil, err
	}
	return guest.Text(titles(books)), nil
}

// relatedFetched: await obj.related_obj.
func relatedFetched(req *guest.Request) (*guest.Response, error) {
	ctx := req.Context()
	book, err := guest.Or404(Books.Get(ctx, "title", "Compass"))
	if err != nil {
		return nil, err
	}
	author, err := book.Author.Fetch(ctx)
	if err != nil {
		return nil, err
	}
	return guest.Text(book.Title + " by " + author.Name + ", and again by " + book.Author.Get().Name), nil
}

// reverseFetched is the other direction.
func reverseFetched(req *guest.Request) (*guest.Response, error) {
	ctx := req.Context()
	author, err := guest.Or404(Authors.Get(ctx, "name", "Ann"))
	if err != nil {
		return nil, err
	}
	books, err := author.Books.Fetch(ctx)
	if err != nil {
		return nil, err
	}
	return guest.Text(titles(books)), nil
}

// gathered fetches several querysets in one exchange with the host.
func gathered(req *guest.Request) (*guest.Response, error) {
	authors, books := Authors.OrderBy("name"), Books.Filter("stock", 0)
	if err := orm.Gather(req.Context(), authors, books); err != nil {
		return nil, err
	}
	text := ""
	for author := range authors.All() {
		text += author.Name + "\n"
	}
	for book := range books.All() {
		text += book.Title + "\n"
	}
	return guest.Text(text), nil
}

// again iterates several times over what was fetched once.
func again(req *guest.Request) (*guest.Response, error) {
	books := Books.Filter("stock__gt", 1)
	if _, err := books.Fetch(req.Context()); err != nil {
		return nil, err
	}
	n := 0
	for range 3 {
		for range books.All() {
			n++
		}
	}
	rows, err := books.Fetch(req.Context())
	if err != nil {
		return nil, err
	}
	return guest.Text(strconv.Itoa(n) + " in three rounds over " + strconv.Itoa(len(rows))), nil
}

// streamed: async for obj in queryset. Thousands of records pass through a
// view that keeps none.
func streamed(req *guest.Request) (*guest.Response, error) {
	parts := Books.Filter("title__startswith", "Part").OrderBy("stock")
	return guest.Stream("text/plain; charset=utf-8", func(w *guest.Writer) error {
		for book, err := range parts.Stream(w.Context()) {
			if err != nil {
				return err
			}
			if _, err := w.WriteString(book.Title + "\n"); err != nil {
				return err
			}
		}
		return nil
	}), nil
}

// streamLeft leaves the loop, which ends the query.
func streamLeft(req *guest.Request) (*guest.Response, error) {
	for book, err := range Books.OrderBy("-title").Stream(req.Context()) {
		if err != nil {
			return nil, err
		}
		return guest.Text(book.Title), nil
	}
	return nil, guest.ErrNotFound
}
