/* One function per kind of number and instruction, for checking conversions. */
#define EXPORT(name) __attribute__((export_name(#name)))

typedef long long i64;
typedef unsigned long long u64;

EXPORT(add_i32) int add_i32(int a, int b) { return (int)((unsigned)a + (unsigned)b); }
EXPORT(add_i64) i64 add_i64(i64 a, i64 b) { return (i64)((u64)a + (u64)b); }
EXPORT(add_f32) float add_f32(float a, float b) { return a + b; }
EXPORT(add_f64) double add_f64(double a, double b) { return a + b; }

EXPORT(div_s) int div_s(int a, int b) { return a / b; }
EXPORT(div_u) unsigned div_u(unsigned a, unsigned b) { return a / b; }
EXPORT(rem_s) i64 rem_s(i64 a, i64 b) { return a % b; }
EXPORT(rem_u) u64 rem_u(u64 a, u64 b) { return a % b; }
EXPORT(mul_high) u64 mul_high(unsigned a, unsigned b) { return (u64)a * b; }

EXPORT(shift_left) unsigned shift_left(unsigned a, unsigned n) { return a << (n & 31); }
EXPORT(shift_s) int shift_s(int a, unsigned n) { return a >> (n & 31); }
EXPORT(shift_u) u64 shift_u(u64 a, unsigned n) { return a >> (n & 63); }
EXPORT(rotate) unsigned rotate(unsigned a, unsigned n) {
    return __builtin_rotateleft32(a, n);
}
EXPORT(leading) int leading(unsigned a) { return a ? __builtin_clz(a) : 32; }
EXPORT(trailing) int trailing(u64 a) { return a ? __builtin_ctzll(a) : 64; }
EXPORT(ones) int ones(u64 a) { return __builtin_popcountll(a); }

EXPORT(extend_s) i64 extend_s(int a) { return a; }
EXPORT(extend_u) u64 extend_u(unsigned a) { return a; }
EXPORT(wrap) int wrap(i64 a) { return (int)a; }
EXPORT(byte_s) int byte_s(int a) { return (signed char)a; }
EXPORT(short_s) i64 short_s(i64 a) { return (short)a; }

EXPORT(to_int) int to_int(double x) { return __builtin_wasm_trunc_s_i32_f64(x); }
EXPORT(to_double) double to_double(u64 a) { return (double)a; }
EXPORT(to_float) float to_float(double x) { return (float)x; }
EXPORT(promote) double promote(float x) { return x; }
EXPORT(float_bits) int float_bits(float x) {
    union { float f; int i; } u = {x};
    return u.i;
}
EXPORT(from_bits) double from_bits(i64 bits) {
    union { i64 i; double f; } u = {bits};
    return u.f;
}

EXPORT(root) double root(double x) { return __builtin_sqrt(x); }
EXPORT(nearest) double nearest(double x) { return __builtin_rint(x); }
EXPORT(down) float down(float x) { return __builtin_floorf(x); }
EXPORT(magnitude) double magnitude(double x) { return __builtin_fabs(x); }
EXPORT(sign_of) double sign_of(double x, double y) { return __builtin_copysign(x, y); }
EXPORT(less) int less(double a, double b) { return a < b; }
EXPORT(less_u) int less_u(u64 a, u64 b) { return a < b; }
EXPORT(pick) double pick(int condition, double a, double b) { return condition ? a : b; }
EXPORT(nothing) void nothing(void) {}
