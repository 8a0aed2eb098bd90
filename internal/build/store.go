package build

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/vinyl-edge/vinyl/templ/lean"
)

// recipe changes when guests have to be rebuilt though no source changed.
const recipe = "1"

// store keeps the results of one app.
type store struct {
	dir string // in the cache
	app string // the app's folder
}

func newStore(cache, app string, full bool) *store {
	key := app
	if full {
		key += "\x00full"
	}
	sum := sha256.Sum256([]byte(key))
	return &store{dir: filepath.Join(cache, "guests", filepath.Base(app)+"-"+hex.EncodeToString(sum[:6])), app: app}
}

// manifest is all that a guest was made of.
type manifest struct {
	Recipe    string
	Wasm      string // file name
	Size      int64
	LeanTempl bool
	Took      time.Duration
	Go        string            // the toolchain
	Env       map[string]string // what else decides
	Files     []source
	Folders   map[string]string // the names in the packages' folders
}

// source is one file. Time and size say at once that it is unchanged, else
// its content decides.
type source struct {
	Path string
	Size int64
	Time int64
	Hash string
}

var decisive = []string{"GOFLAGS", "GOWORK", "GOTOOLCHAIN", "GOEXPERIMENT", "GOROOT", "GOMODCACHE", "GOPATH", "GO111MODULE", "GOWASM"}

func environ() map[string]string {
	env := map[string]string{"templ": lean.Digest()}
	for _, name := range decisive {
		env[name] = os.Getenv(name)
	}
	return env
}

// toolchain names the go command by its file: asking it takes 10 ms and more.
func toolchain() string {
	path, err := exec.LookPath("go")
	if err != nil {
		return ""
	}
	info, err := os.Stat(path)
	if err != nil {
		return ""
	}
	return path + " " + info.ModTime().UTC().Format(time.RFC3339Nano)
}

func (s *store) manifestFile() string { return filepath.Join(s.dir, "manifest.json") }

// fresh returns the last result if it is still right.
func (s *store) fresh() *Result {
	text, err := os.ReadFile(s.manifestFile())
	if err != nil {
		return nil
	}
	var m manifest
	if json.Unmarshal(text, &m) != nil || m.Recipe != recipe {
		return nil
	}
	// Without a toolchain nothing better can be built.
	if now := toolchain(); now != "" && now != m.Go {
		return nil
	}
	env := environ()
	for name, value := range m.Env {
		if env[name] != value {
			return nil
		}
	}
	for folder, names := range m.Folders {
		if namesIn(folder, strings.HasSuffix(names, deep)) != names {
			return nil
		}
	}
	touched := false
	for i := range m.Files {
		f := &m.Files[i]
		info, err := os.Stat(f.Path)
		if err != nil || info.Size() != f.Size {
			return nil
		}
		if info.ModTime().UnixNano() == f.Time {
			continue
		}
		if hash, err := hashFile(f.Path); err != nil || hash != f.Hash {
			return nil
		}
		f.Time, touched = info.ModTime().UnixNano(), true
	}
	r := &Result{
		Name: filepath.Base(s.app), Dir: s.app, Wasm: filepath.Join(s.dir, m.Wasm),
		Size: m.Size, Cached: true, LeanTempl: m.LeanTempl, Took: m.Took,
	}
	if info, err := os.Stat(r.Wasm); err != nil || info.Size() != m.Size {
		return nil
	}
	if touched {
		_ = s.writeManifest(&m) // only spares the hashing next time
	}
	return r
}

// keep moves the guest into the store. The sources are those on disk now;
// whoever edits during a build gets another one.
func (s *store) keep(r *Result, out string, packages []*pkg, b *builder) error {
	m := manifest{Recipe: recipe, LeanTempl: r.LeanTempl, Took: r.Took, Go: toolchain(), Env: environ(), Folders: map[string]string{}}
	hash, err := hashFile(out)
	if err != nil {
		return err
	}
	info, err := os.Stat(out)
	if err != nil {
		return err
	}
	m.Wasm, m.Size = filepath.Base(s.app)+"-"+hash[:16]+".wasm", info.Size()
	r.Wasm, r.Size = filepath.Join(s.dir, m.Wasm), m.Size

	files := []string{b.env.GOMOD, filepath.Join(filepath.Dir(b.env.GOMOD), "go.sum")}
	if b.env.GOWORK != "" && b.env.GOWORK != "off" {
		files = append(files, b.env.GOWORK)
	}
	for _, p := range packages {
		if !p.local() {
			continue
		}
		m.Folders[p.Dir] = namesIn(p.Dir, len(p.EmbedPatterns) > 0)
		for _, name := range slices.Concat(p.GoFiles, p.SFiles, p.EmbedFiles) {
			files = append(files, filepath.Join(p.Dir, name))
		}
		components, _ := filepath.Glob(filepath.Join(p.Dir, "*.templ"))
		files = append(files, components...)
	}
	for _, name := range files {
		info, err := os.Stat(name)
		if err != nil {
			continue // generated code that could not be written
		}
		hash, err := hashFile(name)
		if err != nil {
			return err
		}
		m.Files = append(m.Files, source{name, info.Size(), info.ModTime().UnixNano(), hash})
	}
	if err := os.Rename(out, r.Wasm); err != nil {
		return err
	}
	if err := s.writeManifest(&m); err != nil {
		return err
	}
	s.clean(m.Wasm)
	return nil
}

func (s *store) writeManifest(m *manifest) error {
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp(s.dir, "manifest-")
	if err != nil {
		return err
	}
	_, err = tmp.Write(text)
	if closeErr := tmp.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(tmp.Name(), s.manifestFile())
	}
	if err != nil {
		_ = os.Remove(tmp.Name())
	}
	return err
}

// clean removes guests and work of builds that were killed, after an hour:
// another process may be about to read them.
func (s *store) clean(current string) {
	entries, _ := os.ReadDir(s.dir)
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || e.Name() == current || e.Name() == filepath.Base(s.manifestFile()) || time.Since(info.ModTime()) < time.Hour {
			continue
		}
		_ = os.RemoveAll(filepath.Join(s.dir, e.Name()))
	}
}

const deep = "\n+"

// namesIn lists the files of a folder that can become part of a package; in a
// folder that embeds files all below count.
func namesIn(dir string, embeds bool) string {
	var names []string
	if embeds {
		_ = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
			if err == nil && !e.IsDir() && !isDatabase(path) {
				names = append(names, path[len(dir):])
			}
			return nil
		})
		return strings.Join(names, "\n") + deep
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "missing"
	}
	for _, e := range entries {
		name := e.Name()
		if strings.HasSuffix(name, "_test.go") || e.IsDir() {
			continue
		}
		switch filepath.Ext(name) {
		case ".go", ".templ", ".s":
			names = append(names, name)
		}
	}
	return strings.Join(names, "\n")
}

// isDatabase leaves the default database and its journals out, which come and
// go beside the app.
func isDatabase(name string) bool {
	for _, end := range []string{".db", ".db-wal", ".db-shm", ".db-journal"} {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return false
}

func hashFile(name string) (string, error) {
	text, err := os.ReadFile(name)
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), err
}
