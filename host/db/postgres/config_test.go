package postgres

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestName(t *testing.T) {
	for url, want := range map[string]string{
		"postgres://u:secret@h:5432/db?password=secret": "postgres://u@h:5432/db",
		"postgres://u:se@cret@h/db":                     "postgres://u@h/db",
		"postgresql://h1,h2/db?sslmode=disable":         "postgresql://h1,h2/db",
		"postgres:///db?host=/tmp":                      "postgres:///db",
	} {
		require.Equal(t, want, Name(url))
	}
}
