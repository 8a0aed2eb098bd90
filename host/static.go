package host

import (
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path"
	"strings"
)

// static serves the files of a folder, and nothing that lies outside of it,
// not through symbolic links either. It doesn't list folders, nor show files
// whose name begins with a dot.
type static struct {
	root *os.Root
	url  string
}

func openStatic(dir, url string) (*static, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("host: the folder of static files: %w", err)
	}
	return &static{root: root, url: url}, nil
}

func (s *static) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(r.URL.Path, s.url)
	f, info, err := s.open(name)
	if err != nil { // whatever it is: a client learns nothing of the file system
		http.Error(w, "not found", http.StatusNotFound)
		return
	}
	defer f.Close()
	w.Header().Set("X-Content-Type-Options", "nosniff")
	http.ServeContent(w, r, path.Base(name), info.ModTime(), f)
}

func (s *static) open(name string) (*os.File, fs.FileInfo, error) {
	if !fs.ValidPath(name) || strings.HasPrefix(name, ".") || strings.Contains(name, "/.") {
		return nil, nil, fs.ErrNotExist
	}
	info, err := s.root.Stat(name)
	if err != nil {
		return nil, nil, err
	}
	if !info.Mode().IsRegular() { // opening a pipe would wait for its writer
		return nil, nil, fs.ErrNotExist
	}
	f, err := s.root.Open(name)
	return f, info, err
}

func (s *static) close() { _ = s.root.Close() }
