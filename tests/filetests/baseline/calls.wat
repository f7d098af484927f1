;; Calls: arguments stand in slots, one result is in a register.
(module
  (type $unary (func (param i32) (result i32)))
  (import "host" "log" (func $log (param i32)))
  (table $ops 4 funcref)
  (func $fib (param $n i32) (result i32)
    (if (result i32) (i32.lt_s (local.get $n) (i32.const 2))
      (then (local.get $n))
      (else
        (i32.add
          (call $fib (i32.sub (local.get $n) (i32.const 1)))
          (call $fib (i32.sub (local.get $n) (i32.const 2)))))))

  (func $others (param $i i32) (result i32)
    (call $log (local.get $i))
    (call_indirect $ops (type $unary) (call $fib (local.get $i)) (i32.const 3)))

  (func $tail (param $i i32) (result i32)
    (return_call $fib (i32.shl (local.get $i) (i32.const 1)))))

;; x86-64 code, made by the test
;; func 0 $fib
;;     0  cmp       rsp, qword ptr [r12]                     ; 0x5
;;     5  jb        0x62
;;     b  cmp       dword ptr [r13], 2                       ; 0x5
;;    10  jge       0x1f
;;    16  mov       r15, qword ptr [r13]                     ; 0x9
;;    1a  jmp       0x5e                                     ; 0x9
;;    1f  mov       r15, qword ptr [r13]                     ; 0xe
;;    23  sub       r15d, 1
;;    27  mov       qword ptr [r13 + 8], r15                 ; 0xf
;;    2b  add       r13, 8
;;    2f  call      0x0
;;    34  sub       r13, 8
;;    38  mov       r15, rax
;;    3b  mov       rax, qword ptr [r13]                     ; 0x15
;;    3f  sub       eax, 2
;;    42  mov       qword ptr [r13 + 0x10], rax
;;    46  mov       qword ptr [r13 + 8], r15                 ; 0x16
;;    4a  add       r13, 0x10
;;    4e  call      0x0
;;    53  sub       r13, 0x10
;;    57  mov       r15, qword ptr [r13 + 8]                 ; 0x18
;;    5b  add       r15d, eax
;;    5e  mov       rax, r15                                 ; 0x1a
;;    61  ret
;;    62  call      call_stack_exhausted
;; func 1 $others
;;     0  cmp       rsp, qword ptr [r12]                     ; 0x1d
;;     5  jb        0x84
;;     b  mov       rax, qword ptr [r13]                     ; 0x1d
;;     f  mov       qword ptr [r13 + 8], rax
;;    13  add       r13, 8                                   ; 0x1d
;;    17  mov       rax, qword ptr [r12 + 0x48]
;;    1c  call      qword ptr [rax + 0x28]
;;    1f  sub       r13, 8
;;    23  mov       rax, qword ptr [r13]                     ; 0x21
;;    27  mov       qword ptr [r13 + 8], rax
;;    2b  add       r13, 8                                   ; 0x21
;;    2f  call      qword ptr [entry 0]
;;    35  sub       r13, 8
;;    39  mov       qword ptr [r13 + 8], rax
;;    3d  mov       eax, 3                                   ; 0x25
;;    42  mov       rcx, qword ptr [r12 + 0x40]
;;    47  cmp       rax, qword ptr [rcx + 8]
;;    4b  jae       0x89
;;    51  mov       rcx, qword ptr [rcx]
;;    54  mov       rax, qword ptr [rcx + rax*8]
;;    58  test      rax, rax
;;    5b  je        0x8e
;;    61  cmp       dword ptr [rax + 0x38], type
;;    65  jne       0x93
;;    6b  add       r13, 8
;;    6f  mov       r10, qword ptr [rax + 0x28]
;;    73  cmp       qword ptr [rax + 0x20], r12
;;    77  cmove     r10, qword ptr [rax + 0x18]
;;    7c  call      r10
;;    7f  sub       r13, 8
;;    83  ret                                                ; 0x28
;;    84  call      call_stack_exhausted
;;    89  call      undefined_element
;;    8e  call      uninitialized_element
;;    93  call      indirect_call_type_mismatch
;; func 2 $tail
;;     0  cmp       rsp, qword ptr [r12]                     ; 0x2d
;;     5  jb        0x24
;;     b  mov       rax, qword ptr [r13]                     ; 0x2d
;;     f  shl       eax, 1
;;    12  mov       qword ptr [r13 + 8], rax
;;    16  mov       rcx, qword ptr [r13 + 8]                 ; 0x2e
;;    1a  mov       qword ptr [r13], rcx
;;    1e  jmp       qword ptr [entry 0]
;;    24  call      call_stack_exhausted
