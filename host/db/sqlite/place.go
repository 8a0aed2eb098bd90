package sqlite

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
	"zombiezen.com/go/sqlite"
)

// lookEvery is how often those that only read look whether the file is still
// there. Who writes looks each time.
const lookEvery = 100 * time.Millisecond

// place watches over the file at the database's path. Connections go on with a
// file that was deleted or replaced, and what they write is gone with them. A
// connection to the new file beside one to the old would share its -wal and -shm
// by name, which damages both: so the last of the old ones closes first, and
// leaves nothing in the -wal.
type place struct {
	path     string // "" if the file is not watched
	began    time.Time
	looked   atomic.Int64 // when, since began
	away     atomic.Bool  // the last look found another file, or none
	replaced atomic.Bool  // connections are to close, since there is another file
	file     atomic.Pointer[os.FileInfo]

	mu   sync.Mutex
	open int           // connections
	none chan struct{} // closed when there are none, if somebody waits for that

	folding sync.Mutex
	folded  atomic.Bool // the -wal of the old file is empty
}

func (p *place) gone(found string) *abi.OpError {
	return &abi.OpError{
		Code:    abi.CodeDatabase,
		Message: "the database file " + p.path + " was deleted or moved away while in use" + found + ": put it back, or a backup in its place (by mv), and it goes on; or restart to begin with an empty one",
		Detail:  []string{db.LostConnection},
	}
}

// errMoved is for what used a file that is not at its path any more.
var errMoved = &abi.OpError{
	Code:    abi.CodeDatabase,
	Message: "the database file was deleted or replaced by another one while this used it, and nothing of it was kept: try again on a new connection",
	Detail:  []string{db.LostConnection},
}

// stat looks at the file now.
func (p *place) stat() (now os.FileInfo, same bool) {
	file := p.file.Load()
	if file == nil {
		return nil, true // it is being opened
	}
	st, err := os.Stat(p.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false
	}
	return st, err != nil || os.SameFile(st, *file) // who may not look can't tell
}

// here tells whether the file is still at its path.
func (p *place) here() bool {
	if p.path == "" {
		return true
	}
	_, same := p.stat()
	p.away.Store(!same)
	return same
}

// seen is here for those that only read.
func (p *place) seen() bool {
	if p.path == "" {
		return true
	}
	now, last := int64(time.Since(p.began)), p.looked.Load()
	if !p.away.Load() && now-last < int64(lookEvery) {
		return true
	}
	p.looked.Store(now)
	return p.here()
}

// connect opens the file, but no other than the connections that there are.
func (p *place) connect(name string, flags sqlite.OpenFlags) (*sqlite.Conn, error) {
	if p.path != "" {
		p.mu.Lock()
		p.open++
		p.mu.Unlock()
		if p.file.Load() != nil {
			flags &^= sqlite.OpenCreate
		}
	}
	sq, err := sqlite.OpenConn(name, flags)
	if !p.here() {
		if err == nil {
			_ = sq.Close() // it has not read yet, so it has nothing to do with a -wal
		}
		sq, err = nil, errMoved
	}
	if err != nil {
		p.leave()
		return nil, err
	}
	if p.path != "" && p.file.Load() == nil {
		if st, err := os.Stat(p.path); err == nil {
			p.file.Store(&st)
		}
	}
	return sq, nil
}

// leave is called after a connection has been closed.
func (p *place) leave() {
	if p.path == "" {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open--; p.open == 0 && p.none != nil {
		close(p.none)
		p.none = nil
	}
}

// fold moves what is in the -wal to the file that it belongs to, which may have
// another name by now: SQLite would leave it to whatever file is at the path.
func (c *conn) fold() {
	p := &c.db.place
	if p.here() {
		return
	}
	p.folding.Lock()
	defer p.folding.Unlock()
	_ = c.Rollback()
	rows, err := c.strings(context.Background(), "PRAGMA wal_checkpoint(TRUNCATE)")
	p.folded.Store(err == nil && len(rows) == 1 && rows[0][0] == "0")
}

// renew goes on with the file that is now at the path, once all connections to
// the one before are closed.
func (d *DB) renew(ctx context.Context) error {
	late := time.NewTimer(d.cfg.QueueTimeout)
	defer late.Stop()
	for {
		none, err := d.place.adopt()
		if err != nil {
			return err
		}
		if none == nil {
			break
		}
		d.pools.Drop()
		select {
		case <-none:
		case <-ctx.Done():
			return db.CtxError(ctx)
		case <-late.C:
			return errMoved
		}
	}
	if w := d.pools.Of(db.Write); w.Try() { // before all readers: it makes a backup's journal a WAL
		c, err := w.Take(ctx)
		if err != nil {
			return err
		}
		w.Put(c, false)
	}
	return nil
}

// adopt takes the file at the path for the database's, or returns what to wait
// for.
func (p *place) adopt() (none <-chan struct{}, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	st, same := p.stat()
	switch {
	case same:
	case st == nil:
		return nil, p.gone("")
	case !whole(p.path, st):
		return nil, p.gone(", and what is there now is empty, or no database, or not yet all of one")
	case p.open > 0:
		p.replaced.Store(true)
		if p.none == nil {
			p.none = make(chan struct{})
		}
		return p.none, nil
	case !p.folded.Load() && p.leftover():
		return nil, &abi.OpError{
			Code:    abi.CodeDatabase,
			Message: "the database file " + p.path + " was replaced by another, but " + p.path + "-wal may have changes of the one before: move it to where that one is now, or remove it, and it goes on",
			Detail:  []string{db.LostConnection},
		}
	default:
		p.file.Store(&st)
		p.folded.Store(false)
	}
	p.replaced.Store(false)
	p.away.Store(false)
	return nil, nil
}

// leftover tells whether there is something in a -wal beside the file.
func (p *place) leftover() bool {
	name, err := filepath.EvalSymlinks(p.path)
	if err != nil {
		return false
	}
	st, err := os.Stat(name + "-wal")
	return err == nil && st.Size() > 0
}

// whole tells whether the file is a database of the size that its header says.
// Nobody has it open: closing it would give up the locks of this process.
func whole(path string, st os.FileInfo) bool {
	if !st.Mode().IsRegular() {
		return false
	}
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	var h [100]byte
	if _, err := io.ReadFull(f, h[:]); err != nil || string(h[:16]) != "SQLite format 3\x00" {
		return false
	}
	page := int64(binary.BigEndian.Uint16(h[16:]))
	if page == 1 {
		page = 1 << 16
	}
	counted := string(h[24:28]) == string(h[92:96]) // else the number of pages is old
	return !counted || st.Size() >= page*int64(binary.BigEndian.Uint32(h[28:]))
}
