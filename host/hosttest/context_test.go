package hosttest_test

import (
	"context"
	"io"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/conformance/models"
	"github.com/vinyl-edge/vinyl/guest"
	"github.com/vinyl-edge/vinyl/host/hosttest"
)

// A test reaches models through Context as a view does through its request.
func TestContextReachesModels(t *testing.T) {
	h := hosttest.New(t, &guest.App{Name: "shop"}, hosttest.Options{Log: slog.New(slog.DiscardHandler)})
	_, err := models.Tags.Create(h.Context(), &models.Tag{Name: "new"})
	require.NoError(t, err)
	n, err := models.Tags.Count(h.Context())
	require.NoError(t, err)
	require.Equal(t, 1, n)
}

// An app that has nothing to add gets a port all the same.
func TestContextOfOtherApps(t *testing.T) {
	h := hosttest.New(t, view{serve: func(context.Context, *abi.RequestHead, io.Reader, abi.ResponseWriter) {}}, hosttest.Options{})
	_, err := abi.PortFrom(h.Context())
	require.NoError(t, err)
}
