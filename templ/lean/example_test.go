package lean_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/vinyl-edge/vinyl/templ/lean"
)

// The folder goes into a replace directive.
func ExampleWrite() {
	tmp, _ := os.MkdirTemp("", "lean")
	defer os.RemoveAll(tmp)
	dir, err := lean.Write(tmp)
	if err != nil {
		panic(err)
	}
	text, _ := os.ReadFile(filepath.Join(dir, "go.mod"))
	fmt.Print(string(text))
	// Output:
	// module github.com/a-h/templ
	//
	// go 1.24
}
