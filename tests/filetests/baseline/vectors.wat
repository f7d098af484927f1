;; Vectors share the registers of floats. Locals are hot in loops, constants stand behind the code,
;; a shuffle is one instruction where its lanes are a pattern, else looks up its constants.
(module
  (memory 1)
  (func $axpy (param $n i32) (param $a f32) (local $i i32) (local $v v128)
    (local.set $v (f32x4.splat (local.get $a)))
    (loop $next
      (v128.store offset=4096 (local.get $i)
        (f32x4.add
          (f32x4.mul (local.get $v) (v128.load (local.get $i)))
          (v128.load offset=4096 (local.get $i))))
      (local.set $i (i32.add (local.get $i) (i32.const 16)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))

  (func $sum (param $p i32) (param $end i32) (result i32) (local $s v128)
    (loop $next
      (local.set $s
        (i32x4.add (local.get $s)
          (v128.and (v128.load (local.get $p)) (v128.const i32x4 1 2 3 4))))
      (br_if $next
        (i32.ne (local.tee $p (i32.add (local.get $p) (i32.const 16))) (local.get $end))))
    (i32.add
      (i32x4.extract_lane 0 (local.get $s))
      (i32x4.extract_lane 3 (local.get $s))))

  (func $lanes (param $a v128) (param $b v128) (param $n i32) (result v128)
    (i64x2.shl
      (i8x16.shuffle 0 16 1 17 2 18 3 19 4 20 5 21 6 22 7 23
        (i8x16.shuffle 15 14 13 12 11 10 9 8 7 6 5 4 3 2 1 0 (local.get $a) (local.get $a))
        (call $pass (local.get $b)))
      (local.get $n)))

  (func $pass (param v128) (result v128)
    (select (result v128) (local.get 0) (v128.const i64x2 0 0) (v128.any_true (local.get 0)))))

;; x86-64 code, made by the test
;; func 0 $axpy
;;     0  cmp       rsp, qword ptr [r12]                     ; 0x2
;;     5  jb        0x53
;;     b  xor       r15d, r15d
;;     e  xorps     xmm1, xmm1
;;    11  movsd     xmm0, qword ptr [r13 + 8]                ; 0x2
;;    17  shufps    xmm0, xmm0, 0
;;    1b  movaps    xmm1, xmm0
;;    1e  mov       rdi, qword ptr [r13]                     ; 0x6
;;    22  movups    xmm0, xmmword ptr [r14 + r15]            ; 0xe
;;    28  mulps     xmm0, xmm1                               ; 0x12
;;    2b  movaps    xmm2, xmm0
;;    2e  movups    xmm0, xmmword ptr [r14 + r15 + 0x1000]   ; 0x17
;;    37  addps     xmm0, xmm2                               ; 0x1c
;;    3a  movups    xmmword ptr [r14 + r15 + 0x1000], xmm0   ; 0x1f
;;    43  add       r15d, 0x10                               ; 0x28
;;    47  sub       edi, 1                                   ; 0x2f
;;    4a  test      edi, edi                                 ; 0x32
;;    4c  jne       0x22
;;    52  ret                                                ; 0x35
;;    53  call      call_stack_exhausted
;; func 1 $sum
;;     0  cmp       rsp, qword ptr [r12]                     ; 0x36
;;     5  jb        0x47
;;     b  xorps     xmm1, xmm1
;;     e  mov       r15, qword ptr [r13]                     ; 0x36
;;    12  mov       rdi, qword ptr [r13 + 8]
;;    16  movups    xmm0, xmmword ptr [r14 + r15]            ; 0x3c
;;    1c  movups    xmm7, xmmword ptr [0x50]                 ; 0x52
;;    23  andps     xmm0, xmm7
;;    26  paddd     xmm1, xmm0                               ; 0x54
;;    2a  add       r15d, 0x10                               ; 0x5d
;;    2e  cmp       r15d, edi                                ; 0x63
;;    31  jne       0x16
;;    37  movd      eax, xmm1                                ; 0x68
;;    3b  mov       rsi, rax
;;    3e  extractps eax, xmm1, 3                             ; 0x6d
;;    44  add       eax, esi                                 ; 0x70
;;    46  ret                                                ; 0x71
;;    47  call      call_stack_exhausted
;;    50  .quad     0x200000001
;;    58  .quad     0x400000003
;; func 2 $lanes
;;     0  cmp       rsp, qword ptr [r12]                     ; 0x76
;;     5  jb        0x56
;;     b  movups    xmm0, xmmword ptr [r13]                  ; 0x76
;;    10  movdqu    xmm7, xmmword ptr [0x60]
;;    18  pshufb    xmm0, xmm7
;;    1d  movups    xmmword ptr [r13 + 0x28], xmm0
;;    22  movups    xmm0, xmmword ptr [r13 + 0x10]           ; 0x8a
;;    27  movups    xmmword ptr [r13 + 0x38], xmm0
;;    2c  add       r13, 0x38                                ; 0x8a
;;    30  call      qword ptr [entry 3]
;;    36  sub       r13, 0x38
;;    3a  movaps    xmm7, xmm0                               ; 0x8c
;;    3d  movups    xmm0, xmmword ptr [r13 + 0x28]
;;    42  punpcklbw xmm0, xmm7
;;    46  mov       rax, qword ptr [r13 + 0x20]              ; 0xa0
;;    4a  and       eax, 0x3f
;;    4d  movd      xmm7, eax
;;    51  psllq     xmm0, xmm7
;;    55  ret                                                ; 0xa3
;;    56  call      call_stack_exhausted
;;    60  .quad     0x8090a0b0c0d0e0f
;;    68  .quad     0x1020304050607
;; func 3 $pass
;;     0  cmp       rsp, qword ptr [r12]                     ; 0xba
;;     5  jb        0x2c
;;     b  movups    xmm1, xmmword ptr [r13]                  ; 0xba
;;    10  xor       eax, eax
;;    12  ptest     xmm1, xmm1
;;    17  setne     al
;;    1a  movaps    xmm0, xmm1                               ; 0xbc
;;    1d  xorps     xmm7, xmm7
;;    20  test      eax, eax
;;    22  jne       0x2b
;;    28  movaps    xmm0, xmm7
;;    2b  ret                                                ; 0xbf
;;    2c  call      call_stack_exhausted
