package sqlshell

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/vinyl-edge/vinyl/host/db"
)

// Shell reads statements and shows their results.
type Shell struct {
	Engine Engine
	In     io.Reader
	Out    io.Writer // results
	Err    io.Writer // prompts and errors
	// Interactive says that a person types: there are prompts, and an error is
	// no end.
	Interactive bool
	// Interrupts stop the statement that runs, or forget what was typed of one.
	Interrupts <-chan os.Signal
	// Width is of a column at most; 0 is any.
	Width int
	// Prompt is what stands before ">".
	Prompt string
}

const help = `SQL ends with ; and may have several lines. Other commands:
  .tables           the tables and views
  .schema [TABLE]   how they were made
  .help             this
  .quit             the end, as Ctrl-D is
Ctrl-C stops a statement. NULL is none, 'NULL' a text.`

// ErrOpen says that the input ended within a transaction.
var ErrOpen = errors.New("the transaction that was open has been rolled back: end it with COMMIT")

// errQuit is .quit.
var errQuit = errors.New("quit")

// line is what a read of the input gave.
type line struct {
	text string
	err  error
}

// Run reads to the end of the input, or, if nobody types, to the first error.
func (s *Shell) Run(ctx context.Context) error {
	if s.Interactive {
		s.say("Statements end with ; and .help says what else there is.")
	}
	lines, next := make(chan line, 1), make(chan struct{}, 1)
	defer close(next)
	go func() { // a read can't be interrupted
		in := bufio.NewReader(s.In)
		for range next {
			text, err := in.ReadString('\n')
			lines <- line{text, err}
			if err != nil {
				return
			}
		}
	}()
	var text strings.Builder
	waiting := false
	for {
		s.prompt(text.Len() > 0)
		if !waiting {
			next <- struct{}{}
			waiting = true
		}
		var l line
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-s.Interrupts:
			text.Reset()
			s.say("")
			continue
		case l = <-lines:
			waiting = false
		}
		err := s.line(ctx, l.text, l.err != nil, &text)
		switch {
		case errors.Is(err, errQuit):
			return s.end()
		case err != nil && !s.Interactive:
			return err
		case err != nil:
			s.say("error: " + plain(err.Error(), 0))
		}
		if l.err != nil {
			if s.Interactive {
				s.say("")
			}
			if !errors.Is(l.err, io.EOF) {
				return l.err
			}
			return s.end()
		}
	}
}

// end says what became of an open transaction.
func (s *Shell) end() error {
	if !s.Engine.InTx() {
		return nil
	}
	return ErrOpen
}

func (s *Shell) say(text string) { fmt.Fprintln(s.Err, text) }

func (s *Shell) prompt(more bool) {
	if !s.Interactive {
		return
	}
	mark := "> "
	if s.Engine.InTx() {
		mark = "*> "
	}
	if more {
		mark = strings.Repeat(" ", len(s.Prompt)) + "… "
	} else {
		mark = s.Prompt + mark
	}
	fmt.Fprint(s.Err, mark)
}

// line takes one line; last says that no other follows.
func (s *Shell) line(ctx context.Context, l string, last bool, text *strings.Builder) error {
	if text.Len() == 0 {
		word := strings.TrimSpace(l)
		if word == "" {
			return nil
		}
		if word[0] == '.' {
			return s.command(ctx, word)
		}
	}
	text.WriteString(l)
	sql := text.String()
	if strings.TrimSpace(sql) == "" || !last && (!strings.Contains(l, ";") || !s.Engine.Complete(sql)) {
		return nil
	}
	text.Reset()
	return s.run(ctx, sql)
}

func (s *Shell) command(ctx context.Context, word string) error {
	name, arg, _ := strings.Cut(strings.TrimSuffix(word, ";"), " ")
	switch name {
	case ".tables":
		return s.run(ctx, s.Engine.Tables())
	case ".schema":
		whole := *s
		whole.Width = 0
		return whole.run(ctx, s.Engine.Schema(strings.Trim(arg, ` "`)))
	case ".help":
		_, err := fmt.Fprintln(s.Out, help)
		return err
	case ".quit", ".exit", ".q":
		return errQuit
	}
	return fmt.Errorf("there is no command %s: .help lists them", plain(name, 40))
}

// run runs statements; an interrupt stops them.
func (s *Shell) run(ctx context.Context, sql string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if s.Interrupts != nil {
		done := make(chan struct{})
		defer close(done)
		go func() {
			select {
			case <-s.Interrupts:
				cancel()
			case <-done:
			}
		}()
	}
	out := bufio.NewWriter(s.Out)
	err := s.Engine.Run(ctx, sql, &table{w: out, width: s.Width})
	if flush := out.Flush(); err == nil {
		err = flush
	}
	if err == nil {
		return nil
	}
	return Readable(err)
}

// Readable is an error without what is said to apps.
func Readable(err error) error {
	if e := db.AsOpError(err); e != nil {
		return errors.New(strings.TrimPrefix(e.Message, "database: "))
	}
	return err
}
