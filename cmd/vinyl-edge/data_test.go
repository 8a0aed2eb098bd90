package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestData carries the records of an app from one database to another.
func TestData(t *testing.T) {
	dir := t.TempDir()
	app, cache := "../../examples/polls", filepath.Join(dir, "cache")
	db := func(name string) string { return "--db=file:" + filepath.ToSlash(filepath.Join(dir, name)) }
	file := filepath.Join(dir, "in.json")
	const polls = `[{"model": "polls.question", "pk": 5, "fields": {"text": "Why?", "pub_date": "2024-01-02T03:04:05Z"}}, ` +
		`{"model": "polls.choice", "pk": 9, "fields": {"question": 5, "text": "Because", "votes": 2}}]`
	require.NoError(t, os.WriteFile(file, []byte(polls), 0o600))
	var out, errs bytes.Buffer
	require.Equal(t, 0, run(t.Context(), []string{"loaddata", app, file, db("a.db"), "--cache", cache}, &out, &errs), errs.String())
	require.Equal(t, file+"\t2 objects\n", out.String())

	out.Reset()
	require.Equal(t, 0, run(t.Context(), []string{"dumpdata", app, "polls.Question", "polls.choice", db("a.db"), "--cache", cache}, &out, &errs), errs.String())
	require.Equal(t, polls, out.String())

	dumped := filepath.Join(dir, "out.json")
	require.Equal(t, 0, run(t.Context(), []string{"dumpdata", app, "-o", dumped, "--indent", "2", db("a.db"), "--cache", cache}, &out, &errs), errs.String())
	require.Equal(t, 0, run(t.Context(), []string{"loaddata", app, dumped, db("b.db"), "--cache", cache}, &out, &errs), errs.String())

	require.NoError(t, os.WriteFile(file, []byte(`[{"model": "polls.vote"}]`), 0o600))
	require.Equal(t, 1, run(t.Context(), []string{"loaddata", app, file, db("a.db"), "--cache", cache}, &out, &errs))
	require.Contains(t, errs.String(), "there is no such model; there are polls.choice, polls.question")
}
