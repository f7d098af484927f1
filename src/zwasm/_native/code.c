/* Code: memory for a module's code, which is never writable and executable at once. */

#include "native.h"

#if ZWASM_CODE

#include <sched.h>
#include <structmember.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__APPLE__) && defined(__aarch64__)
#define JIT 1 /* the system changes the protection, by thread */
#include <libkern/OSCacheControl.h>
#else
#define JIT 0
#endif

#ifndef MAP_NORESERVE
#define MAP_NORESERVE 0
#endif

#define LAZY_PAD (ABI_CODE_TRAPS + 32 * 16) /* behind the trap thunks: all thunks lead here */
#define MAX_SIZE (1ull << 31)

static int executable(char *from, char *to, int writable) {
#if JIT
    pthread_jit_write_protect_np(!writable);
    if (!writable)
        sys_icache_invalidate(from, (size_t)(to - from));
    return 0;
#else
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t first = (uintptr_t)from & ~(page - 1);
    uintptr_t last = ((uintptr_t)to + page - 1) & ~(page - 1);
    if (!writable)
        __builtin___clear_cache(from, to);
    return mprotect((void *)first, last - first,
                    PROT_READ | (writable ? PROT_WRITE : PROT_EXEC));
#endif
}

/* Write to pages that others may execute; -1 with an exception. */
static int write_code(Code *self, size_t offset, const void *bytes, size_t size) {
    char *at = self->base + offset;
    if (size == 0)
        return 0;
    if (self->range != NULL)
        atomic_store(&self->range->writing, 1);
    int error = executable(at, at + size, 1);
    if (error == 0) {
        memcpy(at, bytes, size);
        error = executable(at, at + size, 0);
    }
    if (self->range != NULL) {
        uintptr_t end = (uintptr_t)at + size;
        if (error == 0 && offset >= self->start && atomic_load(&self->range->end) < end)
            atomic_store(&self->range->end, end);
        atomic_store(&self->range->writing, 0);
    }
    if (error != 0)
        PyErr_SetFromErrno(PyExc_OSError);
    return error;
}

static void put32(unsigned char **at, uint32_t word) {
    memcpy(*at, &word, 4);
    *at += 4;
}

/* A jump to what is at an offset of the context. */
static void put_jump(unsigned char **at, int offset) {
#ifdef __x86_64__
    memcpy(*at, "\x41\xFF\x64\x24", 4); /* jmp [r12 + offset] */
    (*at)[4] = (unsigned char)offset;
    *at += 5;
#else
    put32(at, 0xF9400000 | (uint32_t)(offset / 8) << 10 | 20 << 5 | 17); /* ldr x17, [x20, ..] */
    put32(at, 0xD61F0000 | 17 << 5);                                     /* br x17 */
#endif
}

static int write_header(Code *self, Py_buffer *rodata) {
    size_t size = ABI_CODE_THUNKS + ABI_CODE_THUNK * (size_t)self->functions;
    unsigned char *header = PyMem_Calloc(size, 1), *at;
    if (header == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    memcpy(header + ABI_CODE_RODATA, rodata->buf, (size_t)rodata->len);
    for (uint32_t code = 0; code < 32; code++) {
        at = header + ABI_CODE_TRAPS + 16 * code;
#ifdef __x86_64__
        *at++ = 0xB8; /* mov eax, code */
        put32(&at, code);
#else
        put32(&at, 0x52800000 | code << 5 | 2); /* mov w2, #code */
#endif
        put_jump(&at, ABI_CTX_TRAP);
    }
    at = header + LAZY_PAD;
    put_jump(&at, ABI_CTX_LAZY);
    for (Py_ssize_t i = 0; i < self->functions; i++) {
        at = header + ABI_CODE_THUNKS + ABI_CODE_THUNK * (size_t)i;
        int32_t distance = (int32_t)(header + LAZY_PAD - at);
#ifdef __x86_64__
        *at++ = 0xE8; /* call; the return address tells which thunk it is */
        put32(&at, (uint32_t)(distance - 5));
        memset(at, 0xCC, 3);
#else
        put32(&at, 0x10000010); /* adr x16, . */
        put32(&at, 0x14000000 | ((uint32_t)((distance - 4) / 4) & 0x3FFFFFF)); /* b */
#endif
        self->entries[i] = (uint64_t)(uintptr_t)self->base + ABI_CODE_THUNKS +
                           ABI_CODE_THUNK * (uint64_t)i;
    }
    int error = write_code(self, 0, header, size);
    PyMem_Free(header);
    return error;
}

static size_t pages(size_t size) { return (size + ABI_PAGE - 1) / ABI_PAGE * ABI_PAGE; }

static PyObject *code_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    static char *names[] = {"functions", "capacity", "rodata", NULL};
    Py_ssize_t functions, capacity;
    Py_buffer rodata;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "nny*:Code", names, &functions, &capacity,
                                     &rodata))
        return NULL;
    Code *self = NULL;
    if (functions < 0 || capacity < 0 || rodata.len > ABI_CODE_TRAPS) {
        PyErr_SetString(PyExc_ValueError, "sizes are out of range");
        goto left;
    }
    if ((size_t)functions > MAX_SIZE / 64 || (size_t)capacity > MAX_SIZE) {
        PyErr_NoMemory();
        goto left;
    }
    self = (Code *)type->tp_alloc(type, 0);
    if (self == NULL)
        goto left;
    size_t entries = pages(ABI_CODE_THUNKS + ABI_CODE_THUNK * (size_t)functions);
    self->start = entries + pages(8 * (size_t)functions);
    self->size = self->start + pages((size_t)capacity);
    self->functions = functions;
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, access = PROT_NONE;
#if JIT
    flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_JIT;
    access = PROT_READ | PROT_WRITE | PROT_EXEC;
#endif
    char *base = mmap(NULL, self->size, access, flags, -1, 0);
    if (base == MAP_FAILED) {
        PyErr_NoMemory();
        goto failed;
    }
    self->base = base;
    self->entries = (uint64_t *)(void *)(base + entries);
#if JIT
    /* The entries are data, not code. */
    if (functions > 0 && mmap(base + entries, self->start - entries, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED) {
#else
    if (functions > 0 &&
        mprotect(base + entries, self->start - entries, PROT_READ | PROT_WRITE) != 0) {
#endif
        PyErr_NoMemory();
        goto failed;
    }
    if (write_header(self, &rodata) < 0)
        goto failed;
    self->range = zwasm_add_range(base, self->start, self->size);
    if (self->range == NULL)
        goto failed;
    zwasm_install_handlers();
    goto left;
failed:
    Py_CLEAR(self);
left:
    PyBuffer_Release(&rodata);
    return (PyObject *)self;
}

static int code_traverse(PyObject *object, visitproc visit, void *arg) {
    Py_VISIT(((Code *)object)->compile);
    return 0;
}

static int code_clear(PyObject *object) {
    Py_CLEAR(((Code *)object)->compile);
    return 0;
}

static void code_dealloc(PyObject *object) {
    Code *self = (Code *)object;
    PyObject_GC_UnTrack(object);
    Py_CLEAR(self->compile);
    if (self->range != NULL)
        zwasm_remove_range(self->range);
    if (self->base != NULL)
        munmap(self->base, self->size);
    Py_TYPE(object)->tp_free(object);
}

static PyObject *code_reserve(PyObject *object, PyObject *value) {
    Code *self = (Code *)object;
    Py_ssize_t size = PyNumber_AsSsize_t(value, PyExc_OverflowError);
    if (size == -1 && PyErr_Occurred())
        return NULL;
    size_t offset = self->start + (self->used + ABI_CODE_ALIGN - 1) / ABI_CODE_ALIGN * ABI_CODE_ALIGN;
    if (size < 0 || offset > self->size || (size_t)size > self->size - offset)
        return PyErr_NoMemory();
    self->used = offset + (size_t)size - self->start;
    return PyLong_FromSize_t(offset);
}

static PyObject *code_write(PyObject *object, PyObject *args) {
    Code *self = (Code *)object;
    Py_ssize_t offset;
    Py_buffer bytes;
    if (!PyArg_ParseTuple(args, "ny*:write", &offset, &bytes))
        return NULL;
    int error = -1;
    if (offset < (Py_ssize_t)self->start || (size_t)offset > self->start + self->used ||
        (size_t)bytes.len > self->start + self->used - (size_t)offset)
        PyErr_SetString(PyExc_ValueError, "the code was not reserved");
    else
        error = write_code(self, (size_t)offset, bytes.buf, (size_t)bytes.len);
    PyBuffer_Release(&bytes);
    if (error != 0)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *code_set_entry(PyObject *object, PyObject *args) {
    Code *self = (Code *)object;
    Py_ssize_t index, offset;
    if (!PyArg_ParseTuple(args, "nn:set_entry", &index, &offset))
        return NULL;
    if (index < 0 || index >= self->functions || offset < (Py_ssize_t)self->start ||
        (uintptr_t)self->base + (size_t)offset >= atomic_load(&self->range->end)) {
        PyErr_SetString(PyExc_IndexError, "the code has no such function or place");
        return NULL;
    }
    __atomic_store_n(&self->entries[index], (uint64_t)(uintptr_t)self->base + (uint64_t)offset,
                     __ATOMIC_RELEASE);
    Py_RETURN_NONE;
}

static PyObject *code_entry(PyObject *object, PyObject *value) {
    Code *self = (Code *)object;
    Py_ssize_t index = PyNumber_AsSsize_t(value, PyExc_IndexError);
    if (index == -1 && PyErr_Occurred())
        return NULL;
    if (index < 0 || index >= self->functions) {
        PyErr_SetString(PyExc_IndexError, "the code has no such function");
        return NULL;
    }
    uint64_t offset = self->entries[index] - (uint64_t)(uintptr_t)self->base;
    return PyLong_FromUnsignedLongLong(offset < self->start ? 0 : offset);
}

static PyObject *code_get_entries(PyObject *object, void *closure) {
    Code *self = (Code *)object;
    return PyLong_FromSize_t((size_t)((char *)self->entries - self->base));
}

/* Called by a thunk: compile the function and return where it begins in Run.acc. */
int zwasm_call_lazy(Vm *vm, char *thunk, uint64_t *fp) {
    Run *run = vm->state;
    Code *code = vm->object->code;
    size_t index = (size_t)(thunk - code->base - ABI_CODE_THUNKS) / ABI_CODE_THUNK;
    zwasm_step_out(run, fp + 2048); /* more than arguments there may be */
    if (run->thread_state != NULL)
        zwasm_take_gil(run);
    uint64_t still = (uint64_t)(uintptr_t)code->base + ABI_CODE_THUNKS + ABI_CODE_THUNK * index;
    if (code->entries[index] == still) {
        PyObject *result = NULL;
        if (code->compile == NULL || code->compile == Py_None) {
            PyErr_SetString(PyExc_SystemError, "the code has no compile function");
        } else {
            PyObject *compile = Py_NewRef(code->compile);
            result = PyObject_CallFunction(compile, "n", (Py_ssize_t)index);
            Py_DECREF(compile);
        }
        if (result == NULL)
            return ABI_TRAP_PYTHON;
        Py_DECREF(result);
        if (code->entries[index] == still) {
            PyErr_SetString(PyExc_SystemError, "compiling set no entry");
            return ABI_TRAP_PYTHON;
        }
    }
    Func *func = vm->object->own[index];
    if (func != NULL)
        func->entry = (void *)(uintptr_t)code->entries[index];
    if (zwasm_wanted(run, REQUEST_SAMPLE))
        zwasm_sample(run, LEAF_COMPILE);
    if (zwasm_wanted(run, REQUEST_POLL)) {
        int trap = zwasm_poll(run);
        if (trap != 0)
            return trap;
    }
    run->acc = code->entries[index];
    zwasm_step_in(run);
    return 0;
}

static PyMemberDef code_members[] = {
    {"compile", T_OBJECT, offsetof(Code, compile), 0},
    {"base", T_ULONGLONG, offsetof(Code, base), READONLY},
    {"start", T_PYSSIZET, offsetof(Code, start), READONLY},
    {"used", T_PYSSIZET, offsetof(Code, used), READONLY},
    {NULL},
};

static PyGetSetDef code_getset[] = {{"entries", code_get_entries, NULL}, {NULL}};

static PyMethodDef code_methods[] = {
    {"reserve", code_reserve, METH_O, "The offset for code of this size."},
    {"write", code_write, METH_VARARGS, "Write code at an offset."},
    {"set_entry", code_set_entry, METH_VARARGS, "Say where a function begins."},
    {"entry", code_entry, METH_O, "Where a function begins, 0 while it is not compiled."},
    {NULL},
};

PyTypeObject zwasm_CodeType = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "zwasm._native.Code",
    .tp_doc = "A module's code.",
    .tp_basicsize = sizeof(Code),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_new = code_new,
    .tp_traverse = code_traverse,
    .tp_clear = code_clear,
    .tp_dealloc = code_dealloc,
    .tp_free = PyObject_GC_Del,
    .tp_members = code_members,
    .tp_getset = code_getset,
    .tp_methods = code_methods,
};

#endif
