/* State: what runs in a store. The stacks of generated code, activations, and the references that
   only generated code holds. */

#include "native.h"

#if ZWASM_CODE

#include <structmember.h>
#include <sys/mman.h>

#ifndef MAP_NORESERVE
#define MAP_NORESERVE 0
#endif

/* Below the limit: a frame's padding, which is there before the limit is checked; then stubs,
   frames between instances, signal handlers. */
#define SLACK (FRAME_SLOTS / ABI_SLOTS_PER_COST * FRAME_SIZE + (64 << 10))
#define GUARD (256 << 10)
#define SLOTS_EXTRA (20 << 20) /* more than FRAME_SLOTS */
#define LEAST_DEPTH 1000
#define PIN_LIMIT 10000

static PyObject *breathe; /* a Python function that does nothing, see state_poll */

/* One region: guard, slack, native stack (growing down), value stack (growing up), guard. */
int zwasm_make_stacks(Run *run) {
    if (run->region != NULL)
        return 0;
    for (int64_t depth = run->max_depth;; depth /= 2) {
        if (depth < LEAST_DEPTH && depth < run->max_depth)
            depth = run->max_depth < LEAST_DEPTH ? run->max_depth : LEAST_DEPTH;
        size_t native = (depth * FRAME_SIZE + SLACK + ABI_PAGE - 1) / ABI_PAGE * ABI_PAGE;
        size_t slots = (depth * ABI_SLOTS_PER_COST * ABI_SLOT_SIZE + SLOTS_EXTRA + ABI_PAGE - 1) /
                       ABI_PAGE * ABI_PAGE;
        size_t size = GUARD + native + slots + GUARD;
        char *at = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (at != MAP_FAILED && mprotect(at + GUARD, native + slots, PROT_READ | PROT_WRITE) != 0) {
            munmap(at, size);
            at = MAP_FAILED;
        }
        if (at != MAP_FAILED) {
#ifdef MADV_NOHUGEPAGE
            madvise(at, size, MADV_NOHUGEPAGE);
#endif
            run->region = at;
            run->region_size = size;
            run->native_top = run->native = at + GUARD + native;
            run->native_limit = run->native_top - depth * FRAME_SIZE;
            run->free = (uint64_t *)run->native_top;
            run->slots_end = (uint64_t *)(at + GUARD + native + slots);
            return 0;
        }
        if (depth <= LEAST_DEPTH) {
            PyErr_NoMemory();
            return -1;
        }
    }
}

int zwasm_raise(PyObject *exception) {
    if (exception == NULL)
        return -1;
    if (!PyExceptionInstance_Check(exception)) {
        PyErr_Format(PyExc_TypeError, "a hook returned %R, which is no exception", exception);
        Py_DECREF(exception);
        return -1;
    }
    /* Restored with the traceback it has, not raised anew: it may be a host function's. */
    PyErr_Restore(Py_NewRef((PyObject *)Py_TYPE(exception)), exception,
                  PyException_GetTraceback(exception));
    return -1;
}

int zwasm_begin(Run *run, unsigned long me) {
    Record *record = run->record;
    if (run->owner != 0) {
        PyErr_SetString(PyExc_RuntimeError, "the store is in use by another thread");
        return -1;
    }
    if (unlikely(atomic_load_explicit(&zwasm_check_handlers, memory_order_relaxed)))
        zwasm_install_handlers();
    int64_t deadline = 0;
    if (run->timeout >= 0) {
        double wanted = (double)zwasm_now() + run->timeout * 1e9;
        deadline = wanted < 9e18 ? (int64_t)wanted : 0;
    }
    atomic_store_explicit(&record->request, 0, memory_order_relaxed);
    atomic_store_explicit(&record->ticks, 0, memory_order_relaxed);
    atomic_store_explicit(&record->interrupted, 0, memory_order_relaxed);
    atomic_store_explicit(&record->deadline, deadline, memory_order_relaxed);
    atomic_store_explicit(&record->thread, zwasm_this_thread(), memory_order_relaxed);
    atomic_store_explicit(&record->main, me == zwasm_main_thread, memory_order_relaxed);
    unsigned epoch = atomic_load_explicit(&record->epoch, memory_order_relaxed);
    atomic_store_explicit(&record->epoch, epoch + 1, memory_order_release);
    run->owner = me;
    return 0;
}

int zwasm_too_deep(Run *run) {
    (void)run;
    if (zwasm_hooks.exhausted == NULL) {
        PyErr_SetString(PyExc_RecursionError, "too many nested activations");
        return -1;
    }
    return zwasm_raise(PyObject_CallNoArgs(zwasm_hooks.exhausted));
}

void zwasm_take_gil(Run *run) {
    PyThreadState *state = run->thread_state;
    if (state != NULL) {
        run->thread_state = NULL;
        PyEval_RestoreThread(state);
        atomic_store_explicit(&run->record->released, 0, memory_order_relaxed);
    }
}

/* What the monitor asked for, on the thread's stack. Afterwards generated code goes on, without
   the GIL, unless a trap code is returned. */
int zwasm_poll(Run *run) {
    Record *record = run->record;
    atomic_fetch_and_explicit(&record->request, ~REQUEST_POLL, memory_order_relaxed);
    if (run->thread_state == NULL ||
        atomic_load_explicit(&record->main, memory_order_relaxed)) {
        zwasm_take_gil(run);
        if (PyErr_CheckSignals() < 0)
            return ABI_TRAP_PYTHON;
    }
    if (atomic_load_explicit(&record->interrupted, memory_order_relaxed))
        return ABI_TRAP_INTERRUPTED;
    int64_t deadline = atomic_load_explicit(&record->deadline, memory_order_relaxed);
    if (deadline != 0 && zwasm_now() >= deadline)
        return ABI_TRAP_TIME;
    if (run->thread_state == NULL) {
        run->thread_state = PyEval_SaveThread();
        atomic_store_explicit(&record->released, 1, memory_order_relaxed);
    }
    return 0;
}

/* References. A value that leaves its table or global, or that a host function returned, may live
   on in slots only; it is kept until the outermost activation ends. Where there are many, those
   that no word of the stacks names are dropped: whoever pins has generated code's registers in
   slots, as at every call, or in a signal handler's frame on the native stack. */

static void drop_all(PyObject **dropped, size_t count) {
    for (size_t i = 0; i < count; i++)
        Py_DECREF(dropped[i]);
    PyMem_Free(dropped);
}

static void prune(Run *run) {
    size_t count = run->pin_count, buckets = 64;
    while (buckets < 2 * count)
        buckets *= 2;
    /* A set of the addresses; the last bit says that a word names it. */
    uintptr_t *set = PyMem_Calloc(buckets, sizeof(uintptr_t));
    PyObject **dropped = PyMem_Malloc(count * sizeof(PyObject *));
    if (set == NULL || dropped == NULL) {
        PyMem_Free(set);
        PyMem_Free(dropped);
        return;
    }
#define HASH(word) (((word) >> 4) * 0x9E3779B97F4A7C15u >> 20 & (buckets - 1))
    for (size_t i = 0; i < count; i++) {
        uintptr_t word = (uintptr_t)run->pins[i];
        size_t at = HASH(word);
        while (set[at] != 0 && set[at] != word)
            at = (at + 1) & (buckets - 1);
        set[at] = word;
    }
    for (uintptr_t *p = (uintptr_t *)run->native; p < (uintptr_t *)run->free; p++) {
        uintptr_t word = *p;
        if (word == 0 || word & 7)
            continue;
        size_t at = HASH(word);
        while (set[at] != 0 && (set[at] & ~(uintptr_t)1) != word)
            at = (at + 1) & (buckets - 1);
        if (set[at] != 0)
            set[at] |= 1;
    }
    size_t kept = 0, gone = 0;
    for (size_t i = 0; i < count; i++) {
        uintptr_t word = (uintptr_t)run->pins[i];
        size_t at = HASH(word);
        while ((set[at] & ~(uintptr_t)1) != word)
            at = (at + 1) & (buckets - 1);
        if (set[at] & 1) {
            set[at] &= ~(uintptr_t)1; /* one reference to each is enough */
            run->pins[kept++] = run->pins[i];
        } else {
            dropped[gone++] = run->pins[i];
        }
    }
    run->pin_count = kept;
    run->pin_limit = kept > run->pin_limit / 2 ? 2 * run->pin_limit : run->pin_limit;
    PyMem_Free(set);
    drop_all(dropped, gone); /* runs finalizers */
}

void zwasm_pin(Run *run, PyObject *value) {
    if (run->owner == 0) {
        Py_DECREF(value);
        return;
    }
    if (run->pin_count == run->pin_room) {
        size_t room = run->pin_room ? 2 * run->pin_room : 16;
        PyObject **pins = PyMem_Realloc(run->pins, room * sizeof(PyObject *));
        if (pins == NULL)
            return; /* rather leak it than free what may be in use */
        run->pins = pins;
        run->pin_room = room;
    }
    run->pins[run->pin_count++] = value;
    if (run->pin_count >= run->pin_limit && run->region != NULL &&
        run->owner == PyThread_get_thread_ident())
        prune(run);
}

void zwasm_unpin(Run *run) {
    PyObject **pins = run->pins;
    size_t count = run->pin_count;
    PyObject *type, *value, *trace;
    run->pins = NULL;
    run->pin_count = run->pin_room = 0;
    run->pin_limit = PIN_LIMIT;
    PyErr_Fetch(&type, &value, &trace);
    drop_all(pins, count);
    PyErr_Restore(type, value, trace);
}

/* The type. */

static PyObject *state_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    State *self = (State *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    self->run.fuel = INT64_MAX;
    self->run.timeout = -1;
    self->run.pin_limit = PIN_LIMIT;
    self->run.record = zwasm_take_record();
    if (self->run.record == NULL) {
        Py_DECREF(self);
        return PyErr_NoMemory();
    }
    return (PyObject *)self;
}

static int state_init(PyObject *object, PyObject *args, PyObject *kwargs) {
    static char *names[] = {"max_depth", NULL};
    Run *run = &((State *)object)->run;
    long long depth;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "L:State", names, &depth))
        return -1;
    if (depth < 1 || depth > (1LL << 32)) {
        PyErr_SetString(PyExc_ValueError, "max_depth is out of range");
        return -1;
    }
    if (run->region == NULL)
        run->max_depth = depth;
    return 0;
}

static int state_traverse(PyObject *object, visitproc visit, void *arg) {
    Run *run = &((State *)object)->run;
    for (size_t i = 0; i < run->pin_count; i++)
        Py_VISIT(run->pins[i]);
    return 0;
}

static int state_clear(PyObject *object) {
    zwasm_unpin(&((State *)object)->run);
    return 0;
}

static void state_dealloc(PyObject *object) {
    State *self = (State *)object;
    PyObject_GC_UnTrack(object);
    if (self->weakrefs != NULL)
        PyObject_ClearWeakRefs(object);
    zwasm_unpin(&self->run);
    if (self->run.record != NULL)
        zwasm_give_record(self->run.record);
    if (self->run.region != NULL)
        munmap(self->run.region, self->run.region_size);
    Py_TYPE(object)->tp_free(object);
}

static PyObject *state_enter(PyObject *object, PyObject *none) {
    if (zwasm_begin_activation(&((State *)object)->run) < 0)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *state_leave(PyObject *object, PyObject *depth) {
    Run *run = &((State *)object)->run;
    long long value = PyLong_AsLongLong(depth);
    if (value == -1 && PyErr_Occurred())
        return NULL;
    if (run->activations <= 0 || run->owner != PyThread_get_thread_ident()) {
        PyErr_SetString(PyExc_RuntimeError, "no activation to leave");
        return NULL;
    }
    zwasm_end_activation(run, value);
    Py_RETURN_NONE;
}

static PyObject *state_running(PyObject *object, PyObject *none) {
    return PyBool_FromLong(((State *)object)->run.owner != 0);
}

static PyObject *state_interrupt(PyObject *object, PyObject *none) {
    Run *run = &((State *)object)->run;
    if (run->owner != 0) {
        atomic_store(&run->record->interrupted, 1);
        zwasm_wake_monitor();
    }
    Py_RETURN_NONE;
}

static PyObject *state_poll(PyObject *object, PyObject *none) {
    Record *record = ((State *)object)->run.record;
    /* Calling a Python function lets Python switch threads, as C code never does by itself. */
    PyObject *result = PyObject_CallNoArgs(breathe);
    if (result == NULL || PyErr_CheckSignals() < 0) {
        Py_XDECREF(result);
        return NULL;
    }
    Py_DECREF(result);
    int64_t deadline = atomic_load_explicit(&record->deadline, memory_order_relaxed);
    if (atomic_load_explicit(&record->interrupted, memory_order_relaxed))
        return PyLong_FromLong(ABI_TRAP_INTERRUPTED);
    return PyLong_FromLong(deadline != 0 && zwasm_now() >= deadline ? ABI_TRAP_TIME : 0);
}

static PyObject *state_pin(PyObject *object, PyObject *value) {
    zwasm_pin(&((State *)object)->run, Py_NewRef(value));
    Py_RETURN_NONE;
}

static PyObject *get_fuel(PyObject *object, void *closure) {
    Run *run = &((State *)object)->run;
    if (!run->metered)
        return PyLong_FromLong(-1);
    return PyLong_FromLongLong(run->fuel < 0 ? 0 : run->fuel);
}

static int set_fuel(PyObject *object, PyObject *value, void *closure) {
    Run *run = &((State *)object)->run;
    long long fuel = value == NULL ? -1 : PyLong_AsLongLong(value);
    if (fuel == -1 && PyErr_Occurred())
        return -1;
    run->metered = fuel >= 0;
    run->fuel = fuel >= 0 ? fuel : INT64_MAX;
    return 0;
}

static PyObject *get_timeout(PyObject *object, void *closure) {
    double timeout = ((State *)object)->run.timeout;
    if (timeout < 0)
        Py_RETURN_NONE;
    return PyFloat_FromDouble(timeout);
}

static int set_timeout(PyObject *object, PyObject *value, void *closure) {
    double timeout = -1;
    if (value != NULL && value != Py_None) {
        timeout = PyFloat_AsDouble(value);
        if (timeout == -1 && PyErr_Occurred())
            return -1;
        if (!(timeout >= 0))
            timeout = 0;
    }
    ((State *)object)->run.timeout = timeout;
    return 0;
}

static PyGetSetDef state_getset[] = {
    {"fuel_left", get_fuel, set_fuel, "Instructions that may still run, -1: not metered."},
    {"timeout", get_timeout, set_timeout, "Seconds that an outermost activation may take."},
    {NULL},
};

static PyMemberDef state_members[] = {
    {"max_depth", T_LONGLONG, offsetof(State, run.max_depth), READONLY},
    {"depth", T_LONGLONG, offsetof(State, run.depth), 0},
    {"activations", T_LONGLONG, offsetof(State, run.activations), READONLY},
    {NULL},
};

static PyMethodDef state_methods[] = {
    {"enter", state_enter, METH_NOARGS, "Begin an activation."},
    {"leave", state_leave, METH_O, "End an activation; the depth is what it was when it began."},
    {"running", state_running, METH_NOARGS, "Whether something runs."},
    {"interrupt", state_interrupt, METH_NOARGS, "Stop what runs, from any thread."},
    {"poll", state_poll, METH_NOARGS, "0, or the trap code of what stops the code."},
    {"pin", state_pin, METH_O, "Keep a reference until the outermost activation ends."},
    {NULL},
};

PyTypeObject zwasm_StateType = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "zwasm._native.State",
    .tp_doc = "What runs in a store.",
    .tp_basicsize = sizeof(State),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_new = state_new,
    .tp_init = state_init,
    .tp_traverse = state_traverse,
    .tp_clear = state_clear,
    .tp_dealloc = state_dealloc,
    .tp_free = PyObject_GC_Del,
    .tp_weaklistoffset = offsetof(State, weakrefs),
    .tp_methods = state_methods,
    .tp_members = state_members,
    .tp_getset = state_getset,
};

int zwasm_init_state(void) {
    PyObject *names = PyDict_New();
    if (names == NULL)
        return -1;
    breathe = PyRun_String("lambda: None", Py_eval_input, names, names);
    Py_DECREF(names);
    return breathe == NULL ? -1 : 0;
}

#endif
