package abi_test

import (
	"fmt"

	"github.com/vinyl-edge/vinyl/abi"
)

// A host tells a guest about a request with an event of fixed size; the guest
// pulls the head, and answers with a head of its own.
func Example() {
	head := abi.RequestHead{Method: "GET", Scheme: "http", Host: "localhost:8000", Path: "/polls/"}
	message := head.Append(nil)

	ring := make([]byte, abi.EventSize)
	abi.Event{Kind: abi.EventRequest, ID: 1, A: uint32(len(message))}.Put(ring)

	e := abi.GetEvent(ring)
	got, err := abi.ReadRequestHead(string(message))
	fmt.Println(e.ID, e.A == uint32(len(message)), got.Method, got.Path, err)

	answer := abi.ResponseHead{Status: 200, Headers: []abi.Header{{Name: "content-type", Value: "text/plain"}}}
	back, err := abi.ReadResponseHead(string(answer.Append(nil)))
	fmt.Println(back.Status, back.Headers[0].Value, err)

	// Output:
	// 1 true GET /polls/ <nil>
	// 200 text/plain <nil>
}

func ExampleReader() {
	r := abi.NewReader(string(abi.AppendString(abi.AppendU32(nil, 7), "seven")))
	fmt.Println(r.U32(), r.String(), r.Err())
	fmt.Println(r.U32(), r.Err()) // nothing is left

	// Output:
	// 7 seven <nil>
	// 0 vinyl abi: malformed message
}

func ExampleReader_Begin() {
	failure := abi.OpError{Code: abi.CodeIntegrity, Message: "slug is taken", Detail: []string{"unique", "slug"}}
	result := abi.NewReader(string(failure.Append([]byte{abi.ResultError})))
	fmt.Println(result.Begin())

	// Output:
	// slug is taken
}
