package engine

// Guest is the module of the tests, which TestMain builds.
func Guest() []byte { return guest }

// CacheDir is the tests' folder for compiled code.
func CacheDir() string { return compiledCode() }
