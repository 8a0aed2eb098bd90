package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/templ/lean"
)

type versionCmd struct{}

// Run prints the versions.
func (versionCmd) Run(out *output) error {
	_, err := fmt.Fprintf(out.out, "vinyl-edge %s\nABI %s\ntempl %s\n%s %s/%s\n",
		version(), abiVersion(), lean.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

// version is that of the module, or of the commit it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	commit, changed := "", ""
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			commit = " " + s.Value[:min(12, len(s.Value))]
		case "vcs.modified":
			if s.Value == "true" {
				changed = " with changes"
			}
		}
	}
	return "(devel)" + commit + changed
}

func abiVersion() string { return fmt.Sprintf("%d.%d", abi.Version>>16, abi.Version&0xffff) }
