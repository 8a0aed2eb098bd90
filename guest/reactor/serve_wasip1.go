package reactor

import (
	"context"
	"os"
	"sync"
	"syscall"
	"unsafe"

	"github.com/vinyl-edge/vinyl/abi"
)

const (
	ringLen     = 16<<10 + abi.RingHeader // 1,024 events
	scratchSize = 32 << 10                // for results and heads on their way between host and guest
)

var (
	app   abi.App
	ctrl  [abi.CtrlSize]byte
	ring  = make([]byte, ringLen)
	began bool // run or resume has been called

	bellLeader, bellStandby, bellIdle syscall.RawConn
	bellFiles                         []*os.File // a collected file would close its doorbell

	// mu guards everything below and the leader's state. One thread runs a
	// guest, yet any allocation may park its goroutine to help the collector.
	mu         sync.Mutex
	requests   = map[uint32]*request{}
	operations = map[uint32]*operation{}
	lastHandle uint32
	scratches  [][]byte
)

// Serve makes a the app that this guest runs. It is called once, from an init
// function of package main.
func Serve(a abi.App) { app = a }

//go:wasmexport vinyl_abi
func version() int32 { return abi.Version }

//go:wasmexport vinyl_setup
func setup() int32 {
	settle()
	hostTick() // the host's metering calls it; a first call here makes the linker keep the import
	setWord(abi.CtrlVersion, abi.Version)
	setWord(abi.CtrlRing, uint32(uintptr(unsafe.Pointer(&ring[0]))))
	setWord(abi.CtrlRingLen, ringLen)
	p, n := ptr(ctrl[:])
	if s := hostRegister(p, n); s < 0 {
		return 1
	}
	instance := &request{}
	if app == nil {
		instance.Log(levelError, "reactor: no app: main must call reactor.Serve(App()) from an init function", nil)
		return 1
	}
	defer forget(instance)
	if err := app.Setup(abi.WithPort(context.Background(), instance)); err != nil {
		instance.Log(levelError, err.Error(), nil)
		return 1
	}
	return 0
}

//go:wasmexport vinyl_run
func run() {
	begin()
	select {}
}

//go:wasmexport vinyl_resume
func resume() {
	if !began {
		begin()
	}
	idlePolls = 0
	_ = bellIdle.Read(untilIdle)
}

// The first call is the attempt before waiting, the second follows the bell.
var (
	idlePolls int
	untilIdle = func(uintptr) bool { idlePolls++; return idlePolls > 1 }
	untilRing = func(uintptr) bool { return ringUsed() != 0 }
)

func begin() {
	began = true
	bellLeader = bell(abi.BellLeader)
	bellStandby = bell(abi.BellStandby)
	bellIdle = bell(abi.BellIdle)
	mu.Lock()
	defer mu.Unlock()
	hire(standby)
	leader = hire(lead)
}

func bell(fd uintptr) syscall.RawConn {
	f := os.NewFile(fd, "doorbell")
	c, err := f.SyscallConn()
	if err != nil {
		panic(err)
	}
	bellFiles = append(bellFiles, f)
	return c
}

func setWord(offset int, v uint32) { abi.PutU32(ctrl[offset:], v) }

func ringUsed() uint32 { return *(*uint32)(unsafe.Pointer(&ring[0])) }

// setCurrent tells the host whose code runs, for the accounting of CPU time.
func setCurrent(req uint32) { *(*uint32)(unsafe.Pointer(&ctrl[abi.CtrlCurrent])) = req }

func getScratch() []byte {
	mu.Lock()
	defer mu.Unlock()
	if n := len(scratches); n > 0 {
		b := scratches[n-1]
		scratches = scratches[:n-1]
		return b
	}
	return make([]byte, scratchSize)
}

func putScratch(b []byte) {
	if cap(b) != scratchSize {
		return
	}
	mu.Lock()
	scratches = append(scratches, b[:scratchSize])
	mu.Unlock()
}
