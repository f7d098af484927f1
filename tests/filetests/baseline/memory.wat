;; Accesses of memory 0 rely on its guard; others check their address.
(module
  (memory $first 1)
  (memory $second 1)
  (func $bytes (param $p i32) (param $q i32)
    (i32.store8 offset=1 (local.get $p) (i32.load8_s offset=3 (local.get $q))))

  (func $far_offset (param $p i32) (result i64)
    (i64.load offset=0x90000000 (local.get $p)))

  (func $second_memory (param $p i32) (param $x f32)
    (f32.store $second offset=8 (local.get $p) (local.get $x)))

  (func $fill (param $p i32) (result i32)
    (memory.fill (local.get $p) (i32.const 0) (i32.const 16))
    (memory.grow (i32.const 1))))

;; x86-64 code, made by the test
;; func 0 $bytes
;;     0  cmp       rsp, qword ptr [r12]                     ; 0x4
;;     5  jb        0x1f
;;     b  mov       rax, qword ptr [r13 + 8]                 ; 0x4
;;     f  movsx     eax, byte ptr [r14 + rax + 3]
;;    15  mov       rcx, qword ptr [r13]                     ; 0x7
;;    19  mov       byte ptr [r14 + rcx + 1], al
;;    1e  ret                                                ; 0xa
;;    1f  call      call_stack_exhausted
;; func 1 $far_offset
;;     0  cmp       rsp, qword ptr [r12]                     ; 0xd
;;     5  jb        0x49
;;     b  mov       rax, qword ptr [r13]                     ; 0xd
;;     f  movabs    r10, 0x90000000
;;    19  add       r10, rax
;;    1c  jb        0x4e
;;    22  add       r10, 8
;;    26  jb        0x53
;;    2c  mov       rax, qword ptr [r12 + 0x40]
;;    31  cmp       r10, qword ptr [rax + 8]
;;    35  ja        0x58
;;    3b  mov       rax, qword ptr [rax]
;;    3e  add       rax, r10
;;    41  add       rax, -8
;;    45  mov       rax, qword ptr [rax]
;;    48  ret                                                ; 0x14
;;    49  call      call_stack_exhausted
;;    4e  call      out_of_bounds_memory_access
;;    53  call      out_of_bounds_memory_access
;;    58  call      out_of_bounds_memory_access
;; func 2 $second_memory
;;     0  cmp       rsp, qword ptr [r12]                     ; 0x19
;;     5  jb        0x3f
;;     b  movsd     xmm0, qword ptr [r13 + 8]                ; 0x19
;;    11  mov       rax, qword ptr [r13]
;;    15  add       rax, 0xc
;;    1b  jb        0x44
;;    21  mov       r10, qword ptr [r12 + 0x48]
;;    26  cmp       rax, qword ptr [r10 + 8]
;;    2a  ja        0x49
;;    30  mov       r10, qword ptr [r10]
;;    33  add       rax, r10
;;    36  add       rax, -4
;;    3a  movss     dword ptr [rax], xmm0
;;    3e  ret                                                ; 0x1d
;;    3f  call      call_stack_exhausted
;;    44  call      out_of_bounds_memory_access
;;    49  call      out_of_bounds_memory_access
;; func 3 $fill
;;     0  cmp       rsp, qword ptr [r12]                     ; 0x24
;;     5  jb        0x59
;;     b  mov       rax, qword ptr [r13]                     ; 0x24
;;     f  mov       qword ptr [r13 + 8], rax
;;    13  mov       qword ptr [r13 + 0x10], 0                ; 0x24
;;    1b  mov       qword ptr [r13 + 0x18], 0x10             ; 0x24
;;    23  lea       rsi, [r13 + 8]                           ; 0x24
;;    27  mov       edx, 0
;;    2c  mov       ecx, 1
;;    31  call      qword ptr [r12 + 0x28]
;;    36  nop
;;    37  mov       eax, 1                                   ; 0x29
;;    3c  mov       qword ptr [r13 + 0x20], rax
;;    40  lea       rsi, [r13 + 0x20]
;;    44  mov       edx, 0x40
;;    49  mov       ecx, 7
;;    4e  call      qword ptr [r12 + 0x28]
;;    53  nop
;;    54  mov       rax, qword ptr [r13 + 0x20]
;;    58  ret                                                ; 0x2b
;;    59  call      call_stack_exhausted
