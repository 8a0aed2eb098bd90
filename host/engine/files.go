package engine

import (
	"context"
	"encoding/binary"

	"github.com/tetratelabs/wazero/api"

	"github.com/vinyl-edge/vinyl/abi"
)

// maxOutput is how much of the guest's output one call takes. It may call again.
const maxOutput = 64 << 10

// fdWrite writes to the log. It takes the first vector that is not empty, so
// that no list of vectors keeps the host busy.
func fdWrite(ctx context.Context, m api.Module, stack []uint64) {
	in, mem := instanceOf(ctx), m.Memory()
	in.called()
	fd, vectors, n, count := uint32(stack[0]), uint32(stack[1]), uint32(stack[2]), uint32(stack[3])
	if fd != 1 && fd != 2 {
		stack[0] = errnoBadf
		return
	}
	stack[0] = errnoFault
	var written uint32
	for range min(n, maxSubs) {
		v, ok := mem.Read(vectors, 8)
		if !ok {
			return
		}
		b, ok := mem.Read(binary.LittleEndian.Uint32(v), binary.LittleEndian.Uint32(v[4:]))
		if !ok {
			return
		}
		if len(b) > 0 {
			k, _ := in.out.Write(b[:min(len(b), maxOutput)])
			written = uint32(k)
			break
		}
		vectors += 8
	}
	if mem.WriteUint32Le(count, written) {
		stack[0] = errnoSuccess
	}
}

// fdRead finds nothing to read on stdin.
func fdRead(_ context.Context, m api.Module, stack []uint64) {
	fd, count := uint32(stack[0]), uint32(stack[3])
	switch {
	case fd != 0:
		stack[0] = errnoBadf
	case m.Memory().WriteUint32Le(count, 0):
		stack[0] = errnoSuccess
	default:
		stack[0] = errnoFault
	}
}

// fdClose succeeds for what is open, and closes nothing.
func fdClose(_ context.Context, _ api.Module, stack []uint64) {
	fd := uint32(stack[0])
	if stack[0] = errnoBadf; fd <= 2 || isBell(fd) {
		stack[0] = errnoSuccess
	}
}

// fdstatGet presents the doorbells as sockets that do not block: that makes Go
// subscribe to them in its netpoller.
func fdstatGet(_ context.Context, m api.Module, stack []uint64) {
	fd, addr := uint32(stack[0]), uint32(stack[1])
	b, ok := m.Memory().Read(addr, fdstatLen)
	if !ok {
		stack[0] = errnoFault
		return
	}
	kind, flags := byte(0), byte(0)
	switch {
	case isBell(fd):
		kind, flags = socketStream, flagNonblock
	case fd <= 2:
		kind = characterDevice
	default:
		stack[0] = errnoBadf
		return
	}
	clear(b)
	b[0], b[2] = kind, flags
	binary.LittleEndian.PutUint64(b[8:], ^uint64(0))
	binary.LittleEndian.PutUint64(b[16:], ^uint64(0))
	stack[0] = errnoSuccess
}

func isBell(fd uint32) bool { return fd >= abi.BellLeader && fd <= abi.BellIdle }

// noFiles are the functions that a guest may import, since libraries do, and that
// have no file to work on: they answer badf to everything.
var noFiles = map[string]string{
	"fd_advise": "illi", "fd_allocate": "ill", "fd_datasync": "i", "fd_fdstat_set_rights": "ill", "fd_filestat_get": "ii",
	"fd_filestat_set_size": "il", "fd_filestat_set_times": "illi", "fd_pread": "iiili", "fd_prestat_get": "ii",
	"fd_prestat_dir_name": "iii", "fd_pwrite": "iiili", "fd_readdir": "iiili", "fd_renumber": "ii", "fd_seek": "ilii",
	"fd_sync": "i", "fd_tell": "ii", "path_create_directory": "iii", "path_filestat_get": "iiiii",
	"path_filestat_set_times": "iiiilli", "path_link": "iiiiiii", "path_open": "iiiiillii", "path_readlink": "iiiiii",
	"path_remove_directory": "iii", "path_rename": "iiiiii", "path_symlink": "iiiii", "path_unlink_file": "iii",
	"proc_raise": "i", "sock_accept": "iii", "sock_recv": "iiiiii", "sock_send": "iiiii", "sock_shutdown": "ii",
}

func badf(_ context.Context, _ api.Module, stack []uint64) { stack[0] = errnoBadf }
