//go:build unix

package host_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/host"
	"github.com/vinyl-edge/vinyl/host/db/postgres/pgtest"
)

// TestReplicas reads from a standby that follows, is behind, dies and returns.
func TestReplicas(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts two servers")
	}
	primary := pgtest.Own(t, pgtest.Options{})
	standby := primary.Standby()
	for name, variant := range variants {
		t.Run(name, func(t *testing.T) {
			primary.Exec("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
			s := onServer(t, primary.Socket(), variant, func(c *host.Config) {
				c.Replicas = map[string][]string{"default": {"postgres://vinyl@127.0.0.1:1/nothing", standby.Socket()}}
			})
			s.logs("a replica is not read, since it cannot be reached")
			primary.Caught(standby)
			standby.Exec("SELECT pg_wal_replay_pause()")
			require.Equal(t, "1", s.do("POST", "/notes", nil).body, "what a request wrote it reads")
			require.Equal(t, "0", s.notes(), "the standby is behind")
			require.Equal(t, "1", s.get("/notes?at=default:primary").body)
			standby.Exec("SELECT pg_wal_replay_resume()")
			within(t, func() bool { return s.notes() == "1" }, "the standby doesn't follow")

			standby.Kill()
			for range 5 {
				require.Equal(t, "1", s.notes(), "the primary takes over")
			}
			standby.Start()
			within(t, func() bool {
				return s.notes() == "1" && standby.Exec("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'vinyl-edge'")[0][0] != "0"
			}, "the standby is not read again")
			nothingLeft(t, s, func(sql string) string { return primary.Exec(sql)[0][0] })
		})
	}
	cfg, _ := config(t, "host/testdata/app")
	cfg.Replicas = map[string][]string{"other": {"file:x.db"}}
	_, err := host.New(context.Background(), cfg)
	require.ErrorContains(t, err, `replicas of the database "other", but no such database`)
}
