//go:build !unix

package pgtest

// start runs a cluster on Unix only.
func start() (string, error) { return "", errNoBinaries }
