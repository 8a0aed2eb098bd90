package main

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// planted is an app with mistakes in its queries.
const planted = "../../internal/lookupcheck/testdata/shop"

func TestCheck(t *testing.T) {
	var out, errs bytes.Buffer
	require.Equal(t, 1, run(t.Context(), []string{"check", planted}, &out, &errs))
	require.Contains(t, out.String(), filepath.Join(planted, "views/views.go")+`:17:22: "author__nmae__icontains" in a query of Book`)
	require.Contains(t, errs.String(), "41 names are not what the models have")

	out.Reset()
	require.Equal(t, 0, run(t.Context(), []string{"check", "../../internal/lookupcheck/testdata/clean"}, &out, &errs))
	require.Equal(t, "2 names are what the models have\n", out.String())
}

func TestGenerate(t *testing.T) {
	var out, errs bytes.Buffer
	models := "../../conformance/models"
	require.Equal(t, 0, run(t.Context(), []string{"generate", models, "--check"}, &out, &errs), errs.String())
	require.Contains(t, out.String(), filepath.Join(models, "q/q.go")+"\t")
	require.Contains(t, out.String(), "unchanged")
	require.Equal(t, 1, run(t.Context(), []string{"generate", planted, "--check"}, &out, &errs))
	require.Contains(t, errs.String(), "run vinyl-edge generate "+planted)
}

// TestVetTool runs the same check as go vet does.
func TestVetTool(t *testing.T) {
	program := filepath.Join(t.TempDir(), "vinyl-edge")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".").CombinedOutput()
	require.NoError(t, err, string(out))
	out, err = exec.CommandContext(t.Context(), "go", "vet", "-vettool="+program, planted+"/...").CombinedOutput()
	require.Error(t, err)
	require.Equal(t, 41, strings.Count(string(out), "in a query of")+strings.Count(string(out), "has no value"), string(out))
}
