package abi

// The contract's version. A host accepts a guest of the same Major whose Minor is not above its own.
const (
	Major = 1
	Minor = 2
	// Version is what the guest's vinyl_abi export returns: Major<<16 | Minor.
	Version = Major<<16 | Minor
)

// Accepts reports whether a host of this package's version can run a guest that
// announces version v.
func Accepts(v uint32) bool { return v>>16 == Major && v&0xffff <= Minor }

// Names of the wasm module and functions of the contract.
const (
	Module = "vinyl" // import module name

	ExportABI    = "vinyl_abi"    // () -> i32: Version
	ExportSetup  = "vinyl_setup"  // () -> i32: 0 ready, 1 refused (the reason was logged); registers the control block, describes models
	ExportRun    = "vinyl_run"    // (): never returns; the suspending host drives it
	ExportResume = "vinyl_resume" // (): returns when every goroutine is parked
)

// Doorbells: file descriptors of sockets that exist only in poll_oneoff.
const (
	BellLeader  = 1 << 20        // events wait in the ring: the leader reads them
	BellStandby = BellLeader + 1 // the same, rung when no leader listens
	BellIdle    = BellLeader + 2 // nothing to do: vinyl_resume returns to its caller
)

// Control block: little-endian u32 words the guest registers once, in vinyl_setup.
const (
	CtrlVersion  = 0  // guest: Version
	CtrlRing     = 4  // guest: address of the event ring
	CtrlRingLen  = 8  // guest: its length in bytes, at least RingMin
	CtrlCurrent  = 12 // guest: request id whose code runs now, 0 = none (fuel is charged to it)
	CtrlHost     = 16 // host: its Version
	CtrlEpoch    = 20 // host: number of this instance's life
	CtrlFlags    = 24 // host: FlagBlocking, FlagRoutes
	CtrlSize     = 32
	RingHeader   = 8   // u32 bytes used (host writes, guest zeroes), u32 zero
	RingMin      = 264 // header and 16 events
	FlagBlocking = 1   // operations are never pending
	FlagRoutes   = 2   // the host wants to know the routes of requests: OpRoute
)
