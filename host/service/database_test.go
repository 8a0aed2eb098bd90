package service

import (
	"context"
	"io"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
	"github.com/vinyl-edge/vinyl/host/db/open"
)

// twoDatabases is a harness whose app has the database "other" too, and the
// registry of the models there.
func twoDatabases(t *testing.T) (h *harness, other uint32) {
	t.Helper()
	d, err := open.Open(context.Background(), "file:"+filepath.ToSlash(filepath.Join(t.TempDir(), "other.db")))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, d.Close()) })
	h = newHarness(t, func(c *Config) { c.Databases = map[string]db.DB{"other": d} })
	res, err := describeIn(h, "other")
	require.NoError(t, err)
	require.NotEqual(t, h.reg, res.Registry)
	require.Len(t, res.Notes, 2, "it has tables of its own")
	return h, res.Registry
}

func describeIn(h *harness, alias string) (abi.DescribeResult, error) {
	m := models()
	m.Database = alias
	r := abi.ReadBytes(h.Do(context.Background(), abi.OpDescribe, m.Append(nil)))
	if err := r.Begin(); err != nil {
		return abi.DescribeResult{}, err
	}
	return abi.ReadDescribeResult(r)
}

func beginIn(h *harness, reg uint32) (uint64, error) {
	r := abi.ReadBytes(h.Do(context.Background(), abi.OpBegin, abi.TxBegin{Registry: reg}.Append(nil)))
	err := r.Begin()
	return r.U64(), err
}

// in is h for the statements of another registry.
func (h harness) in(reg uint32) *harness {
	h.reg = reg
	return &h
}

func TestRegistryDecidesOnDatabase(t *testing.T) {
	h, reg := twoDatabases(t)
	other := h.in(reg)
	h.add(0, "a")
	other.add(0, "b")
	other.add(0, "c")
	require.Equal(t, 1, h.count(0))
	require.Equal(t, 2, other.count(0))
}

func TestUnknownDatabase(t *testing.T) {
	h, _ := twoDatabases(t)
	_, err := describeIn(h, "archive")
	requireCode(t, abi.CodeNoDatabase, err)
	require.ErrorContains(t, err, `no database is called "archive", there is default, other: serve the app with --db archive=URL`)
	require.Equal(t, []string{"archive", "default", "other"}, db.AsOpError(err).Detail)
	res, err := describeIn(h, "default")
	require.NoError(t, err)
	require.Empty(t, res.Notes, "the tables are there")
}

func TestTransactionBelongsToOneDatabase(t *testing.T) {
	h, reg := twoDatabases(t)
	other := h.in(reg)
	tx, err := beginIn(h, reg)
	require.NoError(t, err)
	other.add(tx, "a")
	require.Equal(t, 1, other.count(tx))
	require.Equal(t, 0, other.count(0))

	const refused = `the statement is for database "default", but its transaction is in "other"`
	_, err = h.try(t.Context(), abi.OpQuery, tx, all("polls.Question"))
	requireCode(t, abi.CodeNotSupported, err)
	require.ErrorContains(t, err, refused)
	_, err = h.try(t.Context(), abi.OpExec, tx, insert("polls.Question", "text", abi.Text("x")))
	require.ErrorContains(t, err, refused)
	msg, err := io.ReadAll(h.Open(t.Context(), abi.OpStream, h.message(tx, all("polls.Question"))))
	require.NoError(t, err)
	require.ErrorContains(t, abi.ReadBytes(msg).Begin(), refused)

	// It goes on, beside one of the other database.
	second := h.begin(false)
	h.add(second, "b")
	other.add(tx, "c")
	require.NoError(t, h.end(abi.OpRollback, second))
	require.NoError(t, h.end(abi.OpCommit, tx))
	require.Equal(t, 0, h.count(0))
	require.Equal(t, 2, other.count(0))

	_, err = beginIn(h, 99)
	requireCode(t, abi.CodeRegistry, err)
}

func TestBatchOverDatabases(t *testing.T) {
	h, reg := twoDatabases(t)
	h.add(0, "a")
	h.in(reg).add(0, "b")
	h.in(reg).add(0, "c")
	msg := abi.AppendU32(nil, 3)
	for _, reg := range []uint32{h.reg, reg, h.reg} {
		m := h.in(reg).message(0, all("polls.Question"))
		msg = append(append(abi.AppendU32(msg, uint32(len(m)+1)), byte(abi.OpQuery)), m...)
	}
	r := abi.ReadBytes(h.Do(t.Context(), abi.OpBatch, msg))
	require.NoError(t, r.Begin())
	for _, want := range []int{1, 2, 1} {
		item := make([]byte, r.U32())
		for i := range item {
			item[i] = r.U8()
		}
		res, err := decode(item)
		require.NoError(t, err)
		require.Len(t, res.rows, want)
	}
}
