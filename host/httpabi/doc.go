// Package httpabi translates between net/http and the contract's messages:
// requests on their way to a guest, responses on their way back, which are
// checked because a guest may send anything.
package httpabi
