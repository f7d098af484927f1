;; The sieve of Eratosthenes on one byte a number, n times: loads, stores, short loops.
(module
  (memory 2)

  ;; How many primes there are below $limit.
  (func $primes (param $limit i32) (result i32)
    (local $i i32) (local $j i32) (local $count i32)
    (memory.fill (i32.const 0) (i32.const 1) (local.get $limit))
    (local.set $i (i32.const 2))
    (loop $numbers
      (if (i32.load8_u (local.get $i))
        (then
          (local.set $count (i32.add (local.get $count) (i32.const 1)))
          (local.set $j (i32.shl (local.get $i) (i32.const 1)))
          (block $struck
            (loop $strike
              (br_if $struck (i32.ge_u (local.get $j) (local.get $limit)))
              (i32.store8 (local.get $j) (i32.const 0))
              (local.set $j (i32.add (local.get $j) (local.get $i)))
              (br $strike)))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $numbers (i32.lt_u (local.get $i) (local.get $limit))))
    (local.get $count))

  (func (export "run") (param $n i32) (result i64)
    (local $sum i64)
    (block $done
      (loop $turns
        (br_if $done (i32.eqz (local.get $n)))
        (local.set $sum
          (i64.add
            (i64.mul (local.get $sum) (i64.const 31))
            (i64.extend_i32_u
              (call $primes (i32.add (i32.const 100000) (local.get $n))))))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br $turns)))
    (local.get $sum)))
