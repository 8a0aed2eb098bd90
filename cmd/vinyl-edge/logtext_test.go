package main

import (
	"bytes"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestStackBelowItsLine(t *testing.T) {
	var b bytes.Buffer
	log := slog.New(textLog(&b)).With("app", "shop")
	log.Error("view panicked", "error", "panic: boom", "stack", "goroutine 9 [running]:\nshop.index()\n\tshop/app.go:42\n", "path", "/")
	log.Info("request", "path", "/")
	require.Regexp(t, `^time=\S+ level=ERROR msg="view panicked" app=shop error="panic: boom" path=/
    goroutine 9 \[running\]:
    shop\.index\(\)
    \tshop/app\.go:42
time=\S+ level=INFO msg=request app=shop path=/
$`, b.String())
}

func TestStackCantForgeLines(t *testing.T) {
	require.Equal(t, "    a\n    \n    b\ufffd\ufffd[31m\tc\n", below("a\n\nb\r\x1b[31m\tc"))
}
