package service

import (
	"context"
	"testing"

	"github.com/vinyl-edge/vinyl/abi"
)

// BenchmarkQuery is one query by its key, whose plan is known, without a guest.
func BenchmarkQuery(b *testing.B) {
	h := newHarness(b)
	msg := h.message(0, where(all("polls.Question"), "id", abi.Int(1)))
	ctx := context.Background()
	ask := func() {
		if out := h.Do(ctx, abi.OpQuery, msg); out[0] != abi.ResultOK {
			b.Fatal("failed")
		}
	}
	ask()
	b.Run("alone", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			ask()
		}
	})
	b.Run("together", func(b *testing.B) {
		b.ReportAllocs()
		done := make(chan []byte, 2)
		ops := make([]Op, 2)
		for i := range ops {
			ops[i] = Op{Session: h.Session, Ctx: ctx, Kind: abi.OpQuery, Msg: msg, Done: func(res []byte) { done <- res }}
		}
		for b.Loop() {
			h.svc.DoAll(ops)
			<-done
			<-done
		}
	})
}
