// Package runtime holds what generated code calls beside package templ.
package runtime

import (
	"bufio"
	"context"
	"io"
	"strings"
	"sync"

	"github.com/vinyl-edge/vinyl/templ/lean/templ"
)

// GeneratedComponentInput is what a generated component gets.
type GeneratedComponentInput struct {
	Context context.Context
	Writer  io.Writer
}

// GeneratedTemplate makes a component of generated code.
func GeneratedTemplate(f func(GeneratedComponentInput) error) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return f(GeneratedComponentInput{ctx, w})
	})
}

// WriteString writes s; index numbers the literals of a file.
func WriteString(w io.Writer, _ int, s string) error {
	_, err := io.WriteString(w, s)
	return err
}

// GetBuilder returns an empty builder.
func GetBuilder() (sb strings.Builder) { return sb }

// DefaultBufferSize is the size of buffers in bytes.
var DefaultBufferSize = 4 * 1024

// Buffer collects small writes.
type Buffer struct {
	Underlying io.Writer
	b          *bufio.Writer
}

// Write adds p.
func (b *Buffer) Write(p []byte) (int, error) { return b.b.Write(p) }

// WriteString adds s.
func (b *Buffer) WriteString(s string) (int, error) { return b.b.WriteString(s) }

// Flush writes what is buffered and flushes the writer below if it can.
func (b *Buffer) Flush() error {
	if err := b.b.Flush(); err != nil {
		return err
	}
	if f, ok := b.Underlying.(interface{ Flush() }); ok {
		f.Flush()
	}
	return nil
}

// Close closes the writer below if it can be closed.
func (b *Buffer) Close() error {
	if c, ok := b.Underlying.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// Reset empties the buffer and directs it to w.
func (b *Buffer) Reset(w io.Writer) {
	if b.b == nil {
		b.b = bufio.NewWriterSize(b, DefaultBufferSize)
	}
	b.Underlying = w
	b.b.Reset(w)
}

// Size returns the size of the buffer in bytes.
func (b *Buffer) Size() int { return b.b.Size() }

var buffers = sync.Pool{New: func() any { return new(Buffer) }}

// GetBuffer returns w if it is a Buffer, else one that writes to w.
func GetBuffer(w io.Writer) (b *Buffer, existing bool) {
	if w == nil {
		return nil, false
	}
	if b, ok := w.(*Buffer); ok {
		return b, true
	}
	b = buffers.Get().(*Buffer)
	b.Reset(w)
	return b, false
}

// ReleaseBuffer flushes the buffer and gives it back.
func ReleaseBuffer(w io.Writer) error {
	b, ok := w.(*Buffer)
	if !ok {
		return nil
	}
	err := b.Flush()
	buffers.Put(b)
	return err
}
