package open_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/vinyl-edge/vinyl/host/db/open"
)

// The same code runs on every database: the URL decides.
func ExampleOpen() {
	dir, err := os.MkdirTemp("", "app")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)

	d, err := open.Open(context.Background(), "file:"+filepath.ToSlash(dir)+"/app.db")
	if err != nil {
		panic(err)
	}
	fmt.Println(d.Dialect(), d.Close())

	_, err = open.Open(context.Background(), "mysql://localhost/app")
	fmt.Println(err)
	// Output:
	// sqlite <nil>
	// vinyl: no driver for databases of type mysql: use file:app.db, postgres://user@host/database or libsql://host
}
