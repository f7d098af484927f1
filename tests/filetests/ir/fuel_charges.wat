;; With fuel, each stretch of code charges for all of its instructions when it is entered.
(module
  (func $count (param $n i32) (result i32) (local $i i32)
    (loop $next
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (local.get $n))))
    (if (local.get $n) (then (call $nothing)))
    (local.get $i))
  (func $nothing)
)

;; IR, made by the test
;; func[0] $count
;;   s0 i32 $n param
;;   s1 i32 $i
;;   result i32
;;   s2..s3 operands
;;     0  fuel                 0                              ; 0x0
;;     1  L1:                  loop                           ; 0x0
;;     2  fuel                 8                              ; 0x0
;;     3  i32.add              s1, s1, #1                     ; 0x6
;;     4  br_if.i32.lt_u       L1, s1, s0                     ; 0xe
;;     5  fuel                 2                              ; 0xe
;;     6  br_unless            L3, s0                         ; 0x13
;;     7  fuel                 1                              ; 0x13
;;     8  call                 func[1] $nothing, s2...        ; 0x15
;;     9  L3:                                                 ; 0x17
;;    10  fuel                 1                              ; 0x17
;;    11  return_one           s1                             ; 0x1a
;; func[1] $nothing
;;     0  fuel                 0                              ; 0x1b
;;     1  return                                              ; 0x1b
