package sqlite

import (
	"testing"

	"github.com/vinyl-edge/vinyl/host/db"
	"github.com/vinyl-edge/vinyl/host/db/dbtest"
)

func TestDriver(t *testing.T) {
	dbtest.Suite{
		Open:        func(tb testing.TB) db.DB { return file(tb) },
		Placeholder: func(int) string { return "?" },
		Blob:        "blob",
	}.Run(t)
}
