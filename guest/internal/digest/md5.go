// Package digest has the hashes of the guest: the standard library's bring a
// FIPS module with self-tests along, about 150 KB of every guest.
package digest

import "math/bits"

var md5Shift = [4][4]int{{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}}

var md5Sine = [64]uint32{
	0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
	0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
	0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
	0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
	0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
	0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
	0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
	0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
}

// MD5 names content; it protects nothing.
func MD5(p []byte) [16]byte {
	s := [4]uint32{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476}
	blocks(p, false, func(b []byte) { md5Block(&s, b) })
	var out [16]byte
	for i, v := range s {
		out[4*i], out[4*i+1], out[4*i+2], out[4*i+3] = byte(v), byte(v>>8), byte(v>>16), byte(v>>24)
	}
	return out
}

func md5Block(s *[4]uint32, p []byte) {
	var m [16]uint32
	for i := range m {
		m[i] = uint32(p[4*i]) | uint32(p[4*i+1])<<8 | uint32(p[4*i+2])<<16 | uint32(p[4*i+3])<<24
	}
	a, b, c, d := s[0], s[1], s[2], s[3]
	for i := range 64 {
		var f uint32
		g := i
		switch i >> 4 {
		case 0:
			f = b&c | ^b&d
		case 1:
			f, g = d&b|^d&c, 5*i+1
		case 2:
			f, g = b^c^d, 3*i+5
		default:
			f, g = c^(b|^d), 7*i
		}
		f += a + md5Sine[i] + m[g&15]
		a, d, c, b = d, c, b, b+bits.RotateLeft32(f, md5Shift[i>>4][i&3])
	}
	s[0], s[1], s[2], s[3] = s[0]+a, s[1]+b, s[2]+c, s[3]+d
}

// blocks feeds p and its padding to f, 64 bytes at a time.
func blocks(p []byte, bigEndian bool, f func([]byte)) {
	n := uint64(len(p)) << 3
	for len(p) >= 64 {
		f(p[:64])
		p = p[64:]
	}
	var tail [128]byte
	copy(tail[:], p)
	tail[len(p)] = 0x80
	end := 64
	if len(p) >= 56 {
		end = 128
	}
	for i := range 8 {
		if bigEndian {
			tail[end-1-i] = byte(n >> (8 * i))
		} else {
			tail[end-8+i] = byte(n >> (8 * i))
		}
	}
	for i := 0; i < end; i += 64 {
		f(tail[i : i+64])
	}
}
