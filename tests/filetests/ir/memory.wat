;; Loads, stores, bulk operations and tables: arguments of bulk operations and calls stand in
;; consecutive slots.
(module
  (memory $m 1)
  (memory $n i64 1)
  (table $t 2 funcref)
  (type $f (func (param i32 i32) (result i32)))
  (elem $e func $accesses)
  (data $d "abc")

  (func $accesses (param $p i32) (param $v f64)
    (f64.store offset=8 (local.get $p) (f64.add (local.get $v) (f64.load (local.get $p))))
    (i64.store32 $n offset=0x100000000 (i64.const 1) (i64.load8_s $n (i64.const 2))))

  (func $bulk (param $p i32)
    (memory.copy $m $m (local.get $p) (i32.const 0) (i32.const 16))
    (memory.fill $n (i64.const 0) (local.get $p) (i64.const 9))
    (memory.init $m $d (i32.const 0) (i32.const 1) (i32.const 2))
    (data.drop $d)
    (drop (memory.grow $m (memory.size $m))))

  (func $tables (param $i i32)
    (table.set $t (local.get $i) (ref.func $accesses))
    (drop (ref.is_null (table.get $t (local.get $i))))
    (table.init $t $e (i32.const 0) (local.get $i) (i32.const 1))
    (elem.drop $e)
    (drop (table.grow $t (ref.null func) (table.size $t))))

  (func $calls (param $i i32) (result i32)
    (call_indirect $t (type $f) (local.get $i) (i32.const 2) (local.get $i)))

  (func $tail (param $i i32) (result i32)
    (return_call_indirect $t (type $f) (i32.const 1) (local.get $i) (i32.const 0)))

  (func $reference (param $r (ref null $f)) (result i32)
    (block $null
      (return (call_ref $f (i32.const 1) (i32.const 2) (br_on_null $null (local.get $r)))))
    (select (i32.const 1) (i32.const 2) (ref.is_null (local.get $r))))
)

;; IR, made by the test
;; func[0] $accesses
;;   s0 i32 $p param
;;   s1 f64 $v param
;;   s2..s4 operands
;;     0  f64.load             s4, s0                         ; 0x6
;;     1  f64.add              s3, s1, s4                     ; 0x9
;;     2  f64.store            s0, s3, offset=8               ; 0xa
;;     3  i64.load8_s          s3, #2, memory=1               ; 0x11
;;     4  i64.store32          #1, s3, offset=4294967296, memory=1 ; 0x15
;;     5  return                                              ; 0x1d
;; func[1] $bulk
;;   s0 i32 $p param
;;   s1..s3 operands
;;     0  copy                 s1, s0                         ; 0x24
;;     1  copy                 s2, #0                         ; 0x24
;;     2  copy                 s3, #16                        ; 0x24
;;     3  memory.copy          s1...                          ; 0x24
;;     4  copy                 s1, #0                         ; 0x2e
;;     5  copy                 s2, s0                         ; 0x2e
;;     6  copy                 s3, #9                         ; 0x2e
;;     7  memory.fill          s1..., memory=1                ; 0x2e
;;     8  copy                 s1, #0                         ; 0x37
;;     9  copy                 s2, #1                         ; 0x37
;;    10  copy                 s3, #2                         ; 0x37
;;    11  memory.init          s1..., data=0                  ; 0x37
;;    12  data.drop            data=0                         ; 0x3b
;;    13  memory.size          s1                             ; 0x3e
;;    14  memory.grow          s1, s1                         ; 0x40
;;    15  return                                              ; 0x43
;; func[2] $tables
;;   s0 i32 $i param
;;   s1..s3 operands
;;     0  ref.func             s2, func[0] $accesses          ; 0x46
;;     1  table.set            s0, s2                         ; 0x48
;;     2  table.get            s1, s0                         ; 0x4c
;;     3  ref.is_null          s1, s1                         ; 0x4e
;;     4  copy                 s1, #0                         ; 0x56
;;     5  copy                 s2, s0                         ; 0x56
;;     6  copy                 s3, #1                         ; 0x56
;;     7  table.init           s1..., elem=0                  ; 0x56
;;     8  elem.drop            elem=0                         ; 0x5a
;;     9  ref.null             s1                             ; 0x5d
;;    10  table.size           s2                             ; 0x5f
;;    11  table.grow           s1, s1, s2                     ; 0x62
;;    12  return                                              ; 0x66
;; func[3] $calls
;;   s0 i32 $i param
;;   result i32
;;   s1..s3 operands
;;     0  copy                 s1, s0                         ; 0x6d
;;     1  copy                 s2, #2                         ; 0x6d
;;     2  call_indirect        type=0, s0, s1...              ; 0x6d
;;     3  return_one           s1                             ; 0x70
;; func[4] $tail
;;   s0 i32 $i param
;;   result i32
;;   s1..s3 operands
;;     0  copy                 s1, #1                         ; 0x77
;;     1  copy                 s2, s0                         ; 0x77
;;     2  return_call_indirect type=0, #0, s1...              ; 0x77
;; func[5] $reference
;;   s0 (ref null 0) $r param
;;   result i32
;;   s1..s3 operands
;;     0  br_on_null           L1, s0                         ; 0x83
;;     1  copy                 s1, #1                         ; 0x85
;;     2  copy                 s2, #2                         ; 0x85
;;     3  call_ref             type=0, s0, s1...              ; 0x85
;;     4  return_one           s1                             ; 0x87
;;     5  L1:                                                 ; 0x88
;;     6  ref.is_null          s3, s0                         ; 0x8f
;;     7  select               s1, #1, #2, s3                 ; 0x90
;;     8  return_one           s1                             ; 0x91
