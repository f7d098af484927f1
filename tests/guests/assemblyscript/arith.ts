// An exports-only module: arithmetic, arrays and strings. The one import that
// the compiler adds is env.abort, called before a trap.

export function fib(n: i32): i32 {
  let a = 0;
  let b = 1;
  for (; n > 0; n--) {
    const sum = a + b;
    a = b;
    b = sum;
  }
  return a;
}

export function gcd(a: i64, b: i64): i64 {
  while (b != 0) {
    const rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

/** The sum of the squares of 1 to n, by way of an array. */
export function sumOfSquares(n: i32): i32 {
  const squares = new Array<i32>();
  for (let i = 1; i <= n; i++) squares.push(i * i);
  return squares.reduce((total, square) => total + square, 0);
}

/** Element `index` of a ten-element array; anything else aborts. */
export function pick(index: i32): i32 {
  const numbers = new Int32Array(10);
  for (let i = 0; i < 10; i++) numbers[i] = i * 100;
  return numbers[index];
}

/** The number of UTF-16 units in "n: " and the decimal digits of n. */
export function labelLength(n: i32): i32 {
  return ("n: " + n.toString()).length;
}

/** A string, as a pointer to UTF-16 text; its size in bytes is at pointer - 4. */
export function greeting(excited: bool): string {
  return excited ? "Hello, wörld!" : "hello";
}

export function mean(a: f64, b: f64): f64 {
  return (a + b) / 2;
}

export function root(x: f32): f32 {
  return Mathf.sqrt(x);
}

export let counter: i32 = 5;

export function count(): i32 {
  return ++counter;
}
