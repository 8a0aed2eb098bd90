package templ_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/vinyl-edge/vinyl/templ"
	"github.com/vinyl-edge/vinyl/templ/internal/failing"
)

// A component that reads what no view has fetched.
func ExampleRender() {
	items := failing.Items{Err: errors.New("Item.All() is not fetched: call Fetch(ctx) first")}
	err := templ.Render(context.Background(), io.Discard, failing.Loop(items))
	var e *templ.Error
	if errors.As(err, &e) {
		fmt.Println(filepath.Base(e.File), e.Line)
		fmt.Println(e.Err)
	}
	// Output:
	// failing.templ 5
	// Item.All() is not fetched: call Fetch(ctx) first
}
