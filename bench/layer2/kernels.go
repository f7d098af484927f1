// The kernels of layer 2 in Go: see kernels.c.
package main

import "math/bits"

func main() {}

func fibonacci(n uint32) uint32 {
	if n < 2 {
		return n
	}
	return fibonacci(n-1) + fibonacci(n-2)
}

//go:wasmexport fib
func fib(n uint32) uint64 {
	sum := uint64(0)
	for i := uint32(0); i < n; i++ {
		sum = sum*31 + uint64(fibonacci(20+i%4))
	}
	return sum
}

func takeuchi(x, y, z int32) int32 {
	if y >= x {
		return z
	}
	return takeuchi(takeuchi(x-1, y, z), takeuchi(y-1, z, x), takeuchi(z-1, x, y))
}

//go:wasmexport tak
func tak(n uint32) uint64 {
	sum := uint64(0)
	for i := uint32(0); i < n; i++ {
		sum = sum*31 + uint64(takeuchi(14, 8, int32(i%4)))
	}
	return sum
}

//go:wasmexport arith
func arith(n uint32) uint64 {
	a, b := uint32(1), uint64(1)
	for i := uint32(0); i < n; i++ {
		a = a*1664525 + 1013904223
		b ^= uint64(a) << (a >> 27)
		b = bits.RotateLeft64(b, 13)*5 + uint64(a%17)
		a ^= uint32(b>>32) / (i | 1)
		b += uint64(bits.OnesCount64(b) + bits.LeadingZeros32(a|1))
	}
	return uint64(a) + b
}

//go:wasmexport sieve
func sieve(n uint32) uint64 {
	composite := make([]bool, 100000)
	sum := uint64(0)
	for turn := uint32(0); turn < n; turn++ {
		limit := 99990 + turn%10
		count := uint64(0)
		clear(composite[:limit])
		for i := uint32(2); i < limit; i++ {
			if composite[i] {
				continue
			}
			count++
			for j := 2 * i; j < limit; j += i {
				composite[j] = true
			}
		}
		sum = sum*31 + count
	}
	return sum
}

//go:wasmexport fib_loop
func fibLoop(n uint32) uint64 {
	a, b := uint64(0), uint64(1)
	for i := uint32(0); i < n; i++ {
		a, b = b, (a+b)^uint64(i&3)
	}
	return a
}

func common(a, b uint32) uint32 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

//go:wasmexport gcd
func gcd(n uint32) uint64 {
	sum := uint64(0)
	for i := uint32(1); i <= n; i++ {
		sum = sum*31 + uint64(common(i*7919, 2971215073-i))
	}
	return sum
}

var round = [64]uint32{
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
}

func right(x uint32, by int) uint32 { return bits.RotateLeft32(x, -by) }

//go:wasmexport sha256
func sha256(n uint32) uint64 {
	state := [8]uint32{
		0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
		0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
	}
	var w [64]uint32
	for block := uint32(0); block < n; block++ {
		for i := range 16 {
			w[i] = block*16 + uint32(i)
		}
		for i := 16; i < 64; i++ {
			x, y := w[i-15], w[i-2]
			w[i] = w[i-16] + (right(x, 7) ^ right(x, 18) ^ x>>3) + w[i-7] +
				(right(y, 17) ^ right(y, 19) ^ y>>10)
		}
		a, b, c, d := state[0], state[1], state[2], state[3]
		e, f, g, h := state[4], state[5], state[6], state[7]
		for i := range 64 {
			one := h + (right(e, 6) ^ right(e, 11) ^ right(e, 25)) +
				((e & f) ^ (^e & g)) + round[i] + w[i]
			two := (right(a, 2) ^ right(a, 13) ^ right(a, 22)) +
				((a & b) ^ (a & c) ^ (b & c))
			h, g, f, e = g, f, e, d+one
			d, c, b, a = c, b, a, one+two
		}
		for i, value := range [8]uint32{a, b, c, d, e, f, g, h} {
			state[i] += value
		}
	}
	return uint64(state[0])<<32 | uint64(state[7])
}

const size = 64

//go:wasmexport matmul
func matmul(n uint32) uint64 {
	a := make([]float64, size*size)
	b := make([]float64, size*size)
	c := make([]float64, size*size)
	for i := range size * size {
		a[i] = float64(i%17) - 8
		b[i] = float64(i%13) - 6
	}
	for range n {
		for i := range size {
			for j := range size {
				sum := 0.0
				for k := range size {
					// The conversion rounds the product.
					sum += float64(a[i*size+k] * b[k*size+j])
				}
				c[i*size+j] = sum
			}
		}
		for i := range size * size {
			a[i] = c[i] * 0.01
		}
	}
	sum := 0.0
	for _, value := range a {
		if value < 0 {
			value = -value
		}
		sum += value
	}
	for sum >= 1048576 {
		sum *= 0.5
	}
	for sum < 524288 && sum > 0 {
		sum *= 2
	}
	return uint64(sum * 4294967296.0)
}

type node struct {
	left, right *node
	value       uint32
}

var made uint32

func grow(depth uint32) *node {
	tree := &node{value: made}
	made++
	if depth > 0 {
		tree.left = grow(depth - 1)
		tree.right = grow(depth - 1)
	}
	return tree
}

func count(tree *node) uint32 {
	if tree.left == nil {
		return tree.value
	}
	return tree.value + count(tree.left)*3 + count(tree.right)
}

//go:wasmexport trees
func trees(n uint32) uint64 {
	sum := uint64(0)
	made = 0
	for i := uint32(0); i < n; i++ {
		sum = sum*31 + uint64(count(grow(10+i%3)))
	}
	return sum
}

func number(text []byte, value uint32) []byte {
	if value >= 10 {
		text = number(text, value/10)
	}
	return append(text, byte('0'+value%10))
}

//go:wasmexport json
func json(n uint32) uint64 {
	sum := uint64(0)
	for turn := uint32(0); turn < n; turn++ {
		text := []byte{'['}
		for i := uint32(0); i < 50; i++ {
			if i > 0 {
				text = append(text, ',')
			}
			text = append(text, `{"id":`...)
			text = number(text, turn*50+i)
			text = append(text, `,"name":"`...)
			for j := uint32(0); j < 8; j++ {
				text = append(text, byte('a'+(turn+i*j)%26))
			}
			text = append(text, `","values":[`...)
			for j := uint32(0); j < 4; j++ {
				if j > 0 {
					text = append(text, ',')
				}
				text = number(text, (turn^i)*7919+j*104729)
			}
			text = append(text, "]}"...)
		}
		text = append(text, ']')
		value, depth := uint32(0), uint32(0)
		quoted, inside := false, false
		for _, char := range text {
			if char == '"' {
				quoted = !quoted
			}
			switch {
			case quoted:
				sum = sum*33 + uint64(char)
			case char >= '0' && char <= '9':
				value = value*10 + uint32(char-'0')
				inside = true
			default:
				if inside {
					sum = sum*31 + uint64(value+depth)
				}
				value, inside = 0, false
				switch char {
				case '[', '{':
					depth++
				case ']', '}':
					depth--
				}
			}
		}
	}
	return sum
}
