package templ_test

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/vinyl-edge/vinyl/templ/lean/templ"
)

// greeting is what the generator would make, by hand, of
//
//	templ greeting(name string, class string) {
//		<p class={ class }>Hello, { name }!</p>
//	}
func greeting(name, class string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, `<p class="`+templ.EscapeString(class)+`">Hello, `+templ.EscapeString(name)+"!</p>\n")
		return err
	})
}

func Example() {
	page := templ.Join(
		greeting("Ada", templ.Classes("card", templ.KV("new", true), templ.KV("old", false)).String()),
		greeting("<script>", "card"),
	)
	if err := page.Render(context.Background(), os.Stdout); err != nil {
		panic(err)
	}
	fmt.Println(templ.URL("javascript:alert(1)"))
	// Output:
	// <p class="card new">Hello, Ada!</p>
	// <p class="card">Hello, &lt;script&gt;!</p>
	// about:invalid#TemplFailedSanitizationURL
}
