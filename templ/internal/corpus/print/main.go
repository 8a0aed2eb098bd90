// Command print renders the corpus with the runtime that it was built with.
package main

import (
	"os"

	"github.com/vinyl-edge/vinyl/templ/internal/corpus"
)

func main() { corpus.Print(os.Stdout) }
