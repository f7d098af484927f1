;; With fuel, each stretch of code charges for all of its instructions when it is entered.
(module
  (func $count (param $n i32) (result i32) (local $i i32)
    (loop $next
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (local.get $n))))
    (local.get $i)))

;; x86-64 code, made by the test
;; func 0 $count
;;     0  cmp       rsp, qword ptr [r12]                     ; 0x0
;;     5  jb        0x50
;;     b  xor       r15d, r15d
;;     e  mov       r10, qword ptr [r12 + 8]                 ; 0x0
;;    13  sub       qword ptr [r10], 0
;;    17  js        0x55
;;    1d  mov       rdi, qword ptr [r13]                     ; 0x0
;;    21  mov       r10, qword ptr [r12 + 8]                 ; 0x0
;;    26  sub       qword ptr [r10], 8
;;    2a  js        0x5a
;;    30  add       r15d, 1                                  ; 0x6
;;    34  cmp       r15d, edi                                ; 0xe
;;    37  jb        0x21
;;    3d  mov       r10, qword ptr [r12 + 8]                 ; 0xe
;;    42  sub       qword ptr [r10], 1
;;    46  js        0x5f
;;    4c  mov       rax, r15                                 ; 0x13
;;    4f  ret
;;    50  call      call_stack_exhausted
;;    55  call      out_of_fuel
;;    5a  call      out_of_fuel
;;    5f  call      out_of_fuel
