package structs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// Options say what to replay through structs.
type Options struct {
	Root, Dir            string // the repository, and a folder for what is built
	Corpus, Vendor, Host string
	Report               string
	Run                  *regexp.Regexp // names of modules
	Verbose              bool
	Out, Progress        io.Writer
}

// Sum counts what was replayed.
type Sum struct {
	Modules, Models, Refused              int
	Replayed, Passed, Failed, Unsupported int
}

// outcome is an operation in the replayer's report.
type outcome struct {
	ID         string `json:"id"`
	Kind       string `json:"kind"`
	Status     string `json:"status"`
	Reason     string `json:"reason,omitempty"`
	Statements int    `json:"statements"`
	SQL        *bool  `json:"sql_shape,omitempty"`
}

// guestModels is how many models go into one guest: it takes as much to compile.
const guestModels = 160

// Replay builds the replayer with structs and has it replay each module, in a
// process of its own.
func (o *Options) Replay(ctx context.Context) (sum Sum, err error) {
	if o.Root, err = filepath.Abs(o.Root); err != nil {
		return sum, err
	}
	if !filepath.IsAbs(o.Corpus) {
		o.Corpus = filepath.Join(o.Root, o.Corpus)
	}
	files, err := filepath.Glob(filepath.Join(o.Corpus, o.Vendor, "*.json.gz"))
	if err != nil {
		return sum, err
	}
	var chosen []string
	for _, f := range files {
		if o.Run.MatchString(strings.TrimSuffix(filepath.Base(f), ".json.gz")) {
			chosen = append(chosen, f)
		}
	}
	modules, err := Read(chosen)
	if err != nil {
		return sum, err
	}
	var with []Module
	for _, m := range modules {
		sum.Refused += len(m.Refused)
		if sum.Models += len(m.Labels); len(m.Labels) > 0 {
			with = append(with, m)
		}
		for _, label := range sorted(m.Refused) {
			if o.Verbose {
				fmt.Fprintf(o.Out, "no struct %s %s: %s\n", m.Name, label, m.Refused[label])
			}
		}
	}
	if sum.Modules = len(with); sum.Modules == 0 {
		return sum, errors.New("no module of the corpus has that name: -corpus names the folder above the vendors', -run modules")
	}
	b := Build{o.Root, o.Dir}
	program := filepath.Join(o.Dir, "replay")
	fmt.Fprintf(o.Progress, "building %d structs…\n", sum.Models)
	var all []outcome
	native := with
	if o.Host != "native" {
		native = nil // the guest has them
	}
	if err := b.Replayer(ctx, native, program); err != nil {
		return sum, err
	}
	for _, group := range groups(with, o.Host) {
		args := []string{"-corpus", o.Corpus, "-vendor", o.Vendor, "-host", o.Host}
		if o.Host != "native" {
			fmt.Fprintf(o.Progress, "building a guest of %d modules…\n", len(group))
			guest := filepath.Join(o.Dir, "guest-"+group[0].Name+".wasm") // Go links it once
			if err := b.Guest(ctx, group, guest); err != nil {
				return sum, err
			}
			args = append(args, "-guest", guest)
		}
		for _, m := range group {
			fmt.Fprintf(o.Progress, "\r\033[K%s", m.Name)
			list, err := o.module(ctx, program, m.Name, args)
			if err != nil {
				return sum, fmt.Errorf("%s: %w", m.Name, err)
			}
			all = append(all, list...)
		}
		fmt.Fprint(o.Progress, "\r\033[K")
	}
	return o.tally(sum, all)
}

// groups are the modules that are in one guest.
func groups(modules []Module, host string) (out [][]Module) {
	if host == "native" {
		return [][]Module{modules}
	}
	n := guestModels
	for _, m := range modules {
		if n += len(m.Labels); n > guestModels {
			out, n = append(out, nil), len(m.Labels)
		}
		out[len(out)-1] = append(out[len(out)-1], m)
	}
	return out
}

// module replays a module.
func (o *Options) module(ctx context.Context, program, name string, args []string) ([]outcome, error) {
	file := filepath.Join(o.Dir, "report.json")
	cmd := exec.CommandContext(ctx, program, append(args, "-structs", name, "-report", file, "-known", "")...)
	cmd.Dir = o.Root
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 1 {
		err = nil // some do not pass
	}
	if err != nil {
		return nil, fmt.Errorf("%w\n%s", err, out)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var report struct{ Operations []outcome }
	return report.Operations, errors.Join(json.Unmarshal(text, &report), os.Remove(file))
}

func (o *Options) tally(sum Sum, all []outcome) (Sum, error) {
	for _, x := range all {
		sum.Replayed++
		switch x.Status {
		case "passed":
			sum.Passed++
		case "failed":
			sum.Failed++
		default:
			sum.Unsupported++
		}
		if o.Verbose && x.Status != "passed" {
			fmt.Fprintf(o.Out, "%s %s %s: %s\n", x.Status, x.ID, x.Kind, strings.ReplaceAll(x.Reason, "\n", " "))
		}
	}
	fmt.Fprintf(o.Out, "%d modules, %d models are structs, %d are not\nreplayed=%d passed=%d failed=%d unsupported=%d\n",
		sum.Modules, sum.Models, sum.Refused, sum.Replayed, sum.Passed, sum.Failed, sum.Unsupported)
	if o.Report == "" {
		return sum, nil
	}
	text, err := json.MarshalIndent(map[string]any{"corpus": "structs", "vendor": o.Vendor, "host": o.Host, "operations": all}, "", " ")
	if err != nil {
		return sum, err
	}
	return sum, os.WriteFile(o.Report, text, 0o644)
}
