package idea

import (
	"errors"

	"github.com/vinyl-edge/vinyl/guest"
	"github.com/vinyl-edge/vinyl/orm"
)

// unfetched iterates over a queryset that nobody has fetched.
func unfetched(*guest.Request) (*guest.Response, error) {
	for range Books.Filter("stock__gt", 0).All() { // an error
		return guest.Text("a query ran behind the view's back"), nil
	}
	return guest.Text("nothing was found"), nil
}

// unfetchedRows asks for an error in the place of a panic.
func unfetchedRows(*guest.Request) (*guest.Response, error) {
	_, err := Books.Filter("stock__gt", 0).Rows() // an error
	return nil, err
}

// unfetchedComponent gives the queryset to a component, which iterates.
func unfetchedComponent(*guest.Request) (*guest.Response, error) {
	return guest.Render(list(Books.Filter("stock__gt", 0))), nil
}

// unfetchedRelated reads a relation that was not fetched with its record.
func unfetchedRelated(req *guest.Request) (*guest.Response, error) {
	book, err := Books.Get(req.Context(), "title", "Compass")
	if err != nil {
		return nil, err
	}
	_, err = book.Author.Loaded()
	if !errors.Is(err, orm.ErrNotFetched) {
		return guest.Text("it is here"), nil
	}
	return guest.Text(book.Author.Get().Name), nil // an error
}

func unfetchedRelatedComponent(req *guest.Request) (*guest.Response, error) {
	books, err := Books.Filter("stock__gt", 0).Fetch(req.Context())
	if err != nil {
		return nil, err
	}
	return guest.Render(byline(books[0])), nil
}

// plainRelated: with SelectRelated the component reads book.Author without a ctx.
func plainRelated(req *guest.Request) (*guest.Response, error) {
	books, err := Books.Filter("stock__gt", 0).SelectRelated("author").Fetch(req.Context())
	if err != nil {
		return nil, err
	}
	return guest.Render(bylines(books)), nil
}

// plainPrefetched: the same for relations to many records.
func plainPrefetched(req *guest.Request) (*guest.Response, error) {
	authors := Authors.OrderBy("name").PrefetchRelated("books__tags")
	if _, err := authors.Fetch(req.Context()); err != nil {
		return nil, err
	}
	return guest.Render(shelves(authors)), nil
}
