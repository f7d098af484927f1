// The kernels of layer 2 in Rust: see kernels.c.

fn fibonacci(n: u32) -> u32 {
    if n < 2 {
        n
    } else {
        fibonacci(n - 1).wrapping_add(fibonacci(n - 2))
    }
}

fn mix(sum: u64, value: u64) -> u64 {
    sum.wrapping_mul(31).wrapping_add(value)
}

#[no_mangle]
pub extern "C" fn fib(n: u32) -> u64 {
    (0..n).fold(0, |sum, i| mix(sum, fibonacci(20 + i % 4) as u64))
}

fn takeuchi(x: i32, y: i32, z: i32) -> i32 {
    if y >= x {
        return z;
    }
    takeuchi(takeuchi(x - 1, y, z), takeuchi(y - 1, z, x), takeuchi(z - 1, x, y))
}

#[no_mangle]
pub extern "C" fn tak(n: u32) -> u64 {
    (0..n).fold(0, |sum, i| mix(sum, takeuchi(14, 8, (i % 4) as i32) as u64))
}

#[no_mangle]
pub extern "C" fn arith(n: u32) -> u64 {
    let mut a: u32 = 1;
    let mut b: u64 = 1;
    for i in 0..n {
        a = a.wrapping_mul(1664525).wrapping_add(1013904223);
        b ^= (a as u64) << (a >> 27);
        b = b.rotate_left(13).wrapping_mul(5).wrapping_add((a % 17) as u64);
        a ^= ((b >> 32) as u32) / (i | 1);
        b = b.wrapping_add(b.count_ones() as u64 + (a | 1).leading_zeros() as u64);
    }
    (a as u64).wrapping_add(b)
}

#[no_mangle]
pub extern "C" fn sieve(n: u32) -> u64 {
    let mut composite = vec![false; 100000];
    let mut sum = 0;
    for turn in 0..n {
        let limit = (99990 + turn % 10) as usize;
        let mut count = 0;
        composite[..limit].fill(false);
        for i in 2..limit {
            if composite[i] {
                continue;
            }
            count += 1;
            let mut j = 2 * i;
            while j < limit {
                composite[j] = true;
                j += i;
            }
        }
        sum = mix(sum, count);
    }
    sum
}

#[no_mangle]
pub extern "C" fn fib_loop(n: u32) -> u64 {
    let (mut a, mut b) = (0u64, 1u64);
    for i in 0..n {
        let next = a.wrapping_add(b) ^ (i & 3) as u64;
        a = b;
        b = next;
    }
    a
}

fn common(mut a: u32, mut b: u32) -> u32 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[no_mangle]
pub extern "C" fn gcd(n: u32) -> u64 {
    (1..=n).fold(0, |sum, i| mix(sum, common(i.wrapping_mul(7919), 2971215073 - i) as u64))
}

const ROUND: [u32; 64] = [
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
];

#[no_mangle]
pub extern "C" fn sha256(n: u32) -> u64 {
    let mut state: [u32; 8] = [
        0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab,
        0x5be0cd19,
    ];
    let mut w = [0u32; 64];
    for block in 0..n {
        for i in 0..16 {
            w[i] = block.wrapping_mul(16).wrapping_add(i as u32);
        }
        for i in 16..64 {
            let (x, y) = (w[i - 15], w[i - 2]);
            w[i] = w[i - 16]
                .wrapping_add(x.rotate_right(7) ^ x.rotate_right(18) ^ x >> 3)
                .wrapping_add(w[i - 7])
                .wrapping_add(y.rotate_right(17) ^ y.rotate_right(19) ^ y >> 10);
        }
        let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = state;
        for i in 0..64 {
            let one = h
                .wrapping_add(e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25))
                .wrapping_add((e & f) ^ (!e & g))
                .wrapping_add(ROUND[i])
                .wrapping_add(w[i]);
            let two = (a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22))
                .wrapping_add((a & b) ^ (a & c) ^ (b & c));
            (h, g, f, e) = (g, f, e, d.wrapping_add(one));
            (d, c, b, a) = (c, b, a, one.wrapping_add(two));
        }
        for (sum, value) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
            *sum = sum.wrapping_add(value);
        }
    }
    (state[0] as u64) << 32 | state[7] as u64
}

const SIZE: usize = 64;

#[no_mangle]
pub extern "C" fn matmul(n: u32) -> u64 {
    let mut a: Vec<f64> = (0..SIZE * SIZE).map(|i| (i % 17) as f64 - 8.0).collect();
    let b: Vec<f64> = (0..SIZE * SIZE).map(|i| (i % 13) as f64 - 6.0).collect();
    let mut c = vec![0.0; SIZE * SIZE];
    for _ in 0..n {
        for i in 0..SIZE {
            for j in 0..SIZE {
                let mut sum = 0.0;
                for k in 0..SIZE {
                    sum += a[i * SIZE + k] * b[k * SIZE + j];
                }
                c[i * SIZE + j] = sum;
            }
        }
        for i in 0..SIZE * SIZE {
            a[i] = c[i] * 0.01;
        }
    }
    let mut sum = 0.0;
    for &value in &a {
        sum += if value < 0.0 { -value } else { value };
    }
    while sum >= 1048576.0 {
        sum *= 0.5;
    }
    while sum < 524288.0 && sum > 0.0 {
        sum *= 2.0;
    }
    (sum * 4294967296.0) as u64
}

struct Node {
    branches: Option<(Box<Node>, Box<Node>)>,
    value: u32,
}

fn grow(depth: u32, made: &mut u32) -> Box<Node> {
    let value = *made;
    *made = made.wrapping_add(1);
    let branches = (depth > 0).then(|| (grow(depth - 1, made), grow(depth - 1, made)));
    Box::new(Node { branches, value })
}

fn count(node: &Node) -> u32 {
    match &node.branches {
        None => node.value,
        Some((left, right)) => {
            node.value.wrapping_add(count(left).wrapping_mul(3)).wrapping_add(count(right))
        }
    }
}

#[no_mangle]
pub extern "C" fn trees(n: u32) -> u64 {
    let mut made = 0;
    (0..n).fold(0, |sum, i| mix(sum, count(&grow(10 + i % 3, &mut made)) as u64))
}

fn put_number(text: &mut Vec<u8>, number: u32) {
    if number >= 10 {
        put_number(text, number / 10);
    }
    text.push(b'0' + (number % 10) as u8);
}

#[no_mangle]
pub extern "C" fn json(n: u32) -> u64 {
    let mut sum = 0u64;
    for turn in 0..n {
        let mut text = Vec::new();
        text.push(b'[');
        for i in 0..50u32 {
            if i > 0 {
                text.push(b',');
            }
            text.extend_from_slice(b"{\"id\":");
            put_number(&mut text, turn.wrapping_mul(50).wrapping_add(i));
            text.extend_from_slice(b",\"name\":\"");
            for j in 0..8 {
                text.push(b'a' + (turn.wrapping_add(i * j) % 26) as u8);
            }
            text.extend_from_slice(b"\",\"values\":[");
            for j in 0..4u32 {
                if j > 0 {
                    text.push(b',');
                }
                put_number(&mut text, (turn ^ i).wrapping_mul(7919).wrapping_add(j * 104729));
            }
            text.extend_from_slice(b"]}");
        }
        text.push(b']');
        let (mut number, mut depth) = (0u32, 0u32);
        let (mut quoted, mut inside) = (false, false);
        for &byte in &text {
            if byte == b'"' {
                quoted = !quoted;
            }
            if quoted {
                sum = sum.wrapping_mul(33).wrapping_add(byte as u64);
            } else if byte.is_ascii_digit() {
                number = number.wrapping_mul(10).wrapping_add((byte - b'0') as u32);
                inside = true;
            } else {
                if inside {
                    sum = mix(sum, number.wrapping_add(depth) as u64);
                }
                number = 0;
                inside = false;
                match byte {
                    b'[' | b'{' => depth += 1,
                    b']' | b'}' => depth -= 1,
                    _ => {}
                }
            }
        }
    }
    sum
}
