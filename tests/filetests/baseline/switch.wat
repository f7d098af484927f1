;; Jump tables, and branches that test and compare at once.
(module
  (func $choose (param $i i32) (result i32)
    (block $two
      (block $one
        (block $zero
          (br_table $zero $one $two (local.get $i)))
        (return (i32.const 10)))
      (return (i32.const 20)))
    (i32.const 30))

  (func $clamp (param $x f64) (result f64)
    (if (f64.lt (local.get $x) (f64.const 0)) (then (return (f64.const 0.5))))
    (select (f64.const 100) (local.get $x) (f64.gt (local.get $x) (f64.const 100))))

  (func $quotient (param $x i64) (param $y i64) (result i64)
    (if (result i64) (i64.eqz (local.get $y))
      (then (i64.const 0x123456789abcdef))
      (else (i64.div_s (local.get $x) (local.get $y))))))

;; x86-64 code, made by the test
;; func 0 $choose
;;     0  cmp       rsp, qword ptr [r12]                     ; 0x8
;;     5  jb        0x4a
;;     b  mov       rax, qword ptr [r13]                     ; 0x8
;;     f  mov       r10d, 2
;;    15  cmp       eax, r10d
;;    18  cmovae    eax, r10d
;;    1c  lea       r10, [0x2c]
;;    23  movsxd    rax, dword ptr [r10 + rax*4]
;;    27  add       rax, r10
;;    2a  jmp       rax
;;    2c  .case     0x38
;;    30  .case     0x3e
;;    34  .case     0x44
;;    38  mov       eax, 0xa                                 ; 0x10
;;    3d  ret
;;    3e  mov       eax, 0x14                                ; 0x14
;;    43  ret
;;    44  mov       eax, 0x1e                                ; 0x18
;;    49  ret
;;    4a  call      call_stack_exhausted
;; func 1 $clamp
;;     0  cmp       rsp, qword ptr [r12]                     ; 0x25
;;     5  jb        0x53
;;     b  movsd     xmm1, qword ptr [r13]                    ; 0x25
;;    11  movsd     xmm0, qword ptr [0x58]
;;    19  ucomisd   xmm0, xmm1
;;    1d  jbe       0x2c
;;    23  movsd     xmm0, qword ptr [0x60]                   ; 0x30
;;    2b  ret
;;    2c  movaps    xmm0, xmm1                               ; 0x48
;;    2f  xor       eax, eax
;;    31  ucomisd   xmm0, qword ptr [0x68]
;;    39  seta      al
;;    3c  movsd     xmm0, qword ptr [0x68]                   ; 0x49
;;    44  movaps    xmm7, xmm1
;;    47  test      eax, eax
;;    49  jne       0x52
;;    4f  movaps    xmm0, xmm7
;;    52  ret                                                ; 0x4a
;;    53  call      call_stack_exhausted
;;    58  .quad     0x0
;;    60  .quad     0x3fe0000000000000
;;    68  .quad     0x4059000000000000
;; func 2 $quotient
;;     0  cmp       rsp, qword ptr [r12]                     ; 0x4e
;;     5  jb        0x5f
;;     b  cmp       qword ptr [r13 + 8], 0                   ; 0x4e
;;    10  jne       0x25
;;    16  movabs    r15, 0x123456789abcdef                   ; 0x5a
;;    20  jmp       0x5b                                     ; 0x5a
;;    25  mov       rax, qword ptr [r13]                     ; 0x5f
;;    29  mov       r10, qword ptr [r13 + 8]
;;    2d  test      r10, r10
;;    30  je        0x64
;;    36  mov       rcx, rdx
;;    39  mov       rdx, rax
;;    3c  btc       rdx, 0x3f
;;    41  mov       rbx, r10
;;    44  not       rbx
;;    47  or        rbx, rdx
;;    4a  je        0x69
;;    50  cqo
;;    52  idiv      r10
;;    55  mov       rdx, rcx
;;    58  mov       r15, rax
;;    5b  mov       rax, r15                                 ; 0x61
;;    5e  ret
;;    5f  call      call_stack_exhausted
;;    64  call      integer_divide_by_zero
;;    69  call      integer_overflow
