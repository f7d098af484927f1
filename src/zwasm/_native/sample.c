/* Samples: where generated code stands, tick by tick, for profilers.

   The monitor counts the ticks of each activation and asks for a sample as it asks for polls. The
   signal handler takes it where generated code is interrupted, C called by generated code before
   it goes back; so a stack is only read by its own thread, while it stands still. A sample counts
   for the ticks since the one before. It is taken without the GIL and without Python, which would
   make every tick a wait for other threads.

   A sample is a row of 64-bit words: its number of words, the thread, ticks, a leaf, how many
   addresses are innermost ones (where the middle of the stack was left out, else 0), and code
   addresses as zwasm_walk gives them. The leaf says what code had called: LEAF_NONE nothing,
   LEAF_COMPILE the compiler, LEAF_HOST Python, anything else is the address of the Func. */

#include "native.h"

#if ZWASM_CODE

#include <sched.h>
#include <string.h>
#include <sys/mman.h>

#ifndef MAP_NORESERVE
#define MAP_NORESERVE 0
#endif

#define HEAD 5
#define INNERMOST 96
#define OUTERMOST 32
#define ROOM (1 << 20) /* words of a half */

/* Two halves: one is written, the other is being read or empty. */
static struct {
    uint64_t *words;
    atomic_size_t used; /* may be more than there is room for */
    atomic_int writers;
} halves[2];
static atomic_int current = -1; /* -1: no samples are wanted */
static atomic_ulong lost;       /* ticks for which there was no room */
static PyObject *kept;          /* dict: the Funcs that are leaves, by address */

atomic_llong zwasm_sample_period;

static void put(const uint64_t head[HEAD], const uint64_t *words) {
    int half;
    for (;;) {
        half = atomic_load(&current);
        if (half < 0)
            return;
        atomic_fetch_add(&halves[half].writers, 1);
        if (atomic_load(&current) == half)
            break;
        atomic_fetch_sub(&halves[half].writers, 1);
    }
    size_t size = (size_t)head[0], at = atomic_fetch_add(&halves[half].used, size);
    if (at + size <= ROOM) {
        memcpy(halves[half].words + at, head, HEAD * sizeof(uint64_t));
        memcpy(halves[half].words + at + HEAD, words, (size - HEAD) * sizeof(uint64_t));
    } else {
        if (at < ROOM)
            halves[half].words[at] = 0; /* the end */
        atomic_fetch_add(&lost, (unsigned long)head[2]);
    }
    atomic_fetch_sub(&halves[half].writers, 1);
}

/* Safe in signal handlers. `pc` is where code was interrupted, or 0. */
void zwasm_sample_at(Run *run, uint64_t pc, char *stack, uint64_t leaf) {
    Record *record = run->record;
    atomic_fetch_and(&record->request, ~REQUEST_SAMPLE);
    int ticks = atomic_exchange(&record->ticks, 0);
    if (ticks <= 0 || atomic_load(&current) < 0)
        return;
    uint64_t words[INNERMOST + OUTERMOST], last[OUTERMOST];
    size_t begin = pc != 0;
    words[0] = pc;
    size_t count = zwasm_walk(stack, run->native_top, 1, words + begin, INNERMOST - begin, last,
                              OUTERMOST);
    size_t first = INNERMOST - begin, tail = count <= first ? 0 : count - first;
    size_t shown = tail < OUTERMOST ? tail : OUTERMOST;
    first = begin + (count < first ? count : first);
    for (size_t i = 0; i < shown; i++)
        words[first + i] = last[(tail - shown + i) % OUTERMOST];
    uint64_t head[HEAD] = {HEAD + first + shown, atomic_load(&record->thread), (uint64_t)ticks,
                           leaf, shown < tail ? first : 0};
    put(head, words);
}

/* Where C was called by generated code. */
void zwasm_sample(Run *run, uint64_t leaf) { zwasm_sample_at(run, 0, run->native, leaf); }

/* The same, with the GIL, where code has called a host function. */
void zwasm_sample_host(Run *run, Func *func) {
    PyObject *type, *value, *trace;
    uint64_t leaf = LEAF_HOST;
    PyErr_Fetch(&type, &value, &trace);
    PyObject *key = kept == NULL ? NULL : PyLong_FromVoidPtr(func);
    if (key != NULL && PyDict_SetItem(kept, key, (PyObject *)func) == 0)
        leaf = (uint64_t)(uintptr_t)func;
    Py_XDECREF(key);
    PyErr_Clear();
    PyErr_Restore(type, value, trace);
    zwasm_sample(run, leaf);
}

/* In a child process: nobody takes samples there. */
void zwasm_sample_after_fork(void) {
    atomic_store(&zwasm_sample_period, 0);
    atomic_store(&current, -1);
    for (int half = 0; half < 2; half++)
        atomic_store(&halves[half].writers, 0);
}

static void wait_for_writers(int half) {
    while (atomic_load(&halves[half].writers) > 0)
        sched_yield();
}

PyObject *zwasm_set_sampling(PyObject *module, PyObject *period) {
    long long wanted = PyLong_AsLongLong(period);
    if (wanted == -1 && PyErr_Occurred())
        return NULL;
    if (wanted < 0 || (wanted != 0 && atomic_load(&current) >= 0)) {
        PyErr_SetString(PyExc_RuntimeError, wanted < 0 ? "the period is negative"
                                                       : "samples are taken already");
        return NULL;
    }
    if (wanted == 0) {
        atomic_store(&zwasm_sample_period, 0);
        atomic_store(&current, -1);
        for (int half = 0; half < 2; half++)
            wait_for_writers(half);
        Py_CLEAR(kept);
        Py_RETURN_NONE;
    }
    for (int half = 0; half < 2; half++) {
        if (halves[half].words == NULL) { /* stays: a late signal may still write */
            void *at = mmap(NULL, ROOM * sizeof(uint64_t), PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
            if (at == MAP_FAILED)
                return PyErr_NoMemory();
            halves[half].words = at;
        }
        atomic_store(&halves[half].used, 0);
    }
    Py_XSETREF(kept, PyDict_New());
    if (kept == NULL)
        return NULL;
    atomic_store(&lost, 0);
    atomic_store(&current, 0);
    atomic_store(&zwasm_sample_period, wanted);
    zwasm_wake_monitor();
    Py_RETURN_NONE;
}

PyObject *zwasm_take_samples(PyObject *module, PyObject *none) {
    int half = atomic_load(&current);
    if (half < 0) {
        PyErr_SetString(PyExc_RuntimeError, "no samples are taken");
        return NULL;
    }
    atomic_store(&current, 1 - half);
    wait_for_writers(half);
    size_t used = atomic_load(&halves[half].used), at = 0;
    while (at < used && at < ROOM && halves[half].words[at] != 0)
        at += halves[half].words[at];
    PyObject *words = PyBytes_FromStringAndSize((char *)halves[half].words,
                                                (Py_ssize_t)(at * sizeof(uint64_t)));
    atomic_store(&halves[half].used, 0);
    if (words == NULL)
        return NULL;
    return Py_BuildValue("NNk", words, PyDict_Copy(kept), atomic_exchange(&lost, 0));
}

#endif
