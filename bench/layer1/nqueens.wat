;; The ways to put eight queens on a board, n times: recursion and bits.
(module
  ;; $full has a bit for each column; the other three tell which are attacked.
  (func $place (param $full i32) (param $columns i32) (param $left i32) (param $right i32)
    (result i32)
    (local $free i32) (local $bit i32) (local $found i32)
    (if (i32.eq (local.get $columns) (local.get $full)) (then (return (i32.const 1))))
    (local.set $free
      (i32.and
        (local.get $full)
        (i32.xor
          (i32.const -1)
          (i32.or (i32.or (local.get $columns) (local.get $left)) (local.get $right)))))
    (block $tried
      (loop $columns_left
        (br_if $tried (i32.eqz (local.get $free)))
        (local.set $bit
          (i32.and (local.get $free) (i32.sub (i32.const 0) (local.get $free))))
        (local.set $free (i32.xor (local.get $free) (local.get $bit)))
        (local.set $found
          (i32.add
            (local.get $found)
            (call $place
              (local.get $full)
              (i32.or (local.get $columns) (local.get $bit))
              (i32.shl (i32.or (local.get $left) (local.get $bit)) (i32.const 1))
              (i32.shr_u (i32.or (local.get $right) (local.get $bit)) (i32.const 1)))))
        (br $columns_left)))
    (local.get $found))

  (func (export "run") (param $n i32) (result i64)
    (local $sum i64)
    (block $done
      (loop $turns
        (br_if $done (i32.eqz (local.get $n)))
        (local.set $sum
          (i64.add
            (local.get $sum)
            (i64.extend_i32_u
              (call $place (i32.const 255) (i32.const 0) (i32.const 0) (i32.const 0)))))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br $turns)))
    (local.get $sum)))
