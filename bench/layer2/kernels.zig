//! The kernels of layer 2 in Zig: see kernels.c.

const std = @import("std");

const allocator = std.heap.wasm_allocator;

fn mix(sum: u64, value: u64) u64 {
    return sum *% 31 +% value;
}

fn fibonacci(n: u32) u32 {
    return if (n < 2) n else fibonacci(n - 1) +% fibonacci(n - 2);
}

export fn fib(n: u32) u64 {
    var sum: u64 = 0;
    for (0..n) |i| sum = mix(sum, fibonacci(@intCast(20 + i % 4)));
    return sum;
}

fn takeuchi(x: i32, y: i32, z: i32) i32 {
    if (y >= x) return z;
    return takeuchi(takeuchi(x - 1, y, z), takeuchi(y - 1, z, x), takeuchi(z - 1, x, y));
}

export fn tak(n: u32) u64 {
    var sum: u64 = 0;
    for (0..n) |i| {
        const value: i64 = takeuchi(14, 8, @intCast(i % 4));
        sum = mix(sum, @bitCast(value));
    }
    return sum;
}

export fn arith(n: u32) u64 {
    var a: u32 = 1;
    var b: u64 = 1;
    for (0..n) |at| {
        const i: u32 = @intCast(at);
        a = a *% 1664525 +% 1013904223;
        b ^= @as(u64, a) << @intCast(a >> 27);
        b = std.math.rotl(u64, b, 13) *% 5 +% a % 17;
        a ^= @as(u32, @truncate(b >> 32)) / (i | 1);
        b +%= @as(u64, @popCount(b)) + @clz(a | 1);
    }
    return a +% b;
}

var composite: [100000]bool = undefined;

export fn sieve(n: u32) u64 {
    var sum: u64 = 0;
    for (0..n) |turn| {
        const limit = 99990 + turn % 10;
        var found: u64 = 0;
        @memset(composite[0..limit], false);
        for (2..limit) |i| {
            if (composite[i]) continue;
            found += 1;
            var j = 2 * i;
            while (j < limit) : (j += i) composite[j] = true;
        }
        sum = mix(sum, found);
    }
    return sum;
}

export fn fib_loop(n: u32) u64 {
    var a: u64 = 0;
    var b: u64 = 1;
    for (0..n) |i| {
        const next = (a +% b) ^ @as(u64, i & 3);
        a = b;
        b = next;
    }
    return a;
}

fn common(first: u32, second: u32) u32 {
    var a = first;
    var b = second;
    while (b != 0) {
        const rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

export fn gcd(n: u32) u64 {
    var sum: u64 = 0;
    var i: u32 = 1;
    while (i <= n) : (i += 1) sum = mix(sum, common(i *% 7919, 2971215073 - i));
    return sum;
}

const ROUND = [64]u32{
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

fn right(x: u32, by: u5) u32 {
    return std.math.rotr(u32, x, by);
}

export fn sha256(n: u32) u64 {
    var state = [8]u32{
        0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab,
        0x5be0cd19,
    };
    var w: [64]u32 = undefined;
    for (0..n) |block| {
        for (0..16) |i| w[i] = @truncate(block * 16 + i);
        for (16..64) |i| {
            const x = w[i - 15];
            const y = w[i - 2];
            w[i] = w[i - 16] +% (right(x, 7) ^ right(x, 18) ^ x >> 3) +% w[i - 7] +%
                (right(y, 17) ^ right(y, 19) ^ y >> 10);
        }
        var a, var b, var c, var d, var e, var f, var g, var h = state;
        for (0..64) |i| {
            const one = h +% (right(e, 6) ^ right(e, 11) ^ right(e, 25)) +%
                ((e & f) ^ (~e & g)) +% ROUND[i] +% w[i];
            const two = (right(a, 2) ^ right(a, 13) ^ right(a, 22)) +%
                ((a & b) ^ (a & c) ^ (b & c));
            h = g;
            g = f;
            f = e;
            e = d +% one;
            d = c;
            c = b;
            b = a;
            a = one +% two;
        }
        for (&state, [_]u32{ a, b, c, d, e, f, g, h }) |*sum, value| sum.* +%= value;
    }
    return @as(u64, state[0]) << 32 | state[7];
}

const SIZE = 64;
var left_matrix: [SIZE * SIZE]f64 = undefined;
var right_matrix: [SIZE * SIZE]f64 = undefined;
var product: [SIZE * SIZE]f64 = undefined;

export fn matmul(n: u32) u64 {
    const a = &left_matrix;
    const b = &right_matrix;
    const c = &product;
    for (0..SIZE * SIZE) |i| {
        a[i] = @as(f64, @floatFromInt(i % 17)) - 8;
        b[i] = @as(f64, @floatFromInt(i % 13)) - 6;
    }
    for (0..n) |_| {
        for (0..SIZE) |i| {
            for (0..SIZE) |j| {
                var sum: f64 = 0;
                for (0..SIZE) |k| sum += a[i * SIZE + k] * b[k * SIZE + j];
                c[i * SIZE + j] = sum;
            }
        }
        for (a, c) |*to, from| to.* = from * 0.01;
    }
    var sum: f64 = 0;
    for (a) |value| sum += if (value < 0) -value else value;
    while (sum >= 1048576) sum *= 0.5;
    while (sum < 524288 and sum > 0) sum *= 2;
    return @intFromFloat(sum * 4294967296.0);
}

const Node = struct { left: ?*Node, right: ?*Node, value: u32 };

var made: u32 = 0;

fn grow(depth: u32) *Node {
    const node = allocator.create(Node) catch @trap();
    node.value = made;
    made +%= 1;
    node.left = if (depth > 0) grow(depth - 1) else null;
    node.right = if (depth > 0) grow(depth - 1) else null;
    return node;
}

fn count(node: *const Node) u32 {
    const left = node.left orelse return node.value;
    return node.value +% count(left) *% 3 +% count(node.right.?);
}

fn cut(node: *Node) void {
    if (node.left) |left| {
        cut(left);
        cut(node.right.?);
    }
    allocator.destroy(node);
}

export fn trees(n: u32) u64 {
    var sum: u64 = 0;
    made = 0;
    for (0..n) |i| {
        const tree = grow(@intCast(10 + i % 3));
        sum = mix(sum, count(tree));
        cut(tree);
    }
    return sum;
}

const Text = std.ArrayList(u8);

fn put(text: *Text, words: []const u8) void {
    text.appendSlice(allocator, words) catch @trap();
}

fn put_byte(text: *Text, byte: u32) void {
    text.append(allocator, @intCast(byte)) catch @trap();
}

fn put_number(text: *Text, number: u32) void {
    if (number >= 10) put_number(text, number / 10);
    put_byte(text, '0' + number % 10);
}

export fn json(n: u32) u64 {
    var sum: u64 = 0;
    for (0..n) |at| {
        const turn: u32 = @intCast(at);
        var text: Text = .empty;
        defer text.deinit(allocator);
        put_byte(&text, '[');
        for (0..50) |number_of| {
            const i: u32 = @intCast(number_of);
            if (i > 0) put_byte(&text, ',');
            put(&text, "{\"id\":");
            put_number(&text, turn *% 50 +% i);
            put(&text, ",\"name\":\"");
            for (0..8) |j| put_byte(&text, 'a' + (turn +% i * @as(u32, @intCast(j))) % 26);
            put(&text, "\",\"values\":[");
            for (0..4) |j| {
                if (j > 0) put_byte(&text, ',');
                put_number(&text, (turn ^ i) *% 7919 +% @as(u32, @intCast(j)) * 104729);
            }
            put(&text, "]}");
        }
        put_byte(&text, ']');
        var number: u32 = 0;
        var depth: u32 = 0;
        var quoted = false;
        var inside = false;
        for (text.items) |byte| {
            if (byte == '"') quoted = !quoted;
            if (quoted) {
                sum = sum *% 33 +% byte;
            } else if (byte >= '0' and byte <= '9') {
                number = number *% 10 +% (byte - '0');
                inside = true;
            } else {
                if (inside) sum = mix(sum, number +% depth);
                number = 0;
                inside = false;
                if (byte == '[' or byte == '{') depth += 1;
                if (byte == ']' or byte == '}') depth -= 1;
            }
        }
    }
    return sum;
}
