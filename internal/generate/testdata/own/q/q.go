// Package q is somebody's own.
package q
