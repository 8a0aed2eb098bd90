package lean

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const (
	// Module is the module whose place the runtime takes.
	Module = "github.com/a-h/templ"
	// Version is the version of Module that it answers for.
	Version = "v0.3.977"

	here = "github.com/vinyl-edge/vinyl/templ/lean/templ"
)

//go:embed templ/*.go templ/runtime/*.go templ/safehtml/*.go templ/LICENSE
var sources embed.FS

// files returns the module's files by their slash-separated names.
func files() (map[string]string, error) {
	// A folder with a go.mod can't be embedded, so it is written here.
	out := map[string]string{"go.mod": "module " + Module + "\n\ngo 1.24\n"}
	err := fs.WalkDir(sources, "templ", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || strings.HasSuffix(name, "_test.go") {
			return err
		}
		text, err := sources.ReadFile(name)
		out[strings.TrimPrefix(name, "templ/")] = strings.ReplaceAll(string(text), here, Module)
		return err
	})
	return out, err
}

// Write writes the module to a folder below dir, once for each content, and
// returns the folder.
func Write(dir string) (string, error) {
	all, err := files()
	if err != nil {
		return "", err
	}
	target := filepath.Join(dir, "templ-"+digest(all))
	if _, err := os.Stat(target); err == nil {
		return target, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	// Builds may run at the same time: the folder appears complete or not at all.
	tmp, err := os.MkdirTemp(dir, "templ-new-*")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(tmp)
	if err := os.Chmod(tmp, 0o755); err != nil {
		return "", err
	}
	for name, text := range all {
		name = filepath.Join(tmp, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return "", err
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			return "", err
		}
	}
	if err := os.Rename(tmp, target); err != nil {
		if _, statErr := os.Stat(target); statErr != nil {
			return "", errors.Join(err, statErr)
		}
	}
	return target, nil
}

// Digest names the content of the module.
func Digest() string {
	all, err := files()
	if err != nil {
		return ""
	}
	return digest(all)
}

func digest(all map[string]string) string {
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		h.Write([]byte(name + "\x00" + all[name] + "\x00"))
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}
