;; Blocks, branches with and without operands, and tables of them.
(module
  (func $fib (param $n i32) (result i32)
    (if (result i32) (i32.lt_s (local.get $n) (i32.const 2))
      (then (local.get $n))
      (else
        (i32.add
          (call $fib (i32.sub (local.get $n) (i32.const 1)))
          (call $fib (i32.sub (local.get $n) (i32.const 2)))))))

  (func $sum (param $p i32) (param $end i32) (result i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (local.get $p)))
      (local.set $p (i32.add (local.get $p) (i32.const 4)))
      (br_if $next (i32.ne (local.get $p) (local.get $end))))
    (local.get $sum))

  (func $choose (param $i i32) (result i32)
    (block $done (result i32)
      (block $b
        (block $a
          (br_table $a $b $a (local.get $i)))
        (br $done (i32.const 20)))
      (i32.const 30)))

  (func $choose_a_value (param $i i32) (result i32)
    (block $a (result i32)
      (i32.add (i32.const 100)
        (block $b (result i32)
          (br_table $a $b 2 (i32.const 7) (local.get $i))))))

  (func $operands_stay (param $i i32) (result i32)
    (block $out (result i32)
      (i32.const 1)
      (br_if $out (i32.eqz (local.get $i)))
      (i32.add (i32.const 2))
      (i32.const 3)
      (br_if $out (i32.const 4) (local.get $i))
      (drop)
      (i32.add)))

  (func $leave (param $i i32) (result i32 i64)
    (if (i64.eqz (i64.extend_i32_u (local.get $i)))
      (then (return (i32.const 1) (i64.const -1))))
    (local.get $i)
    (i64.const 2)
    (br_if 0 (i32.gt_u (local.get $i) (i32.const 9))))

  (func $dead (result i32)
    (block $b (result i32)
      (br $b (i32.const 1))
      (loop (br 0))
      (drop)
      (i32.const 2)))

  (func $while_loop (param $i i32) (result i32)
    (loop $again (param) (result i32)
      (if (result i32) (local.get $i)
        (then
          (local.set $i (i32.sub (local.get $i) (i32.const 1)))
          (br $again))
        (else (local.get $i)))))

  (func $loop_with_operand (param $i i32) (result i32)
    (i32.const 10)
    (loop $again (param i32) (result i32)
      (i32.add (local.get $i))
      (br_if $again (i32.lt_u (local.tee $i (i32.sub (local.get $i) (i32.const 1))) (i32.const 5)))))
)

;; IR, made by the test
;; func[0] $fib
;;   s0 i32 $n param
;;   result i32
;;   s1..s3 operands
;;     0  br_unless.i32.lt_s   L2, s0, #2                     ; 0x5
;;     1  copy                 s1, s0                         ; 0x9
;;     2  br                   L1                             ; 0x9
;;     3  L2:                                                 ; 0x9
;;     4  i32.sub              s1, s0, #1                     ; 0xe
;;     5  call                 func[0] $fib, s1...            ; 0xf
;;     6  i32.sub              s2, s0, #2                     ; 0x15
;;     7  call                 func[0] $fib, s2...            ; 0x16
;;     8  i32.add              s1, s1, s2                     ; 0x18
;;     9  L1:                                                 ; 0x19
;;    10  return_one           s1                             ; 0x1a
;; func[1] $sum
;;   s0 i32 $p param
;;   s1 i32 $end param
;;   s2 i32 $sum
;;   result i32
;;   s3..s4 operands
;;     0  L1:                  loop                           ; 0x1b
;;     1  i32.add              s2, s2, s0                     ; 0x21
;;     2  i32.add              s0, s0, #4                     ; 0x28
;;     3  br_if.i32.ne         L1, s0, s1                     ; 0x30
;;     4  return_one           s2                             ; 0x35
;; func[2] $choose
;;   s0 i32 $i param
;;   result i32
;;   s1..s1 operands
;;     0  br_table             s0, [L3, L2], else L3          ; 0x3e
;;     1  L3:                                                 ; 0x43
;;     2  copy                 s1, #20                        ; 0x46
;;     3  br                   L1                             ; 0x46
;;     4  L2:                                                 ; 0x48
;;     5  copy                 s1, #30                        ; 0x4b
;;     6  L1:                                                 ; 0x4b
;;     7  return_one           s1                             ; 0x4c
;; func[3] $choose_a_value
;;   s0 i32 $i param
;;   result i32
;;   s1..s3 operands
;;     0  br_table             s0, [L3, L4], else L5          ; 0x58
;;     1  L3:                                                 ; 0x58
;;     2  copy                 s1, #7                         ; 0x58
;;     3  br                   L1                             ; 0x58
;;     4  L4:                                                 ; 0x58
;;     5  copy                 s2, #7                         ; 0x58
;;     6  br                   L2                             ; 0x58
;;     7  L5:                                                 ; 0x58
;;     8  return_one           #7                             ; 0x58
;;     9  L2:                                                 ; 0x5d
;;    10  i32.add              s1, #100, s2                   ; 0x5e
;;    11  L1:                                                 ; 0x5f
;;    12  return_one           s1                             ; 0x60
;; func[4] $operands_stay
;;   s0 i32 $i param
;;   result i32
;;   s1..s4 operands
;;     0  br_unless.i32.eqz    L2, s0                         ; 0x68
;;     1  copy                 s1, #1                         ; 0x68
;;     2  br                   L1                             ; 0x68
;;     3  L2:                                                 ; 0x68
;;     4  i32.add              s1, #1, #2                     ; 0x6c
;;     5  br_unless            L3, s0                         ; 0x73
;;     6  copy                 s1, #4                         ; 0x73
;;     7  br                   L1                             ; 0x73
;;     8  L3:                                                 ; 0x73
;;     9  i32.add              s1, s1, #3                     ; 0x76
;;    10  L1:                                                 ; 0x77
;;    11  return_one           s1                             ; 0x78
;; func[5] $leave
;;   s0 i32 $i param
;;   result i32 i64
;;   s1..s4 operands
;;     0  i64.extend_i32_u     s1, s0                         ; 0x7b
;;     1  br_unless.i64.eqz    L2, s1                         ; 0x7d
;;     2  copy                 s1, #1                         ; 0x83
;;     3  copy                 s2, #-1                        ; 0x83
;;     4  return_many          2, s1...                       ; 0x83
;;     5  L2:                                                 ; 0x84
;;     6  br_unless.i32.gt_u   L3, s0, #9                     ; 0x8e
;;     7  copy                 s1, s0                         ; 0x8e
;;     8  copy                 s2, #2                         ; 0x8e
;;     9  return_many          2, s1...                       ; 0x8e
;;    10  L3:                                                 ; 0x8e
;;    11  copy                 s1, s0                         ; 0x90
;;    12  copy                 s2, #2                         ; 0x90
;;    13  return_many          2, s1...                       ; 0x90
;; func[6] $dead
;;   result i32
;;   s0..s0 operands
;;     0  copy                 s0, #1                         ; 0x95
;;     1  br                   L1                             ; 0x95
;;     2  L1:                                                 ; 0x9f
;;     3  return_one           s0                             ; 0xa0
;; func[7] $while_loop
;;   s0 i32 $i param
;;   result i32
;;   s1..s2 operands
;;     0  L1:                  loop                           ; 0xa1
;;     1  br_unless            L3, s0                         ; 0xa5
;;     2  i32.sub              s0, s0, #1                     ; 0xab
;;     3  br                   L1                             ; 0xae
;;     4  L3:                                                 ; 0xb0
;;     5  return_one           s0                             ; 0xb5
;; func[8] $loop_with_operand
;;   s0 i32 $i param
;;   result i32
;;   s1..s3 operands
;;     0  copy                 s1, #10                        ; 0xb8
;;     1  L1:                  loop                           ; 0xb8
;;     2  i32.add              s1, s1, s0                     ; 0xbc
;;     3  i32.sub              s0, s0, #1                     ; 0xc1
;;     4  br_if.i32.lt_u       L1, s0, #5                     ; 0xc7
;;     5  return_one           s1                             ; 0xca
