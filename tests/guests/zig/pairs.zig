//! A freestanding module: exports only, no WASI. Built with --export-memory.

/// Interleaves the bits of two 32-bit numbers (a Z-order curve).
export fn interleave(x: u32, y: u32) u64 {
    return spread(x) | (spread(y) << 1);
}

fn spread(x: u32) u64 {
    var bits: u64 = x;
    bits = (bits | (bits << 16)) & 0x0000ffff0000ffff;
    bits = (bits | (bits << 8)) & 0x00ff00ff00ff00ff;
    bits = (bits | (bits << 4)) & 0x0f0f0f0f0f0f0f0f;
    bits = (bits | (bits << 2)) & 0x3333333333333333;
    bits = (bits | (bits << 1)) & 0x5555555555555555;
    return bits;
}

export fn collatz(start: u64) u32 {
    var n = start;
    var steps: u32 = 0;
    while (n > 1) : (steps += 1) n = if (n % 2 == 0) n / 2 else 3 * n + 1;
    return steps;
}

/// Clamps with saturating conversion: any number is fine.
export fn clamp(x: f64) i32 {
    if (x != x) return 0;
    if (x >= 2147483647.0) return 2147483647;
    if (x <= -2147483648.0) return -2147483648;
    return @intFromFloat(x);
}

/// Checked addition: overflow panics, and a panic is a trap.
export fn checked(a: i32, b: i32) i32 {
    return a + b;
}
