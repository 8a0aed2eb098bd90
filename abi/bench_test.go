package abi_test

import (
	"testing"

	. "github.com/vinyl-edge/vinyl/abi"
)

func browserHead() RequestHead {
	return RequestHead{
		Method: "GET", Scheme: "https", Host: "polls.example.com", Path: "/polls/17/results/", Query: "page=2&order=-votes",
		Remote: "203.0.113.7:51234", Proto: "HTTP/2.0", ID: "01J9Z6Q3V7", Timeout: 30000,
		Headers: []Header{
			{"user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"},
			{"accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"},
			{"accept-language", "en-US,en;q=0.5"},
			{"accept-encoding", "gzip, deflate, br, zstd"},
			{"referer", "https://polls.example.com/polls/17/"},
			{"cookie", "sessionid=k4f0c3q9x8m2; csrftoken=Zb81nd0p"},
			{"sec-fetch-mode", "navigate"},
			{"priority", "u=0, i"},
		},
	}
}

func BenchmarkAppendRequestHead(b *testing.B) {
	h := browserHead()
	buf := h.Append(nil)
	b.SetBytes(int64(len(buf)))
	b.ReportAllocs()
	for b.Loop() {
		buf = h.Append(buf[:0])
	}
}

func BenchmarkReadRequestHead(b *testing.B) {
	h := browserHead()
	s := string(h.Append(nil))
	b.SetBytes(int64(len(s)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ReadRequestHead(s); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendResponseHead(b *testing.B) {
	buf := helloResponse.Append(nil)
	b.SetBytes(int64(len(buf)))
	b.ReportAllocs()
	for b.Loop() {
		buf = helloResponse.Append(buf[:0])
	}
}

func BenchmarkReadResponseHead(b *testing.B) {
	s := string(helloResponse.Append(nil))
	b.SetBytes(int64(len(s)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ReadResponseHead(s); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEvent(b *testing.B) {
	buf := make([]byte, EventSize)
	e := Event{Kind: EventDone, ID: 7, A: 100}
	for b.Loop() {
		e.Put(buf)
		e = GetEvent(buf)
	}
}

func BenchmarkValues(b *testing.B) {
	v := List(Int(1), Text("Question?"), Float(1.5), Bool(true), Micros(1), Null, Text("x"), Int(2))
	buf := v.Append(nil)
	b.SetBytes(int64(len(buf)))
	b.Run("append", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			buf = v.Append(buf[:0])
		}
	})
	b.Run("read", func(b *testing.B) {
		s := string(buf)
		b.ReportAllocs()
		for b.Loop() {
			if r := NewReader(s); r.Value().Kind != KindList {
				b.Fatal(r.Err())
			}
		}
	})
}
