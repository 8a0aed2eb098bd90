package sqlite

import (
	"sync"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// A statement may make many large values at a time, of any of which SQLite
// bounds only the length. All that SQLite keeps in this process is bounded too:
// by what the pages of open databases may take, and heapSpare. A statement for
// which there is no more fails.
const (
	heapSpare = 512 << 20
	maxRow    = 2 * maxValue // bytes of a row, which the driver copies
)

var heap struct {
	sync.Mutex
	limit int64
}

// journalPiece is how much of what would undo a statement is kept in memory,
// and allocated at once, before it goes to a temporary file. SQLite's own 64 KiB
// are more than the allocator has in stock: it maps and unmaps them for every
// statement. With what the allocator adds this is a size that it has.
const journalPiece = 8100

// configured is what SQLite said to configure's settings: 0 if it took them.
var configured int32

// SQLite is built without counting what it keeps, and that can be changed only
// before it is first used, by whatever package.
func init() {
	configured |= ration()
	configured |= configure(lib.SQLITE_CONFIG_MEMSTATUS, 1)
	configured |= configure(lib.SQLITE_CONFIG_STMTJRNL_SPILL, journalPiece)
	reserve(heapSpare)
}

func configure(what, value int32) int32 {
	tls := libc.NewTLS()
	defer tls.Close()
	list := libc.NewVaList(value)
	defer libc.Xfree(tls, list)
	return lib.Xsqlite3_config(tls, what, list)
}

// reserve changes the bound by n bytes.
func reserve(n int64) {
	heap.Lock()
	defer heap.Unlock()
	tls := libc.NewTLS()
	defer tls.Close()
	heap.limit += n
	lib.Xsqlite3_hard_heap_limit64(tls, heap.limit)
}

// pages is what the pages of the database's connections may take: cache_size of
// each, and as much again for what else a connection has.
func (c *Config) pages() int64 {
	return 2 * (int64(c.Readers+1)*largeCache + int64(c.Holds)*smallCache) << 10
}
