package sqlshell

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// table writes results: as many rows at a time as decide on the widths of
// columns, so that memory stays flat.
type table struct {
	w     io.Writer
	width int // of a column at most, 0: any

	names  []string
	widths []int
	rows   [][]Cell
	n      int  // rows
	headed bool // the head has been written
}

// together is how many rows decide on the widths.
const together = 200

func (t *table) Columns(names []string) error {
	t.names, t.widths, t.rows, t.n, t.headed = names, make([]int, len(names)), nil, 0, false
	for i, name := range names {
		t.names[i] = plain(name, t.width)
		t.widths[i] = utf8.RuneCountInString(t.names[i])
	}
	return nil
}

func (t *table) Row(cells []Cell) error {
	for i := range cells {
		c := &cells[i]
		switch {
		case c.Null:
			c.Text = "NULL"
		case c.Text == "NULL":
			c.Text = "'NULL'" // a text that is not what it looks like
		default:
			c.Text = plain(c.Text, t.width)
		}
	}
	t.rows = append(t.rows, cells)
	t.n++
	if len(t.rows) == together {
		return t.flush()
	}
	return nil
}

func (t *table) End(done string) error {
	if t.names == nil {
		_, err := fmt.Fprintln(t.w, done)
		return err
	}
	if err := t.flush(); err != nil {
		return err
	}
	t.names = nil
	if t.n == 1 {
		_, err := fmt.Fprintln(t.w, "(1 row)")
		return err
	}
	_, err := fmt.Fprintf(t.w, "(%d rows)\n", t.n)
	return err
}

func (t *table) flush() error {
	for _, row := range t.rows {
		for i, c := range row {
			t.widths[i] = max(t.widths[i], utf8.RuneCountInString(c.Text))
		}
	}
	var b strings.Builder
	if !t.headed {
		t.headed = true
		head, line := make([]Cell, len(t.names)), make([]string, len(t.names))
		for i, name := range t.names {
			head[i].Text = name
			line[i] = strings.Repeat("-", t.widths[i]+2)
		}
		t.line(&b, head)
		b.WriteString(strings.Join(line, "+") + "\n")
	}
	for _, row := range t.rows {
		t.line(&b, row)
	}
	t.rows = t.rows[:0]
	_, err := io.WriteString(t.w, b.String())
	return err
}

// line writes cells, without blanks at its end.
func (t *table) line(b *strings.Builder, cells []Cell) {
	var s strings.Builder
	for i, c := range cells {
		if i > 0 {
			s.WriteString(" |")
		}
		fill := strings.Repeat(" ", max(0, t.widths[i]-utf8.RuneCountInString(c.Text)))
		if c.Right {
			s.WriteString(" " + fill + c.Text)
		} else {
			s.WriteString(" " + c.Text + fill)
		}
	}
	b.WriteString(strings.TrimRight(s.String(), " ") + "\n")
}
