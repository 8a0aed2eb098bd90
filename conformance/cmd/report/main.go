// Command report writes the table of conformance from what replay recorded:
//
//	go run ./conformance/cmd/replay -vendor sqlite -host native -report /tmp/sqlite-native.json
//	go run ./conformance/cmd/report -o conformance/REPORT.md /tmp/*.json
//
// With -ways it leaves that table as it is and writes the part behind it, of
// what was replayed in other ways: in batches, over a network, through structs.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"sort"
	"strings"
)

// run is one file that replay wrote.
type run struct {
	Corpus, Vendor, Host string
	Batches              int
	InBatches            int `json:"in_batches"`
	Operations           []operation
}

type operation struct {
	ID, Kind, Status string
	SQL              *bool `json:"sql_shape"`
}

func main() {
	out := flag.String("o", "conformance/REPORT.md", "file to write")
	ways := flag.Bool("ways", false, "write the part about other ways, and keep the rest")
	flag.Parse()
	if flag.NArg() == 0 {
		fmt.Fprintln(os.Stderr, "report: name the files that replay -report wrote")
		os.Exit(2)
	}
	var runs []run
	for _, name := range flag.Args() {
		b, err := os.ReadFile(name)
		var r run
		if err == nil {
			err = json.Unmarshal(b, &r)
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "report: %s: %v\n", name, err)
			os.Exit(2)
		}
		runs = append(runs, r)
	}
	old, _ := os.ReadFile(*out)
	first, second, found := strings.Cut(string(old), otherWays)
	if second = otherWays + second; !found {
		second = ""
	}
	if *ways {
		second = otherWays + "\nReplayed at commit " + commit() + ". Through structs go the operations on records that structs can hold, see README.md.\n" + tables(runs)
	} else {
		first = markdown(runs, commit())
	}
	if err := os.WriteFile(*out, []byte(first+second), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, "report:", err)
		os.Exit(2)
	}
}

// otherWays begins the second part of the report.
const otherWays = "\n# Other ways\n"

func commit() string {
	out, err := exec.Command("git", "rev-parse", "--short", "HEAD").Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(out))
}

func (r *run) name() string {
	corpus := ""
	if r.Corpus != "" {
		corpus = r.Corpus + " "
	}
	return corpus + r.Vendor + " " + r.Host
}

func markdown(runs []run, commit string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Conformance\n\nOperations recorded from Django's test suite, replayed at commit %s by `go run ./conformance/cmd/replay` and written by\n`go run ./conformance/cmd/report`. "+
		"Every operation that Django itself reproduces counts; what Vinyl cannot express counts as failed.\n", commit)
	return b.String() + tables(runs)
}

func tables(runs []run) string {
	var b strings.Builder
	section(&b, "In all", runs, func(o *operation) []string { return []string{"all operations", side(o)} })
	section(&b, "Kinds of operations", runs, func(o *operation) []string { return []string{o.Kind} })
	section(&b, "Modules", runs, func(o *operation) []string { m, _, _ := strings.Cut(o.ID, "/"); return []string{m} })
	b.WriteString("\n## SQL of Django's shape, operations that read\n\n")
	for _, r := range runs {
		n, equal := 0, 0
		for i := range r.Operations {
			if s := r.Operations[i].SQL; s != nil {
				n++
				if *s {
					equal++
				}
			}
		}
		fmt.Fprintf(&b, "- %s: %.2f %% of %d\n", r.name(), percent(equal, n), n)
	}
	title := "\n## Statements that went to the database together\n\n"
	for _, r := range runs {
		if r.Batches > 0 {
			fmt.Fprintf(&b, "%s- %s: %d statements in %d batches\n", title, r.name(), r.InBatches, r.Batches)
			title = ""
		}
	}
	return b.String()
}

var writing = map[string]bool{
	"create": true, "save": true, "save_base": true, "set": true, "add": true, "remove": true, "clear": true, "update": true, "delete": true, "bulk_create": true, "bulk_update": true,
	"refresh_from_db": true, "instance_delete": true, "get_or_create": true, "update_or_create": true,
}

func side(o *operation) string {
	if writing[o.Kind] {
		return "that write"
	}
	return "that read"
}

func percent(n, of int) float64 { return 100 * float64(n) / float64(max(of, 1)) }

func section(b *strings.Builder, title string, runs []run, keys func(*operation) []string) {
	type count struct{ passed, total int }
	table := map[string][]count{}
	for i := range runs {
		for j := range runs[i].Operations {
			o := &runs[i].Operations[j]
			for _, k := range keys(o) {
				if table[k] == nil {
					table[k] = make([]count, len(runs))
				}
				c := &table[k][i]
				c.total++
				if o.Status == "passed" {
					c.passed++
				}
			}
		}
	}
	names := make([]string, 0, len(table))
	for k := range table {
		names = append(names, k)
	}
	sort.Strings(names)
	fmt.Fprintf(b, "\n## %s\n\n| |", title)
	for i := range runs {
		fmt.Fprintf(b, " %s |", runs[i].name())
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(runs)) + "\n")
	for _, k := range names {
		fmt.Fprintf(b, "| %s |", k)
		for _, c := range table[k] {
			if c.total == 0 {
				b.WriteString(" |")
				continue
			}
			fmt.Fprintf(b, " %.2f %% of %d |", percent(c.passed, c.total), c.total)
		}
		b.WriteString("\n")
	}
}
