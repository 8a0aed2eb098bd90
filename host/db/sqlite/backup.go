package sqlite

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
	"zombiezen.com/go/sqlite"
)

// Backup writes a copy of the database to a file that does not exist: its state
// at one moment, made compact. Others go on to read and write.
func (d *DB) Backup(ctx context.Context, to string) error {
	fail := func(msg string) error {
		return &abi.OpError{Code: abi.CodeDatabase, Message: "vinyl sqlite: backup: " + msg}
	}
	if _, err := os.Lstat(to); err == nil {
		return fail(to + " exists already: name another file, or remove it")
	}
	part, err := os.MkdirTemp(filepath.Dir(to), ".backup-") // a name that nobody else takes
	if err != nil {
		return fail(err.Error() + ": name a file in a folder that exists and can be written")
	}
	defer os.RemoveAll(part)
	name := filepath.Join(part, "copy.db")
	if err := d.copyTo(ctx, name); err != nil {
		return err
	}
	if err := synced(name); err != nil {
		return fail(err.Error())
	}
	if err := os.Link(name, to); err != nil { // fails if it exists by now
		if err := os.Rename(name, to); err != nil {
			return fail(err.Error())
		}
	}
	return nil
}

// copyTo has a connection of its own, which may attach the new file.
func (d *DB) copyTo(ctx context.Context, to string) error {
	if ctx.Err() != nil {
		return db.CtxError(ctx)
	}
	name := d.cfg.Path
	flags := sqlite.OpenReadWrite
	if d.ReadOnly() {
		flags = sqlite.OpenReadOnly
	}
	if name[0] == ':' {
		name = "./" + name
	}
	sq, err := d.place.connect(name, flags)
	if err != nil {
		return opError(err)
	}
	c := &conn{db: d, sq: sq}
	defer c.close()
	sq.SetBusyTimeout(0)
	c.fire = c.interrupt
	c.arm()
	end := c.watch(ctx)
	defer c.unwatch(end)
	st, _, err := sq.PrepareTransient("VACUUM INTO ?")
	if err != nil {
		return opError(err)
	}
	defer func() { _ = st.Finalize() }()
	st.BindText(1, to)
	for n := 0; ; n++ {
		_, err := st.Step()
		if err == nil {
			return nil
		}
		if !isBusy(err) || !wait(ctx, n) {
			return opError(err)
		}
		_ = st.Reset()
	}
}

// synced makes the file's content safe.
func synced(name string) error {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
