/* Signals: faults of generated code become traps, the monitor's signal stops it for a moment; and
   where code stood when it trapped.

   Handlers act only where the interrupted instruction is generated code, which holds no lock and
   has vm and fp in their registers. All else goes to the handler that was there before. Others may
   install theirs later (faulthandler does): we put ours on top again when the monitor has ticked
   and something is entered, so at most once a tick, or when a signal had no effect. If theirs sees a fault of ours before, it
   ends, like faulthandler's, by restoring ours and raising the signal again, which we ignore: the
   instruction faults once more. */

#include "native.h"

#if ZWASM_CODE

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>
#ifdef __APPLE__
#include <sys/ucontext.h>
#else
#include <ucontext.h>
#endif

#define INNERMOST 50 /* addresses of a backtrace */
#define OUTERMOST 10

atomic_int zwasm_check_handlers = 1;

/* Registers of the interrupted code. */
#if defined(__linux__) && defined(__x86_64__)
#define PC(uc) ((uc)->uc_mcontext.gregs[REG_RIP])
#define SP(uc) ((uc)->uc_mcontext.gregs[REG_RSP])
#define VM(uc) ((uc)->uc_mcontext.gregs[REG_R12])
#define FP(uc) ((uc)->uc_mcontext.gregs[REG_R13])
#define ACC(uc) ((uc)->uc_mcontext.gregs[REG_RAX])
#elif defined(__linux__)
#define PC(uc) ((uc)->uc_mcontext.pc)
#define SP(uc) ((uc)->uc_mcontext.sp)
#define VM(uc) ((uc)->uc_mcontext.regs[20])
#define FP(uc) ((uc)->uc_mcontext.regs[21])
#define ACC(uc) ((uc)->uc_mcontext.regs[2])
#elif defined(__x86_64__)
#define PC(uc) ((uc)->uc_mcontext->__ss.__rip)
#define SP(uc) ((uc)->uc_mcontext->__ss.__rsp)
#define VM(uc) ((uc)->uc_mcontext->__ss.__r12)
#define FP(uc) ((uc)->uc_mcontext->__ss.__r13)
#define ACC(uc) ((uc)->uc_mcontext->__ss.__rax)
#else
#define PC(uc) ((uc)->uc_mcontext->__ss.__pc)
#define SP(uc) ((uc)->uc_mcontext->__ss.__sp)
#define VM(uc) ((uc)->uc_mcontext->__ss.__x[20])
#define FP(uc) ((uc)->uc_mcontext->__ss.__x[21])
#define ACC(uc) ((uc)->uc_mcontext->__ss.__x[2])
#endif

/* Ranges of code. Chunk i has FIRST_CHUNK << i of them. */
#define FIRST_CHUNK 64
#define CHUNKS 24

static Range *_Atomic chunks[CHUNKS];
static atomic_size_t range_count;

static Range *range_at(size_t index) {
    size_t size = FIRST_CHUNK;
    int chunk = 0;
    for (; index >= size; index -= size, size *= 2)
        chunk++;
    Range *ranges = atomic_load(&chunks[chunk]);
    return ranges == NULL ? NULL : ranges + index;
}

/* Read twice, as the range may be reused meanwhile. */
static int is_in(Range *range, uintptr_t pc) {
    uintptr_t start = atomic_load(&range->start);
    return start <= pc && pc < atomic_load(&range->end) && atomic_load(&range->start) == start;
}

/* The range with this address in its code; safe in signal handlers. */
static Range *find_range(uintptr_t pc) {
    size_t left = atomic_load(&range_count), size = FIRST_CHUNK;
    for (int chunk = 0; left > 0; chunk++, size *= 2) {
        size_t count = left < size ? left : size;
        Range *range = atomic_load(&chunks[chunk]);
        for (Range *end = range + count; range < end; range++)
            if (is_in(range, pc))
                return range;
        left -= count;
    }
    return NULL;
}

/* With the GIL. The range has no code until its end is moved. */
Range *zwasm_add_range(char *base, size_t start, size_t size) {
    size_t count = atomic_load(&range_count), i;
    Range *range = NULL;
    for (i = 0; i < count; i++) {
        range = range_at(i);
        if (atomic_load(&range->base) == 0)
            break;
    }
    if (i == count) {
        range = range_at(count);
        if (range == NULL) {
            int chunk = 0;
            while (chunk < CHUNKS && atomic_load(&chunks[chunk]) != NULL)
                chunk++;
            Range *made =
                chunk < CHUNKS ? calloc((size_t)FIRST_CHUNK << chunk, sizeof(Range)) : NULL;
            if (made == NULL) {
                PyErr_NoMemory();
                return NULL;
            }
            atomic_store(&chunks[chunk], made);
            range = range_at(count);
        }
        atomic_store(&range_count, count + 1);
    }
    atomic_store(&range->end, 0);
    atomic_store(&range->writing, 0);
    atomic_store(&range->base, (uintptr_t)base);
    atomic_store(&range->start, (uintptr_t)base + start);
    return range;
}

void zwasm_remove_range(Range *range) {
    atomic_store(&range->end, 0);
    atomic_store(&range->base, 0);
}

/* Let the interrupted code go on as if it called a trap thunk here. The address that is noted
   lies behind where the instruction begins, as return addresses do. */
static void trap_at(ucontext_t *uc, int code) {
    uint64_t address = (uint64_t)PC(uc) + 1;
#ifdef __x86_64__
    SP(uc) -= 8;
    *(uint64_t *)SP(uc) = address;
    PC(uc) = (uintptr_t)zwasm_trap_stub;
#else
    SP(uc) -= 16;
    *(uint64_t *)SP(uc) = address;
    PC(uc) = (uintptr_t)zwasm_trapped_stub;
#endif
    ACC(uc) = (uint64_t)code;
}

/* The handlers before ours, by signal. */
enum { SEGV, BUS, POLL, SIGNALS };
static const int numbers[SIGNALS] = {SIGSEGV, SIGBUS, SIGURG};

#define LEVELS 8
#define REPEATS 64 /* how often the same fault may come back to a handler that should repair it */

static struct sigaction previous[SIGNALS][LEVELS];
static atomic_int levels[SIGNALS];
static struct {
    atomic_uintptr_t thread; /* that is in a handler before ours */
    atomic_int level;        /* which */
    uintptr_t pc, address;   /* the last fault, and how often it came in a row */
    int repeats;
} chained[SIGNALS];

/* Whether a signal comes from the machine, not from a process. */
static int is_fault(siginfo_t *info) { return info->si_code > 0 && info->si_code < 0x10000; }

static void default_action(int which, siginfo_t *info) {
    if (which == POLL)
        return;
    struct sigaction action;
    sigset_t set;
    memset(&action, 0, sizeof(action));
    action.sa_handler = SIG_DFL;
    sigaction(numbers[which], &action, NULL);
    if (is_fault(info))
        return; /* the instruction faults again */
    sigemptyset(&set);
    sigaddset(&set, numbers[which]);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    raise(numbers[which]);
}

static void chain(int which, siginfo_t *info, ucontext_t *uc) {
    uintptr_t me = (uintptr_t)pthread_self();
    uintptr_t outer_thread = atomic_load(&chained[which].thread);
    int outer_level = atomic_load(&chained[which].level);
    int level = atomic_load(&levels[which]) - 1;
    if (outer_thread == me)
        level = outer_level - 1; /* that handler raised the signal again */
    if (which != POLL && is_fault(info)) {
        uintptr_t address = (uintptr_t)info->si_addr;
        if (chained[which].pc == (uintptr_t)PC(uc) && chained[which].address == address)
            chained[which].repeats++;
        else
            chained[which].repeats = 0;
        chained[which].pc = (uintptr_t)PC(uc);
        chained[which].address = address;
        level -= chained[which].repeats / REPEATS;
    }
    struct sigaction *action = level >= 0 ? &previous[which][level] : NULL;
    if (action == NULL || (!(action->sa_flags & SA_SIGINFO) && action->sa_handler == SIG_DFL)) {
        default_action(which, info);
        return;
    }
    if (!(action->sa_flags & SA_SIGINFO) && action->sa_handler == SIG_IGN) {
        if (is_fault(info))
            default_action(which, info); /* as the system does */
        return;
    }
    sigset_t mask;
    pthread_sigmask(SIG_BLOCK, &action->sa_mask, &mask);
    atomic_store(&chained[which].level, level);
    atomic_store(&chained[which].thread, me);
    if (action->sa_flags & SA_SIGINFO)
        action->sa_sigaction(numbers[which], info, uc);
    else
        action->sa_handler(numbers[which]);
    atomic_store(&chained[which].level, outer_level);
    atomic_store(&chained[which].thread, outer_thread);
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
}

static void on_fault(int number, siginfo_t *info, void *context) {
    int error = errno;
    ucontext_t *uc = context;
    int which = number == SIGSEGV ? SEGV : BUS;
    if (!is_fault(info)) {
        if (info->si_pid == getpid() && zwasm_thread_inside())
            return; /* raised by another's handler, see above */
        chain(which, info, uc);
        errno = error;
        return;
    }
    uintptr_t address = (uintptr_t)info->si_addr;
    Range *range = find_range((uintptr_t)PC(uc));
    if (range == NULL) {
        chain(which, info, uc);
    } else if (address >= atomic_load(&range->base) && address < atomic_load(&range->end)) {
        /* Another thread writes code in this page. */
        while (atomic_load(&range->writing))
            sched_yield();
    } else {
        Run *run = ((Vm *)VM(uc))->state;
        size_t place = (size_t)(address - (uintptr_t)run->region);
        trap_at(uc, place < run->region_size ? ABI_TRAP_STACK : ABI_TRAP_MEMORY);
    }
    errno = error;
}

/* The thread's stack, called from the signal handler on the native stack. */
static int poll_interrupted(Run *run, uint64_t *fp) {
    uint64_t *free = run->free;
    zwasm_step_out(run, fp + FRAME_SLOTS);
    int code = zwasm_poll(run);
    run->free = free;
    if (code == 0)
        zwasm_step_in(run);
    return code;
}

static void on_poll(int number, siginfo_t *info, void *context) {
    int error = errno;
    ucontext_t *uc = context;
    Range *range = find_range((uintptr_t)PC(uc));
    Run *run = range == NULL ? NULL : ((Vm *)VM(uc))->state;
    int request = run == NULL ? 0 : atomic_load(&run->record->request);
    if (request & REQUEST_SAMPLE)
        zwasm_sample_at(run, (uint64_t)PC(uc) + 1, (char *)SP(uc), LEAF_NONE);
    if (request & REQUEST_POLL) {
        int code = zwasm_switch(run, (uint64_t *)FP(uc), poll_interrupted);
        if (code != 0)
            trap_at(uc, code);
    } else if (request == 0 && !zwasm_own_signal(info)) { /* else the request was seen meanwhile */
        chain(POLL, info, uc);
    }
    errno = error;
}

/* Put our handlers on top. With the GIL, or from the monitor. */
int zwasm_install_handlers(void) {
    static atomic_flag busy = ATOMIC_FLAG_INIT;
    if (atomic_flag_test_and_set(&busy))
        return 0;
    atomic_store(&zwasm_check_handlers, 0);
    for (int which = 0; which < SIGNALS; which++) {
        struct sigaction ours, old;
        void (*handler)(int, siginfo_t *, void *) = which == POLL ? on_poll : on_fault;
        sigaction(numbers[which], NULL, &old);
        if ((old.sa_flags & SA_SIGINFO) && old.sa_sigaction == handler)
            continue;
        int level = atomic_load(&levels[which]);
        if (level == 0 || previous[which][level - 1].sa_sigaction != old.sa_sigaction) {
            if (level == LEVELS)
                level--;
            previous[which][level] = old;
            atomic_store(&levels[which], level + 1);
        }
        memset(&ours, 0, sizeof(ours));
        sigemptyset(&ours.sa_mask);
        ours.sa_sigaction = handler;
        /* SA_NODEFER: the handlers before ours may raise the signal again; and Python code that
           the poll runs may enter generated code. */
        ours.sa_flags = SA_SIGINFO | SA_NODEFER | (which == POLL ? SA_RESTART : SA_ONSTACK);
        sigaction(numbers[which], &ours, NULL);
    }
    atomic_flag_clear(&busy);
    return 0;
}

/* The code addresses on a native stack between two addresses, innermost first: where the code
   stopped, then return addresses; all lie behind where the instruction begins, and at most where
   the next one begins. Those of one activation, or with `all` those of its callers too, with
   LEAF_HOST between two. Returns how many there are; `first` gets the innermost ones, `last` the
   others by turns, so that the outermost stay. Safe in signal handlers. */
size_t zwasm_walk(char *stack, char *end, int all, uint64_t *first, size_t innermost,
                  uint64_t *last, size_t outermost) {
    size_t count = 0;
    Range *range = NULL; /* of the address before */
    while (stack < end) {
        uint64_t word = *(uint64_t *)stack;
        if (word < (1 << 20)) { /* padding */
            stack += 8 * (word ? word : 1);
            continue;
        }
        if (word == (uint64_t)(uintptr_t)zwasm_cross_return) {
            stack += 16; /* on x86-64 the caller's vm is above */
            continue;
        }
        stack += FRAME_SIZE;
        if (word == (uint64_t)(uintptr_t)zwasm_enter_return) {
            if (!all || stack >= end)
                break;
            word = LEAF_HOST;
        } else {
            /* A return address may be that of the end. Others are there where a signal came while
               a frame was being made. */
            if (range == NULL || !is_in(range, (uintptr_t)word - 1))
                range = find_range((uintptr_t)word - 1);
            if (range == NULL)
                continue;
        }
        if (count < innermost)
            first[count] = word;
        else
            last[(count - innermost) % outermost] = word;
        count++;
    }
    return count;
}

/* The addresses of one activation, as zwasm_walk gives them: the innermost and outermost ones. */
PyObject *zwasm_addresses(char *stack, char *end) {
    uint64_t first[INNERMOST], last[OUTERMOST];
    size_t count = zwasm_walk(stack, end, 0, first, INNERMOST, last, OUTERMOST);
    size_t tail = count <= INNERMOST ? 0 : count - INNERMOST;
    size_t shown = tail < OUTERMOST ? tail : OUTERMOST;
    PyObject *list = PyList_New(0);
    for (size_t i = 0; list != NULL && i < (count < INNERMOST ? count : INNERMOST) + shown; i++) {
        uint64_t word = i < INNERMOST ? first[i] : last[(tail - shown + i - INNERMOST) % OUTERMOST];
        PyObject *number = PyLong_FromUnsignedLongLong(word);
        if (number == NULL || PyList_Append(list, number) < 0)
            Py_CLEAR(list);
        Py_XDECREF(number);
    }
    return list;
}

#endif
