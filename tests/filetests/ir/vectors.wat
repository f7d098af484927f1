(module (memory 1)
 (func $f (param i32 v128 i32) (result v128) (local v128 i64)
   (local.set 3 (i32x4.add (local.get 1) (v128.load (local.get 0))))
   (block (result v128)
     (br_if 0 (local.get 3) (local.get 2))
     (drop)
     (select (local.get 1) (local.get 3) (local.get 0)))
   (i32x4.mul (local.get 3)))
 (func (result v128 i32)
   (call $f (i32.const 1) (v128.const i32x4 1 2 3 4) (i32.const 3))
   (i32x4.extract_lane 2 (v128.const i32x4 1 2 3 4)))
 (func (param v128) (result v128) (i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 31 (local.get 0) (local.get 0))))

;; IR, made by the test
;; func[0] $f
;;   s0 i32 param
;;   s1 v128 param
;;   s3 i32 param
;;   s4 v128
;;   s6 i64
;;   result v128
;;   s7..s11 operands
;;     0  v128.load            s9, s0                         ; 0x4
;;     1  i32x4.add            s4, s1, s9                     ; 0x8
;;     2  br_unless            L2, s3                         ; 0x13
;;     3  copy_v128            s7, s4                         ; 0x13
;;     4  br                   L1                             ; 0x13
;;     5  L2:                                                 ; 0x13
;;     6  select_v128          s7, s1, s4, s0                 ; 0x1c
;;     7  L1:                                                 ; 0x1d
;;     8  i32x4.mul            s7, s7, s4                     ; 0x20
;;     9  return_one           s7                             ; 0x23
;; func[1]
;;   result v128 i32
;;   s0..s3 operands
;;     0  copy                 s0, #1                         ; 0x3a
;;     1  copy_v128            s1, #0x4000000030000000200000001 ; 0x3a
;;     2  copy                 s3, #3                         ; 0x3a
;;     3  call                 func[0] $f, s0...              ; 0x3a
;;     4  i32x4.extract_lane   s2, #0x4000000030000000200000001, lane=2 ; 0x4e
;;     5  return_many          3, s0...                       ; 0x51
;; func[2]
;;   s0 v128 param
;;   result v128
;;   s2..s5 operands
;;     0  i8x16.shuffle        s2, s0, s0, pool=0             ; 0x56
;;     1  return_one           s2                             ; 0x68
