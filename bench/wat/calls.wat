;; Small functions that the host calls, and loops that call the host.
(module
  (import "env" "one" (func $one (param i32) (result i32)))
  (import "env" "none" (func $none))
  (memory (export "memory") 1)
  (func (export "nothing"))
  (func (export "add") (param i32 i32) (result i32)
    (i32.add (local.get 0) (local.get 1)))
  (func (export "add64") (param i64 i64 i64 i64) (result i64)
    (i64.add
      (i64.add (local.get 0) (local.get 1))
      (i64.add (local.get 2) (local.get 3))))
  (func (export "mean") (param f64 f64) (result f64)
    (f64.mul (f64.add (local.get 0) (local.get 1)) (f64.const 0.5)))
  (func (export "swap") (param i32 i32) (result i32 i32)
    (local.get 1)
    (local.get 0))
  (func (export "call_one") (param $n i32) (result i32)
    (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (call $one (local.get $n))))
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br_if $next (local.get $n)))
    (local.get $sum))
  (func (export "call_none") (param $n i32)
    (loop $next
      (call $none)
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br_if $next (local.get $n)))))
