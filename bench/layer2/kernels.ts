// The kernels of layer 2 in AssemblyScript: see kernels.c.

function fibonacci(n: u32): u32 {
  return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

export function fib(n: u32): u64 {
  let sum: u64 = 0;
  for (let i: u32 = 0; i < n; i++) sum = sum * 31 + fibonacci(20 + (i % 4));
  return sum;
}

function takeuchi(x: i32, y: i32, z: i32): i32 {
  if (y >= x) return z;
  return takeuchi(takeuchi(x - 1, y, z), takeuchi(y - 1, z, x), takeuchi(z - 1, x, y));
}

export function tak(n: u32): u64 {
  let sum: u64 = 0;
  for (let i: u32 = 0; i < n; i++) sum = sum * 31 + <u64>takeuchi(14, 8, i % 4);
  return sum;
}

export function arith(n: u32): u64 {
  let a: u32 = 1;
  let b: u64 = 1;
  for (let i: u32 = 0; i < n; i++) {
    a = a * 1664525 + 1013904223;
    b ^= (<u64>a) << (a >> 27);
    b = rotl<u64>(b, 13) * 5 + <u64>(a % 17);
    a ^= <u32>(b >> 32) / (i | 1);
    b += popcnt<u64>(b) + <u64>clz<u32>(a | 1);
  }
  return <u64>a + b;
}

export function sieve(n: u32): u64 {
  const composite = new Uint8Array(100000);
  let sum: u64 = 0;
  for (let turn: u32 = 0; turn < n; turn++) {
    const limit: i32 = 99990 + (turn % 10);
    let count: u32 = 0;
    composite.fill(0, 0, limit);
    for (let i = 2; i < limit; i++) {
      if (composite[i]) continue;
      count++;
      for (let j = 2 * i; j < limit; j += i) composite[j] = 1;
    }
    sum = sum * 31 + count;
  }
  return sum;
}

export function fib_loop(n: u32): u64 {
  let a: u64 = 0;
  let b: u64 = 1;
  for (let i: u32 = 0; i < n; i++) {
    const next = (a + b) ^ <u64>(i & 3);
    a = b;
    b = next;
  }
  return a;
}

function common(a: u32, b: u32): u32 {
  while (b) {
    const rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

export function gcd(n: u32): u64 {
  let sum: u64 = 0;
  for (let i: u32 = 1; i <= n; i++) sum = sum * 31 + common(i * 7919, 2971215073 - i);
  return sum;
}

const ROUND: StaticArray<u32> = [
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
];
const START: StaticArray<u32> = [
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
];

export function sha256(n: u32): u64 {
  const state = START.slice<StaticArray<u32>>();
  const w = new StaticArray<u32>(64);
  for (let block: u32 = 0; block < n; block++) {
    for (let i = 0; i < 16; i++) w[i] = block * 16 + i;
    for (let i = 16; i < 64; i++) {
      const x = w[i - 15];
      const y = w[i - 2];
      w[i] =
        w[i - 16] +
        (rotr(x, 7) ^ rotr(x, 18) ^ (x >> 3)) +
        w[i - 7] +
        (rotr(y, 17) ^ rotr(y, 19) ^ (y >> 10));
    }
    let a = state[0];
    let b = state[1];
    let c = state[2];
    let d = state[3];
    let e = state[4];
    let f = state[5];
    let g = state[6];
    let h = state[7];
    for (let i = 0; i < 64; i++) {
      const one =
        h + (rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25)) + ((e & f) ^ (~e & g)) + ROUND[i] + w[i];
      const two = (rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
      h = g;
      g = f;
      f = e;
      e = d + one;
      d = c;
      c = b;
      b = a;
      a = one + two;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
    state[5] += f;
    state[6] += g;
    state[7] += h;
  }
  return ((<u64>state[0]) << 32) | state[7];
}

const SIZE = 64;

export function matmul(n: u32): u64 {
  const a = new Float64Array(SIZE * SIZE);
  const b = new Float64Array(SIZE * SIZE);
  const c = new Float64Array(SIZE * SIZE);
  for (let i = 0; i < SIZE * SIZE; i++) {
    a[i] = <f64>(i % 17) - 8;
    b[i] = <f64>(i % 13) - 6;
  }
  for (let turn: u32 = 0; turn < n; turn++) {
    for (let i = 0; i < SIZE; i++) {
      for (let j = 0; j < SIZE; j++) {
        let sum: f64 = 0;
        for (let k = 0; k < SIZE; k++) sum += a[i * SIZE + k] * b[k * SIZE + j];
        c[i * SIZE + j] = sum;
      }
    }
    for (let i = 0; i < SIZE * SIZE; i++) a[i] = c[i] * 0.01;
  }
  let sum: f64 = 0;
  for (let i = 0; i < SIZE * SIZE; i++) sum += a[i] < 0 ? -a[i] : a[i];
  while (sum >= 1048576) sum *= 0.5;
  while (sum < 524288 && sum > 0) sum *= 2;
  return <u64>(sum * 4294967296.0);
}

class Node {
  left: Node | null = null;
  right: Node | null = null;
  value: u32 = 0;
}

let made: u32 = 0;

function grow(depth: u32): Node {
  const node = new Node();
  node.value = made++;
  if (depth) {
    node.left = grow(depth - 1);
    node.right = grow(depth - 1);
  }
  return node;
}

function count(node: Node): u32 {
  const left = node.left;
  if (left === null) return node.value;
  return node.value + count(left) * 3 + count(node.right!);
}

export function trees(n: u32): u64 {
  let sum: u64 = 0;
  made = 0;
  for (let i: u32 = 0; i < n; i++) sum = sum * 31 + count(grow(10 + (i % 3)));
  return sum;
}

function put(text: Array<u8>, words: string): void {
  for (let i = 0; i < words.length; i++) text.push(<u8>words.charCodeAt(i));
}

function putNumber(text: Array<u8>, number: u32): void {
  if (number >= 10) putNumber(text, number / 10);
  text.push(<u8>(48 + (number % 10)));
}

export function json(n: u32): u64 {
  let sum: u64 = 0;
  for (let turn: u32 = 0; turn < n; turn++) {
    const text = new Array<u8>();
    put(text, "[");
    for (let i: u32 = 0; i < 50; i++) {
      if (i) put(text, ",");
      put(text, '{"id":');
      putNumber(text, turn * 50 + i);
      put(text, ',"name":"');
      for (let j: u32 = 0; j < 8; j++) text.push(<u8>(97 + ((turn + i * j) % 26)));
      put(text, '","values":[');
      for (let j: u32 = 0; j < 4; j++) {
        if (j) put(text, ",");
        putNumber(text, (turn ^ i) * 7919 + j * 104729);
      }
      put(text, "]}");
    }
    put(text, "]");
    let number: u32 = 0;
    let depth: u32 = 0;
    let quoted = false;
    let inside = false;
    for (let i = 0; i < text.length; i++) {
      const byte = text[i];
      if (byte == 0x22) quoted = !quoted;
      if (quoted) {
        sum = sum * 33 + byte;
      } else if (byte >= 48 && byte <= 57) {
        number = number * 10 + (byte - 48);
        inside = true;
      } else {
        if (inside) sum = sum * 31 + (number + depth);
        number = 0;
        inside = false;
        if (byte == 0x5b || byte == 0x7b) depth++;
        if (byte == 0x5d || byte == 0x7d) depth--;
      }
    }
  }
  return sum;
}
