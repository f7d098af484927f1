;; Takeuchi's function, n times: calls with three arguments, two of which are calls.
(module
  (func $tak (param $x i32) (param $y i32) (param $z i32) (result i32)
    (if (i32.ge_s (local.get $y) (local.get $x)) (then (return (local.get $z))))
    (call $tak
      (call $tak (i32.sub (local.get $x) (i32.const 1)) (local.get $y) (local.get $z))
      (call $tak (i32.sub (local.get $y) (i32.const 1)) (local.get $z) (local.get $x))
      (call $tak (i32.sub (local.get $z) (i32.const 1)) (local.get $x) (local.get $y))))

  (func (export "run") (param $n i32) (result i64)
    (local $sum i64)
    (loop $turns
      (if (local.get $n)
        (then
          (local.set $sum
            (i64.add
              (i64.mul (local.get $sum) (i64.const 31))
              (i64.extend_i32_s
                (call $tak
                  (i32.const 14)
                  (i32.const 8)
                  (i32.and (local.get $n) (i32.const 3))))))
          (local.set $n (i32.sub (local.get $n) (i32.const 1)))
          (br $turns))))
    (local.get $sum)))
