/* The ways between the thread's stack and the native stack, in assembly.

   Generated code has vm, fp, mem and acc in r12, r13, r14, rax or x20, x21, x22, x2, and its own
   stack pointer; C's callee-saved registers include vm, fp and mem. A stub that leads to C notes
   the native stack pointer in the Run and continues on the thread's stack, just below the
   innermost zwasm_enter.

   zwasm_enter returns 0, or a trap code when zwasm_trap_stub was reached meanwhile. Then
   Run.native is where the address of the trap is on the native stack.

   zwasm_cross_stub needs no check of the stack: what it calls checks, and where that leads out
   again there is slack enough for the two words. */

#include "native.h"

#if ZWASM_CODE

#define TEXT2(x) #x
#define TEXT(x) TEXT2(x)
#define CTX(name) TEXT(ABI_CTX_##name)
#define FUNC(name) TEXT(ABI_FUNC_##name)

#ifdef __APPLE__
#define SYMBOL(name) "_" name
#define START(name) ".globl _" name "\n.private_extern _" name "\n_" name ":\n"
/* One piece to the linker, with several entries. */
#define LABEL(name)                                                                                \
    ".globl _" name "\n.private_extern _" name "\n.alt_entry _" name "\n_" name ":\n"
#else
#define SYMBOL(name) name
#define START(name) ".globl " name "\n.hidden " name "\n" name ":\n"
#define LABEL START
#endif

/* Where an indirect branch may lead, for processors that check this. */
#ifdef __x86_64__
#define TARGET(name) LABEL(name) "endbr64\n"
#else
#define TARGET(name) LABEL(name) "hint #38\n" /* bti jc */
#endif

#ifdef __x86_64__

/* To C, with the native stack pointer as it is; run is left in r8. */
#define TO_C                                                                                       \
    "movq " CTX(STATE) "(%r12), %r8\n"                                                             \
    "movq %rsp, " TEXT(RUN_NATIVE) "(%r8)\n"                                                       \
    "movq %r12, %rdi\n"                                                                            \
    "movq " TEXT(RUN_C_STACK) "(%r8), %rsp\n"

#define FROM_C                                                                                     \
    "movq " CTX(STATE) "(%r12), %r8\n"                                                             \
    "movq " TEXT(RUN_NATIVE) "(%r8), %rsp\n"                                                       \
    "testl %eax, %eax\n"                                                                           \
    "jnz 9b\n"

__asm__(
    ".text\n"
    ".p2align 4\n"
    /* int zwasm_enter(entry: rdi, vm: rsi, fp: rdx, stack: rcx, run: r8) */
    START("zwasm_enter")
    "pushq %rbp\n"
    "pushq %rbx\n"
    "pushq %r12\n"
    "pushq %r13\n"
    "pushq %r14\n"
    "pushq %r15\n"
    "pushq " TEXT(RUN_C_STACK) "(%r8)\n"
    "movq %rsp, " TEXT(RUN_C_STACK) "(%r8)\n"
    "movq %rsi, %r12\n"
    "movq %rdx, %r13\n"
    "movq " TEXT(CTX_MEMORY) "(%rsi), %r14\n"
    "movq %rcx, %rsp\n"
    "call *%rdi\n"
    LABEL("zwasm_enter_return")
    "movq " CTX(STATE) "(%r12), %r8\n"
    "movq %rax, " TEXT(RUN_ACC) "(%r8)\n"
    "movups %xmm0, " TEXT(RUN_F) "(%r8)\n"
    "xorl %eax, %eax\n"
    "0:\n"
    "movq " TEXT(RUN_C_STACK) "(%r8), %rsp\n"
    "popq " TEXT(RUN_C_STACK) "(%r8)\n"
    "popq %r15\n"
    "popq %r14\n"
    "popq %r13\n"
    "popq %r12\n"
    "popq %rbx\n"
    "popq %rbp\n"
    "ret\n"
    /* The address is on the stack already, or pushed by the call. */
    TARGET("zwasm_trap_stub")
    LABEL("zwasm_trapped_stub")
    "9:\n"
    "movq " CTX(STATE) "(%r12), %r8\n"
    "movq %rsp, " TEXT(RUN_NATIVE) "(%r8)\n"
    "jmp 0b\n"

    ".p2align 4\n"
    TARGET("zwasm_helper_stub") /* at: rsi, x: edx, y: ecx */
    TO_C
    "call " SYMBOL("zwasm_call_helper") "\n"
    FROM_C
    "ret\n"

    ".p2align 4\n"
    TARGET("zwasm_host_stub") /* Func: rax */
    "movq %rax, %rsi\n"
    "movq %r13, %rdx\n"
    TO_C
    "call " SYMBOL("zwasm_call_host") "\n"
    FROM_C
    "movq " TEXT(RUN_ACC) "(%r8), %rax\n"
    "movups " TEXT(RUN_F) "(%r8), %xmm0\n"
    "ret\n"

    ".p2align 4\n"
    TARGET("zwasm_lazy_stub") /* called by a thunk: its return address is the thunk's end */
    "popq %rsi\n"
    "subq $5, %rsi\n"
    "movq %r13, %rdx\n"
    TO_C
    "call " SYMBOL("zwasm_call_lazy") "\n"
    FROM_C
    "jmp *" TEXT(RUN_ACC) "(%r8)\n"

    ".p2align 4\n"
    TARGET("zwasm_cross_stub") /* Func: rax */
    "movq " FUNC(CTX) "(%rax), %rcx\n"
    "cmpq %rcx, %r12\n"
    "je 2f\n"
    "1:\n"
    "pushq %r12\n"
    "movq %rcx, %r12\n"
    "movq " TEXT(CTX_MEMORY) "(%rcx), %r14\n"
    "call *" FUNC(ENTRY) "(%rax)\n"
    LABEL("zwasm_cross_return")
    "8:\n"
    "popq %r12\n"
    "movq " TEXT(CTX_MEMORY) "(%r12), %r14\n"
    "ret\n"
    "2:\n"
    "jmp *" FUNC(ENTRY) "(%rax)\n"

    ".p2align 4\n"
    TARGET("zwasm_tail_stub") /* Func: rax; the frame below may restore vm already */
    "movq " FUNC(CTX) "(%rax), %rcx\n"
    "cmpq %rcx, %r12\n"
    "je 2b\n"
    "leaq 8b(%rip), %rdx\n"
    "cmpq %rdx, (%rsp)\n"
    "jne 1b\n"
    "movq %rcx, %r12\n"
    "movq " TEXT(CTX_MEMORY) "(%rcx), %r14\n"
    "jmp *" FUNC(ENTRY) "(%rax)\n"

    ".p2align 4\n"
    /* int zwasm_switch(run: rdi, fp: rsi, call: rdx): call(run, fp) on the thread's stack */
    LABEL("zwasm_switch")
    "pushq %rbx\n"
    "movq %rsp, %rbx\n"
    "movq %rsp, " TEXT(RUN_NATIVE) "(%rdi)\n"
    "movq " TEXT(RUN_C_STACK) "(%rdi), %rsp\n"
    "call *%rdx\n"
    "movq %rbx, %rsp\n"
    "popq %rbx\n"
    "ret\n");

#else /* AArch64 */

/* To C, once x30 is on the native stack; run is left in x9. */
#define TO_C                                                                                       \
    "ldr x9, [x20, #" CTX(STATE) "]\n"                                                             \
    "mov x10, sp\n"                                                                                \
    "str x10, [x9, #" TEXT(RUN_NATIVE) "]\n"                                                       \
    "mov x0, x20\n"                                                                                \
    "ldr x10, [x9, #" TEXT(RUN_C_STACK) "]\n"                                                      \
    "mov sp, x10\n"

#define FROM_C                                                                                     \
    "ldr x9, [x20, #" CTX(STATE) "]\n"                                                             \
    "ldr x10, [x9, #" TEXT(RUN_NATIVE) "]\n"                                                       \
    "mov sp, x10\n"                                                                                \
    "mov w2, w0\n"                                                                                 \
    "cbnz w0, 9b\n"

__asm__(
    ".text\n"
    ".p2align 4\n"
    /* int zwasm_enter(entry: x0, vm: x1, fp: x2, stack: x3, run: x4) */
    START("zwasm_enter")
    "stp x29, x30, [sp, #-176]!\n"
    "mov x29, sp\n"
    "stp x19, x20, [sp, #16]\n"
    "stp x21, x22, [sp, #32]\n"
    "stp x23, x24, [sp, #48]\n"
    "stp x25, x26, [sp, #64]\n"
    "stp x27, x28, [sp, #80]\n"
    "stp d8, d9, [sp, #96]\n"
    "stp d10, d11, [sp, #112]\n"
    "stp d12, d13, [sp, #128]\n"
    "stp d14, d15, [sp, #144]\n"
    "ldr x5, [x4, #" TEXT(RUN_C_STACK) "]\n"
    "str x5, [sp, #160]\n"
    "mov x5, sp\n"
    "str x5, [x4, #" TEXT(RUN_C_STACK) "]\n"
    "mov x20, x1\n"
    "mov x21, x2\n"
    "ldr x22, [x1, #" TEXT(CTX_MEMORY) "]\n"
    "mov sp, x3\n"
    "blr x0\n"
    LABEL("zwasm_enter_return")
    "ldr x4, [x20, #" CTX(STATE) "]\n"
    "str x2, [x4, #" TEXT(RUN_ACC) "]\n"
    "str q0, [x4, #" TEXT(RUN_F) "]\n"
    "mov w0, #0\n"
    "0:\n"
    "ldr x5, [x4, #" TEXT(RUN_C_STACK) "]\n"
    "mov sp, x5\n"
    "ldr x5, [sp, #160]\n"
    "str x5, [x4, #" TEXT(RUN_C_STACK) "]\n"
    "ldp x19, x20, [sp, #16]\n"
    "ldp x21, x22, [sp, #32]\n"
    "ldp x23, x24, [sp, #48]\n"
    "ldp x25, x26, [sp, #64]\n"
    "ldp x27, x28, [sp, #80]\n"
    "ldp d8, d9, [sp, #96]\n"
    "ldp d10, d11, [sp, #112]\n"
    "ldp d12, d13, [sp, #128]\n"
    "ldp d14, d15, [sp, #144]\n"
    "ldp x29, x30, [sp], #176\n"
    "ret\n"
    TARGET("zwasm_trap_stub") /* called: the address is in x30 */
    "str x30, [sp, #-16]!\n"
    TARGET("zwasm_trapped_stub") /* the address is on the stack */
    "9:\n"
    "ldr x4, [x20, #" CTX(STATE) "]\n"
    "mov x5, sp\n"
    "str x5, [x4, #" TEXT(RUN_NATIVE) "]\n"
    "mov w0, w2\n"
    "b 0b\n"

    ".p2align 4\n"
    TARGET("zwasm_helper_stub") /* at: x1, x: w2, y: w3 */
    "str x30, [sp, #-16]!\n"
    TO_C
    "bl " SYMBOL("zwasm_call_helper") "\n"
    FROM_C
    "ldr x30, [sp], #16\n"
    "ret\n"

    ".p2align 4\n"
    TARGET("zwasm_host_stub") /* Func: x2 */
    "str x30, [sp, #-16]!\n"
    "mov x1, x2\n"
    "mov x2, x21\n"
    TO_C
    "bl " SYMBOL("zwasm_call_host") "\n"
    FROM_C
    "ldr x2, [x9, #" TEXT(RUN_ACC) "]\n"
    "ldr q0, [x9, #" TEXT(RUN_F) "]\n"
    "ldr x30, [sp], #16\n"
    "ret\n"

    ".p2align 4\n"
    TARGET("zwasm_lazy_stub") /* thunk: x16 */
    "str x30, [sp, #-16]!\n"
    "mov x1, x16\n"
    "mov x2, x21\n"
    TO_C
    "bl " SYMBOL("zwasm_call_lazy") "\n"
    FROM_C
    "ldr x16, [x9, #" TEXT(RUN_ACC) "]\n"
    "ldr x30, [sp], #16\n"
    "br x16\n"

    ".p2align 4\n"
    TARGET("zwasm_cross_stub") /* Func: x2 */
    "ldr x9, [x2, #" FUNC(CTX) "]\n"
    "ldr x16, [x2, #" FUNC(ENTRY) "]\n"
    "cmp x9, x20\n"
    "b.eq 2f\n"
    "1:\n"
    "stp x30, x20, [sp, #-16]!\n"
    "mov x20, x9\n"
    "ldr x22, [x9, #" TEXT(CTX_MEMORY) "]\n"
    "blr x16\n"
    LABEL("zwasm_cross_return")
    "8:\n"
    "ldp x30, x20, [sp], #16\n"
    "ldr x22, [x20, #" TEXT(CTX_MEMORY) "]\n"
    "ret\n"
    "2:\n"
    "br x16\n"

    ".p2align 4\n"
    TARGET("zwasm_tail_stub") /* Func: x2; the frame below may restore vm already */
    "ldr x9, [x2, #" FUNC(CTX) "]\n"
    "ldr x16, [x2, #" FUNC(ENTRY) "]\n"
    "cmp x9, x20\n"
    "b.eq 2b\n"
    "adr x10, 8b\n"
    "cmp x10, x30\n"
    "b.ne 1b\n"
    "mov x20, x9\n"
    "ldr x22, [x9, #" TEXT(CTX_MEMORY) "]\n"
    "br x16\n"

    ".p2align 4\n"
    /* int zwasm_switch(run: x0, fp: x1, call: x2): call(run, fp) on the thread's stack */
    LABEL("zwasm_switch")
    "stp x29, x30, [sp, #-32]!\n"
    "mov x29, sp\n"
    "str x19, [sp, #16]\n"
    "mov x19, sp\n"
    "str x19, [x0, #" TEXT(RUN_NATIVE) "]\n"
    "ldr x3, [x0, #" TEXT(RUN_C_STACK) "]\n"
    "mov sp, x3\n"
    "blr x2\n"
    "mov sp, x19\n"
    "ldr x19, [sp, #16]\n"
    "ldp x29, x30, [sp], #32\n"
    "ret\n");

#endif

#endif
