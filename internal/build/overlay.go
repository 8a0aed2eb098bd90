package build

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
)

// mainFolder is where the overlay has the main package; it doesn't exist.
const mainFolder = "vinyl_generated_main"

// overlay is the toolchain's view of files that are not on disk.
type overlay struct {
	work  string
	files map[string]string // path in the user's folders -> file with the content
	seen  map[string]bool   // folders whose components are done
}

func newOverlay(work string) *overlay {
	return &overlay{work: work, files: map[string]string{}, seen: map[string]bool{}}
}

func (o *overlay) add(name string, content []byte) error {
	file, ok := o.files[name]
	if !ok {
		file = filepath.Join(o.work, "overlay"+strconv.Itoa(len(o.files))+".go")
		o.files[name] = file
	}
	return os.WriteFile(file, content, 0o644)
}

// write returns the file for -overlay.
func (o *overlay) write() (string, error) {
	text, err := json.Marshal(map[string]any{"Replace": o.files})
	if err != nil {
		return "", err
	}
	name := filepath.Join(o.work, "overlay.json")
	return name, os.WriteFile(name, text, 0o644)
}

// components generates the code of all .templ files in dir and below.
func (o *overlay) components(dir, root string, say func(string)) error {
	files, err := templFiles(dir)
	if err != nil {
		return err
	}
	for _, file := range files {
		o.seen[filepath.Dir(file)] = true
		if err := o.component(file, root, say); err != nil {
			return err
		}
	}
	o.seen[dir] = true
	return nil
}

// folder does so for the files in dir itself, and reports whether the
// overlay grew.
func (o *overlay) folder(dir, root string, say func(string)) (bool, error) {
	if o.seen[dir] {
		return false, nil
	}
	o.seen[dir] = true
	files, err := filepath.Glob(filepath.Join(dir, "*.templ"))
	if err != nil {
		return false, err
	}
	for _, file := range files {
		if err := o.component(file, root, say); err != nil {
			return false, err
		}
	}
	return len(files) > 0, nil
}

func (o *overlay) component(file, root string, say func(string)) error {
	c, err := generate(file, errorFileName(file, root))
	if err != nil {
		return err
	}
	wrote, err := c.update()
	switch {
	case err != nil: // a read-only folder: the overlay has it
		say("can't write " + filepath.Base(c.goFile) + ", go on without: " + err.Error())
	case wrote:
		say("generated " + filepath.Base(c.goFile))
	}
	return o.add(c.goFile, c.mapped)
}

// main adds the main package of the app in dir.
func (o *overlay) main(dir, importPath string) error {
	code := `package main

import (
	"` + module + `/guest/reactor"

	app ` + strconv.Quote(importPath) + `
)

func init() { reactor.Serve(app.App()) }

func main() {}
`
	return o.add(filepath.Join(dir, mainFolder, "main.go"), []byte(code))
}
