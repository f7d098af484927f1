;; A loop keeps its locals in registers. Parameters are loaded where they are first needed.
(module
  (memory 1)
  (func $sum (param $p i32) (param $end i32) (result i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (i32.load (local.get $p))))
      (br_if $next
        (i32.ne
          (local.tee $p (i32.add (local.get $p) (i32.const 4)))
          (local.get $end))))
    (local.get $sum))

  (func $axpy (param $n i32) (param $a f64)
    (local $i i32)
    (block $done
      (br_if $done (i32.eqz (local.get $n)))
      (loop $next
        (f64.store offset=4096 (local.get $i)
          (f64.add
            (f64.mul (local.get $a) (f64.load (local.get $i)))
            (f64.load offset=4096 (local.get $i))))
        (local.set $i (i32.add (local.get $i) (i32.const 8)))
        (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))))

;; x86-64 code, made by the test
;; func 0 $sum
;;     0  cmp       rsp, qword ptr [r12]                     ; 0x0
;;     5  jb        0x2d
;;     b  xor       edi, edi
;;     d  mov       r15, qword ptr [r13]                     ; 0x0
;;    11  mov       rsi, qword ptr [r13 + 8]
;;    15  mov       eax, dword ptr [r14 + r15]               ; 0x6
;;    1a  add       edi, eax                                 ; 0x9
;;    1c  add       r15d, 4                                  ; 0x10
;;    20  cmp       r15d, esi                                ; 0x16
;;    23  jne       0x15
;;    29  mov       rax, rdi                                 ; 0x1b
;;    2c  ret
;;    2d  call      call_stack_exhausted
;; func 1 $axpy
;;     0  cmp       rsp, qword ptr [r12]                     ; 0x21
;;     5  jb        0x55
;;     b  xor       r15d, r15d
;;     e  mov       rdi, qword ptr [r13]                     ; 0x21
;;    12  movsd     xmm2, qword ptr [r13 + 8]
;;    18  test      edi, edi
;;    1a  je        0x54
;;    20  movsd     xmm0, qword ptr [r14 + r15]              ; 0x2b
;;    27  mulsd     xmm0, xmm2                               ; 0x2e
;;    2b  movaps    xmm1, xmm0
;;    2e  movsd     xmm0, qword ptr [r14 + r15 + 0x1000]     ; 0x31
;;    38  addsd     xmm0, xmm1                               ; 0x35
;;    3c  movlps    qword ptr [r14 + r15 + 0x1000], xmm0     ; 0x36
;;    45  add       r15d, 8                                  ; 0x3e
;;    49  sub       edi, 1                                   ; 0x45
;;    4c  test      edi, edi                                 ; 0x48
;;    4e  jne       0x20
;;    54  ret                                                ; 0x4c
;;    55  call      call_stack_exhausted
