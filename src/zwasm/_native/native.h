/* What the C files of zwasm._native share.

   Generated code runs on a stack of its own, which a State has; C and Python always run on the
   thread's stack. `zwasm_enter` (stubs.c) leads in, the stubs lead out and back. */

#ifndef ZWASM_NATIVE_H
#define ZWASM_NATIVE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>

#include "abi.h"

#if (defined(__x86_64__) || defined(__aarch64__)) && (defined(__linux__) || defined(__APPLE__)) && \
    defined(__GNUC__) && UINTPTR_MAX == 0xFFFFFFFFFFFFFFFF && !defined(Py_GIL_DISABLED) &&        \
    !defined(PYPY_VERSION)
#define ZWASM_CODE 1 /* code can run here */
#else
#define ZWASM_CODE 0
#endif

#if ZWASM_CODE
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#endif

#ifdef __GNUC__
#pragma GCC visibility push(hidden)
#endif

extern PyTypeObject zwasm_LeaseType, zwasm_ExporterType; /* exporter.c */

#if ZWASM_CODE

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

/* Bytes of a frame of cost 1 on the native stack. */
#ifdef __x86_64__
#define FRAME_SIZE 8
#else
#define FRAME_SIZE 16
#endif

/* At least what one frame may have: as many locals and operands as zwasm.limits allows, vectors. */
#define FRAME_SLOTS 2200000

enum { REQUEST_POLL = 1, REQUEST_SAMPLE = 2 };
enum { LEAF_NONE, LEAF_COMPILE, LEAF_HOST }; /* see sample.c */

/* What the monitor (monitor.c) sees of a State. Records are recycled and never freed, so that it
   can read them without a lock. Only the thread that runs writes, but for `request`, `interrupted`,
   `ticks` and the last three, which are the monitor's own. */
typedef struct Record {
    struct Record *next;         /* of all records */
    struct Record *free;         /* of those that no State has */
    atomic_int active;           /* an activation of generated code goes on */
    atomic_int inside;           /* it is in generated code, not in C or Python */
    atomic_int released;         /* it runs without the GIL */
    atomic_int request;          /* REQUEST_..: what shall happen soon */
    atomic_int interrupted;      /* it shall trap */
    atomic_uint epoch;           /* counts outermost activations */
    atomic_llong deadline;       /* when it shall trap (zwasm_now), 0: never */
    atomic_int main;             /* it runs in the main thread */
    atomic_uintptr_t thread;     /* for zwasm_signal */
    atomic_int ticks;            /* of the profiler, that no sample counts for yet */
    unsigned seen;               /* epoch */
    int64_t since;               /* when the epoch or `released` was last seen to change */
    int64_t last;                /* when a poll was last asked for in the main thread */
} Record;

/* The C structure that CTX_STATE points to. The offsets of the first fields are below. */
typedef struct {
    int64_t fuel;
    char *c_stack;        /* stack pointer of the innermost zwasm_enter, a multiple of 16 */
    char *native;         /* native stack pointer while C or Python runs */
    uint64_t acc;         /* acc and f of what returns or returned */
    uint64_t f[2];
    Record *record;
    PyThreadState *thread_state; /* of the activation, while it runs without the GIL */
    unsigned long owner;  /* thread that runs, 0: none; guarded by the GIL, like what follows */
    uint64_t *free;       /* first slot that the next activation may use */
    uint64_t *slots_end;
    char *native_limit;   /* CTX_LIMIT */
    char *native_top;
    char *region;         /* of both stacks, NULL until there is a context */
    size_t region_size;
    int64_t depth;        /* frames in use while C or Python runs */
    int64_t max_depth;
    int64_t activations;
    double timeout;       /* negative: none */
    int metered;
    PyObject **pins;      /* references that generated code may hold and nobody else */
    size_t pin_count, pin_room, pin_limit;
} Run;

#define RUN_C_STACK 8
#define RUN_NATIVE 16
#define RUN_ACC 24
#define RUN_F 32

typedef struct {
    PyObject_HEAD
    Run run;
    PyObject *weakrefs;
} State;

typedef struct {
    PyObject_HEAD
    char *base; /* the C structure: base, size */
    uint64_t size;
    uint64_t reserved, guard;
} LinearMemory;

typedef struct {
    PyObject_HEAD
    PyObject **items; /* the C structure: items, size; NULL is None */
    uint64_t size;
    PyObject *block; /* bytes object that holds the items, with room */
    State *state;
} Refs;

typedef struct Context Context;

typedef struct {
    PyObject_HEAD
    char reference;
    uint64_t own[2];
    uint64_t *place; /* `own`, or in `context` */
    Context *context;
    State *state;
} Cell;

/* A range of code addresses, for signal handlers; recycled and never freed (trap.c). */
typedef struct {
    atomic_uintptr_t start; /* first code */
    atomic_uintptr_t end;   /* 0: not in use */
    atomic_uintptr_t base;  /* of the mapping, of which the code is the end */
    atomic_int writing;     /* pages are not executable just now */
} Range;

typedef struct {
    PyObject_HEAD
    char *base;
    size_t size;
    uint64_t *entries; /* addresses */
    Py_ssize_t functions;
    size_t start, used;
    Range *range;
    PyObject *compile;
} Code;

typedef struct Func Func;

/* What vm points to; what follows are the offsets from CTX_VARIABLE on. */
typedef struct {
    char *limit;
    Run *state;
    PyObject **funcs;
    void *lazy;
    void *trap;
    void *helper;
    char *memory; /* first byte of memory 0 */
    Context *object;
} Vm;

#define CTX_MEMORY 48

struct Context {
    PyObject_HEAD
    Vm *vm;
    size_t size;
    State *state;
    Code *code;
    PyObject *owner, *operation;
    PyObject *funcs, *tables, *memories, *cells; /* lists, for helpers and to keep them */
    PyObject *kept;                              /* list: targets of pointers */
    Func **own; /* borrowed, by index of the module's own functions */
};

struct Func {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    void *entry;
    Vm *vm; /* 0: not attached, called by hooks */
    void *cross;
    void *tail;
    int64_t type_id;
    Context *context;
    Py_ssize_t own; /* index of the module's own function */
    uint8_t *types; /* of parameters, then results */
    uint32_t params, results;
    uint32_t slots; /* that parameters or results take, whichever are more */
    int64_t *ancestors;
    size_t ancestor_count;
    State *state;
    PyObject *host, *type, *store, *instance, *code, *name;
    Py_ssize_t index;
    char caller;
};

/* Types of values in `types`; see _native.pyi. */
enum { I32 = 0x7F, I64 = 0x7E, F32 = 0x7D, F64 = 0x7C, V128 = 0x7B, ANY = 1, OTHER = 2 };

_Static_assert(offsetof(Run, fuel) == ABI_STATE_FUEL, "abi");
_Static_assert(offsetof(Run, c_stack) == RUN_C_STACK, "asm");
_Static_assert(offsetof(Run, native) == RUN_NATIVE, "asm");
_Static_assert(offsetof(Run, acc) == RUN_ACC, "asm");
_Static_assert(offsetof(Run, f) == RUN_F, "asm");
_Static_assert(offsetof(LinearMemory, base) - offsetof(LinearMemory, base) == ABI_MEMORY_BASE, "abi");
_Static_assert(offsetof(LinearMemory, size) - offsetof(LinearMemory, base) == ABI_MEMORY_SIZE, "abi");
_Static_assert(offsetof(Refs, items) - offsetof(Refs, items) == ABI_TABLE_ITEMS, "abi");
_Static_assert(offsetof(Refs, size) - offsetof(Refs, items) == ABI_TABLE_SIZE, "abi");
_Static_assert(offsetof(Vm, limit) == ABI_CTX_LIMIT, "abi");
_Static_assert(offsetof(Vm, state) == ABI_CTX_STATE, "abi");
_Static_assert(offsetof(Vm, funcs) == ABI_CTX_FUNCS, "abi");
_Static_assert(offsetof(Vm, lazy) == ABI_CTX_LAZY, "abi");
_Static_assert(offsetof(Vm, trap) == ABI_CTX_TRAP, "abi");
_Static_assert(offsetof(Vm, helper) == ABI_CTX_HELPER, "abi");
_Static_assert(offsetof(Vm, memory) == CTX_MEMORY, "asm");
_Static_assert(sizeof(Vm) <= ABI_CTX_VARIABLE, "abi");
_Static_assert(offsetof(Func, entry) == ABI_FUNC_ENTRY, "abi");
_Static_assert(offsetof(Func, vm) == ABI_FUNC_CTX, "abi");
_Static_assert(offsetof(Func, cross) == ABI_FUNC_CROSS, "abi");
_Static_assert(offsetof(Func, tail) == ABI_FUNC_TAIL, "abi");
_Static_assert(offsetof(Func, type_id) == ABI_FUNC_TYPE_ID, "abi");
_Static_assert(ABI_SLOT_SIZE == 8 && sizeof(PyObject *) == 8 && sizeof(void *) == 8, "abi");

extern PyTypeObject zwasm_StateType, zwasm_LinearMemoryType, zwasm_RefsType, zwasm_CellType,
    zwasm_CodeType, zwasm_ContextType, zwasm_FuncType;

/* Set by set_hooks. */
typedef struct {
    PyObject *call, *argument, *result, *results, *wrong_count, *unwind, *exhausted;
} Hooks;
extern Hooks zwasm_hooks;

/* stubs.c */
int zwasm_enter(void *entry, Vm *vm, uint64_t *fp, char *stack, Run *run);
int zwasm_switch(Run *run, uint64_t *fp, int (*call)(Run *run, uint64_t *fp));
extern char zwasm_enter_return[], zwasm_cross_return[];
extern char zwasm_trap_stub[], zwasm_trapped_stub[], zwasm_helper_stub[], zwasm_lazy_stub[],
    zwasm_host_stub[], zwasm_cross_stub[], zwasm_tail_stub[];

/* Called by the stubs, on the thread's stack. They return 0 or a trap code. */
__attribute__((used)) int zwasm_call_host(Vm *vm, Func *func, uint64_t *fp);
__attribute__((used)) int zwasm_call_lazy(Vm *vm, char *thunk, uint64_t *fp);
__attribute__((used)) int zwasm_call_helper(Vm *vm, uint64_t *at, uint32_t x, uint32_t y);

/* state.c */
int zwasm_init_state(void);
int zwasm_make_stacks(Run *run);              /* or a Python exception */
int zwasm_begin(Run *run, unsigned long me);  /* outermost activation, or a Python exception */
int zwasm_too_deep(Run *run);
void zwasm_pin(Run *run, PyObject *value);    /* steals */
void zwasm_unpin(Run *run);
int zwasm_poll(Run *run);                     /* 0 or a trap code; may release the GIL */
void zwasm_take_gil(Run *run);
int zwasm_raise(PyObject *exception);         /* steals, NULL: raised already; returns -1 */

/* objects.c */
PyObject *zwasm_get_reference(uint64_t bits); /* new reference */
uint64_t zwasm_bits_of(PyObject *reference);  /* borrowed */
int zwasm_words_of(PyObject *number, uint64_t words[2]); /* of an int; -1 with an exception */

/* trap.c */
int zwasm_install_handlers(void);
Range *zwasm_add_range(char *base, size_t start, size_t size);
void zwasm_remove_range(Range *range);
PyObject *zwasm_addresses(char *stack, char *end); /* list of code addresses */
size_t zwasm_walk(char *stack, char *end, int all, uint64_t *first, size_t innermost,
                  uint64_t *last, size_t outermost);
extern atomic_int zwasm_check_handlers;

/* monitor.c */
Record *zwasm_take_record(void);
void zwasm_give_record(Record *record);
void zwasm_wake_monitor(void);
int zwasm_start_monitor(void);
void zwasm_signal(Record *record);
int zwasm_own_signal(siginfo_t *info); /* whether zwasm_signal sent it, where that can be told */
uintptr_t zwasm_this_thread(void);
int zwasm_thread_inside(void); /* this thread is in generated code; for signal handlers */
int64_t zwasm_now(void); /* nanoseconds */
extern atomic_int zwasm_asleep;
extern unsigned long zwasm_main_thread;

/* sample.c */
extern atomic_llong zwasm_sample_period; /* nanoseconds, 0: no samples are wanted */
void zwasm_sample_at(Run *run, uint64_t pc, char *stack, uint64_t leaf);
void zwasm_sample(Run *run, uint64_t leaf);
void zwasm_sample_host(Run *run, Func *func);
void zwasm_sample_after_fork(void);
PyObject *zwasm_set_sampling(PyObject *module, PyObject *period);
PyObject *zwasm_take_samples(PyObject *module, PyObject *none);

/* func.c */
PyObject *zwasm_seal(PyObject *module, PyObject *cls);
void zwasm_detach(Func *func);

/* calls.c */
PyObject *zwasm_call(PyObject *object, PyObject *const *args, size_t flags, PyObject *names);

/* Whether something shall happen before C goes back to generated code. */
static inline int zwasm_wanted(Run *run, int request) {
    return unlikely(atomic_load_explicit(&run->record->request, memory_order_relaxed) & request);
}

#define STATE_OF(the_run) ((State *)((char *)(the_run) - offsetof(State, run)))

static inline int zwasm_running(State *state) { return state != NULL && state->run.owner != 0; }

/* Begin an activation; -1 with an exception. Must be followed by zwasm_leave. */
static inline int zwasm_begin_activation(Run *run) {
    unsigned long me = PyThread_get_thread_ident();
    if (run->owner != me) {
        if (zwasm_begin(run, me) < 0)
            return -1;
    } else if (unlikely(run->activations >= 100)) {
        return zwasm_too_deep(run);
    }
    run->activations++;
    return 0;
}

static inline void zwasm_end_activation(Run *run, int64_t depth) {
    run->depth = depth;
    if (--run->activations == 0) {
        run->depth = 0;
        run->owner = 0;
        if (unlikely(run->pin_count != 0))
            zwasm_unpin(run);
    }
}

/* C was called by generated code and goes back to it. */
static inline void zwasm_step_out(Run *run, uint64_t *free) {
    atomic_store_explicit(&run->record->inside, 0, memory_order_relaxed);
    run->depth = (run->native_top - run->native) / FRAME_SIZE;
    run->free = free;
}

/* Activations of a store are nested. Where a host function switches the C stack (greenlets do)
   they may end in another order, and the stacks are lost. */
static inline void zwasm_check_nesting(Run *run, int64_t activations) {
    if (unlikely(run->activations != activations))
        Py_FatalError("zwasm: activations of a store ended in wrong order");
}

static inline void zwasm_step_in(Run *run) {
    atomic_store_explicit(&run->record->inside, 1, memory_order_relaxed);
    if (unlikely(atomic_load_explicit(&zwasm_asleep, memory_order_relaxed)))
        zwasm_wake_monitor();
}

#endif /* ZWASM_CODE */

#ifdef __GNUC__
#pragma GCC visibility pop
#endif
#endif
