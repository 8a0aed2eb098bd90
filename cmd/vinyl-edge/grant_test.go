package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestGrants(t *testing.T) {
	dir := appWith(t, "grant = [\"polls.*=rw\", \"archive:auth.User=r\"]")
	grants := func(env map[string]string, args ...string) []string {
		c, _, err := parse(t, env, append([]string{"serve", dir}, args...)...)
		require.NoError(t, err)
		return c.Serve.hostConfig(&app{name: "x", dir: dir}, databases{}).Grants
	}
	require.Equal(t, []string{"polls.*=rw", "archive:auth.User=r"}, grants(nil))
	env := map[string]string{"VINYL_GRANT": "polls.*=r,sql=rw"}
	require.Equal(t, []string{"polls.*=r", "sql=rw"}, grants(env))
	require.Equal(t, []string{"*=r", "a.B(c)=rw"}, grants(env, "--grant", "*=r", "--grant", "a.B(c)=rw"))
	_, _, err := parse(t, nil, "serve", dir, "--grant", "polls.*=x")
	require.ErrorContains(t, err, `the grant "polls.*=x" has unknown rights (r or rw): write polls.Question=r`)
}
