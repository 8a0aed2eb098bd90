// Package memory gives every wasm instance an address range of its own that is
// reserved once: growing neither copies nor moves it, pages cost nothing until
// they are touched, and closing an instance returns all of them.
package memory
