package sqlite

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestComplete(t *testing.T) {
	for sql, want := range map[string]bool{
		"SELECT 1": false, "SELECT 1;": true, "SELECT ';": false, "SELECT 1; -- why;": true, "SELECT 1 /* ;": false, "": false,
		"CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM b;":      false,
		"CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM b; END;": true,
		"SELECT \x00": true,
	} {
		require.Equal(t, want, Complete(sql), sql)
	}
}
