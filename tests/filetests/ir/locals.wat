;; Operands are forwarded until a local changes or control flow meets.
(module
  (func $swap (param $a i32) (param $b i32) (result i32 i32)
    (local.get $b)
    (local.get $a)
    (local.set $b)
    (local.set $a)
    (local.get $a)
    (local.get $b))

  (func $old_value (param $a i32) (result i32)
    (local.get $a)
    (local.set $a (i32.const 7))
    (i32.mul (local.get $a)))

  (func $retarget (param $a i64) (result i64) (local $x i64)
    (local.set $x (i64.add (local.get $a) (i64.const 1)))
    (local.tee $x (i64.shl (local.get $x) (i64.const 3)))
    (i64.xor (local.get $x)))

  (func $across_a_block (param $a i32) (result i32)
    (local.get $a)
    (i32.const 5)
    (if (local.get $a) (then (local.set $a (i32.const 0))))
    (i32.add)
    (i32.add (local.get $a)))

  (func $same (param $a i32)
    (local.set $a (local.get $a)))

  (func $constants (result f64)
    (drop (i64.const 0x7fffffffffffffff))
    (drop (i64.const -1))
    (f64.add (f64.const -1.5) (f64.const 1.0)))
)

;; IR, made by the test
;; func[0] $swap
;;   s0 i32 $a param
;;   s1 i32 $b param
;;   result i32 i32
;;   s2..s3 operands
;;     0  copy                 s2, s1                         ; 0x4
;;     1  copy                 s1, s0                         ; 0x4
;;     2  copy                 s0, s2                         ; 0x6
;;     3  copy                 s2, s0                         ; 0xc
;;     4  copy                 s3, s1                         ; 0xc
;;     5  return_many          2, s2...                       ; 0xc
;; func[1] $old_value
;;   s0 i32 $a param
;;   result i32
;;   s1..s2 operands
;;     0  copy                 s1, s0                         ; 0x11
;;     1  copy                 s0, #7                         ; 0x11
;;     2  i32.mul              s1, s1, s0                     ; 0x15
;;     3  return_one           s1                             ; 0x16
;; func[2] $retarget
;;   s0 i64 $a param
;;   s1 i64 $x
;;   result i64
;;   s2..s3 operands
;;     0  i64.add              s1, s0, #1                     ; 0x1b
;;     1  i64.shl              s1, s1, #3                     ; 0x22
;;     2  i64.xor              s2, s1, s1                     ; 0x27
;;     3  return_one           s2                             ; 0x28
;; func[3] $across_a_block
;;   s0 i32 $a param
;;   result i32
;;   s1..s3 operands
;;     0  copy                 s1, s0                         ; 0x2f
;;     1  br_unless            L2, s0                         ; 0x2f
;;     2  copy                 s0, #0                         ; 0x33
;;     3  L2:                                                 ; 0x35
;;     4  i32.add              s1, s1, #5                     ; 0x36
;;     5  i32.add              s1, s1, s0                     ; 0x39
;;     6  return_one           s1                             ; 0x3a
;; func[4] $same
;;   s0 i32 $a param
;;   s1..s1 operands
;;     0  return                                              ; 0x3f
;; func[5] $constants
;;   result f64
;;   s0..s1 operands
;;     0  f64.add              s0, #0xbff8000000000000, #0x3ff0000000000000 ; 0x61
;;     1  return_one           s0                             ; 0x62
