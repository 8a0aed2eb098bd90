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

// SQLite is built without counting what it keeps, and that can be changed only
// before it is first used, by whatever package.
func init() {
	tls := libc.NewTLS()
	defer tls.Close()
	on := libc.NewVaList(int32(1))
	defer libc.Xfree(tls, on)
	lib.Xsqlite3_config(tls, lib.SQLITE_CONFIG_MEMSTATUS, on)
	reserve(heapSpare)
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
