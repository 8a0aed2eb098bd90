package hrana_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"

	"github.com/vinyl-edge/vinyl/host/db/sqlite"
	"github.com/vinyl-edge/vinyl/host/hrana"
)

// Any HTTP client can send SQL: vinyl-edge db serve is this server.
func ExampleNew() {
	dir, err := os.MkdirTemp("", "app")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	d, err := sqlite.Open(context.Background(), sqlite.Config{Path: filepath.Join(dir, "app.db")})
	if err != nil {
		panic(err)
	}
	defer d.Close()
	s := hrana.New(hrana.Config{DB: d})
	defer s.Close()
	web := httptest.NewServer(s)
	defer web.Close()

	res, err := http.Post(web.URL+"/v2/pipeline", "application/json", strings.NewReader(
		`{"requests": [{"type": "execute", "stmt": {"sql": "SELECT 6 * 7 AS answer"}}, {"type": "close"}]}`))
	if err != nil {
		panic(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		panic(err)
	}
	fmt.Println(strings.Contains(string(body), `"rows":[[{"type":"integer","value":"42"}]]`))
	// Output: true
}
