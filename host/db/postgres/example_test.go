package postgres_test

import (
	"fmt"

	"github.com/vinyl-edge/vinyl/host/db/postgres"
)

// Bounds of the pool stand in the database's URL, beside what the server is
// told. Open proves that the server is there.
func ExampleParseURL() {
	cfg, err := postgres.ParseURL("postgres://app:secret@db.example:5433/polls?writers=4&queue_timeout=2000&search_path=polls&sslmode=disable")
	if err != nil {
		panic(err)
	}
	fmt.Println(cfg.Server.Host, cfg.Server.Port, cfg.Server.Database, cfg.Server.RuntimeParams["search_path"])
	fmt.Println(cfg.Writers, cfg.QueueTimeout)

	// The driver relies on some settings. Errors never show the password.
	_, err = postgres.ParseURL("postgres://app:secret@db.example/polls?timezone=CET")
	fmt.Println(err)
	// Output:
	// db.example 5433 polls polls
	// 4 2s
	// vinyl postgres: database URL "postgres://app@db.example/polls": timezone belongs to the host: leave it out
}
