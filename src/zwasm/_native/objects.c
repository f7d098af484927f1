/* Storage that generated code reads and writes: LinearMemory, Refs (tables), Cell (globals). */

#include "native.h"

#if ZWASM_CODE

#include <sys/mman.h>
#include <unistd.h>
#include <structmember.h>

#ifndef MAP_NORESERVE
#define MAP_NORESERVE 0
#endif

PyObject *zwasm_get_reference(uint64_t bits) {
    return Py_NewRef(bits == 0 ? Py_None : (PyObject *)(uintptr_t)bits);
}

uint64_t zwasm_bits_of(PyObject *reference) {
    return reference == Py_None ? 0 : (uint64_t)(uintptr_t)reference;
}

/* A reference left a table or global: generated code may still hold it. */
static void let_go(State *state, PyObject *old) {
    if (old == NULL)
        return;
    if (zwasm_running(state))
        zwasm_pin(&state->run, old);
    else
        Py_DECREF(old);
}

static int set_state(State **place, PyObject *value) {
    if (value == NULL || value == Py_None) {
        Py_CLEAR(*place);
        return 0;
    }
    if (!PyObject_TypeCheck(value, &zwasm_StateType)) {
        PyErr_SetString(PyExc_TypeError, "state is a State or None");
        return -1;
    }
    Py_XSETREF(*place, (State *)Py_NewRef(value));
    return 0;
}

static PyObject *get_state(State *state) {
    return Py_NewRef(state == NULL ? Py_None : (PyObject *)state);
}

/* LinearMemory */

static uint64_t host_page;

static uint64_t whole_pages(uint64_t size) { return (size + host_page - 1) & ~(host_page - 1); }

static PyObject *memory_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    static char *names[] = {"reserved", "guard", NULL};
    unsigned long long reserved, guard;
    PyObject *first, *second;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OO:LinearMemory", names, &first, &second))
        return NULL;
    reserved = PyLong_AsUnsignedLongLong(first);
    if (reserved == (unsigned long long)-1 && PyErr_Occurred())
        return NULL;
    guard = PyLong_AsUnsignedLongLong(second);
    if (guard == (unsigned long long)-1 && PyErr_Occurred())
        return NULL;
    host_page = (uint64_t)sysconf(_SC_PAGESIZE);
    if (reserved > (1ULL << 62) || guard > (1ULL << 62))
        return PyErr_NoMemory();
    LinearMemory *self = (LinearMemory *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    self->reserved = reserved;
    self->guard = guard;
    size_t size = whole_pages(reserved) + whole_pages(guard);
    char *base = mmap(NULL, size ? size : host_page, PROT_NONE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED) {
        Py_DECREF(self);
        return PyErr_NoMemory();
    }
    self->base = base;
    return (PyObject *)self;
}

static void memory_dealloc(PyObject *object) {
    LinearMemory *self = (LinearMemory *)object;
    if (self->base != NULL) {
        size_t size = whole_pages(self->reserved) + whole_pages(self->guard);
        munmap(self->base, size ? size : host_page);
    }
    Py_TYPE(object)->tp_free(object);
}

static PyObject *memory_commit(PyObject *object, PyObject *value) {
    LinearMemory *self = (LinearMemory *)object;
    unsigned long long size = PyLong_AsUnsignedLongLong(value);
    if (size == (unsigned long long)-1 && PyErr_Occurred())
        return NULL;
    if (size > self->reserved || size < self->size)
        Py_RETURN_FALSE;
    uint64_t from = whole_pages(self->size), to = whole_pages(size);
    if (to > from && mprotect(self->base + from, to - from, PROT_READ | PROT_WRITE) != 0)
        Py_RETURN_FALSE;
    __atomic_store_n(&self->size, size, __ATOMIC_RELEASE);
    Py_RETURN_TRUE;
}

static int memory_buffer(PyObject *object, Py_buffer *view, int flags) {
    LinearMemory *self = (LinearMemory *)object;
    return PyBuffer_FillInfo(view, object, self->base, (Py_ssize_t)self->reserved, 0, flags);
}

static PyBufferProcs memory_as_buffer = {.bf_getbuffer = memory_buffer};

static PyMemberDef memory_members[] = {
    {"size", T_ULONGLONG, offsetof(LinearMemory, size), READONLY},
    {"reserved", T_ULONGLONG, offsetof(LinearMemory, reserved), READONLY},
    {"guard", T_ULONGLONG, offsetof(LinearMemory, guard), READONLY},
    {"address", T_ULONGLONG, offsetof(LinearMemory, base), READONLY},
    {NULL},
};

static PyMethodDef memory_methods[] = {
    {"commit", memory_commit, METH_O, "Grow to so many bytes; False if refused."},
    {NULL},
};

PyTypeObject zwasm_LinearMemoryType = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "zwasm._native.LinearMemory",
    .tp_doc = "Address space for a memory.",
    .tp_basicsize = sizeof(LinearMemory),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = memory_new,
    .tp_dealloc = memory_dealloc,
    .tp_as_buffer = &memory_as_buffer,
    .tp_members = memory_members,
    .tp_methods = memory_methods,
};

/* Refs. Code may read the items while another thread, with the GIL, makes more room: the old
   block is kept as long as it runs, and the size is written last. */

static int refs_append(Refs *self, PyObject *cells) {
    PyObject *sequence = PySequence_Fast(cells, "references are a sequence");
    if (sequence == NULL)
        return -1;
    uint64_t count = (uint64_t)PySequence_Fast_GET_SIZE(sequence);
    uint64_t wanted = self->size + count;
    uint64_t room = (uint64_t)PyBytes_GET_SIZE(self->block) / sizeof(PyObject *);
    if (wanted > room) {
        room = self->size == 0 ? wanted : wanted + wanted / 4 + 8;
        PyObject *block = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(room * sizeof(PyObject *)));
        if (block == NULL) {
            Py_DECREF(sequence);
            return -1;
        }
        PyObject **items = (PyObject **)(void *)PyBytes_AS_STRING(block);
        memcpy(items, self->items, self->size * sizeof(PyObject *));
        PyObject *old = self->block;
        self->block = block;
        __atomic_store_n(&self->items, items, __ATOMIC_RELEASE);
        let_go(self->state, old);
    }
    for (uint64_t i = 0; i < count; i++) {
        PyObject *cell = PySequence_Fast_GET_ITEM(sequence, (Py_ssize_t)i);
        self->items[self->size + i] = cell == Py_None ? NULL : Py_NewRef(cell);
    }
    __atomic_store_n(&self->size, wanted, __ATOMIC_RELEASE);
    Py_DECREF(sequence);
    return 0;
}

static PyObject *refs_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    static char *names[] = {"cells", NULL};
    PyObject *cells = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O:Refs", names, &cells))
        return NULL;
    Refs *self = (Refs *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    self->block = PyBytes_FromStringAndSize(NULL, 0);
    if (self->block != NULL)
        self->items = (PyObject **)(void *)PyBytes_AS_STRING(self->block);
    if (self->block == NULL || (cells != NULL && refs_append(self, cells) < 0)) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

static int refs_traverse(PyObject *object, visitproc visit, void *arg) {
    Refs *self = (Refs *)object;
    Py_VISIT(self->state);
    for (uint64_t i = 0; i < self->size; i++)
        Py_VISIT(self->items[i]);
    return 0;
}

static int refs_clear(PyObject *object) {
    Refs *self = (Refs *)object;
    for (uint64_t i = 0; i < self->size; i++)
        Py_CLEAR(self->items[i]);
    Py_CLEAR(self->state);
    return 0;
}

static void refs_dealloc(PyObject *object) {
    PyObject_GC_UnTrack(object);
    refs_clear(object);
    Py_CLEAR(((Refs *)object)->block);
    Py_TYPE(object)->tp_free(object);
}

static Py_ssize_t refs_length(PyObject *object) { return (Py_ssize_t)((Refs *)object)->size; }

static PyObject *refs_item(PyObject *object, Py_ssize_t index) {
    Refs *self = (Refs *)object;
    if (index < 0 || (uint64_t)index >= self->size) {
        PyErr_SetString(PyExc_IndexError, "index out of range");
        return NULL;
    }
    PyObject *item = self->items[index];
    return Py_NewRef(item == NULL ? Py_None : item);
}

static int whole_slice(Refs *self, PyObject *key, Py_ssize_t *start, Py_ssize_t *count) {
    Py_ssize_t stop, step;
    if (PySlice_Unpack(key, start, &stop, &step) < 0)
        return -1;
    if (step != 1) {
        PyErr_SetString(PyExc_ValueError, "slices have step 1");
        return -1;
    }
    *count = PySlice_AdjustIndices((Py_ssize_t)self->size, start, &stop, step);
    return 0;
}

static PyObject *refs_list(Refs *self, Py_ssize_t start, Py_ssize_t count) {
    PyObject *list = PyList_New(count);
    for (Py_ssize_t i = 0; list != NULL && i < count; i++) {
        PyObject *item = self->items[start + i];
        PyList_SET_ITEM(list, i, Py_NewRef(item == NULL ? Py_None : item));
    }
    return list;
}

static int place_of(Refs *self, PyObject *key, Py_ssize_t *index) {
    *index = PyNumber_AsSsize_t(key, PyExc_IndexError);
    if (*index == -1 && PyErr_Occurred())
        return -1;
    if (*index < 0)
        *index += (Py_ssize_t)self->size;
    return 0;
}

static PyObject *refs_subscript(PyObject *object, PyObject *key) {
    Refs *self = (Refs *)object;
    Py_ssize_t start, count;
    if (PySlice_Check(key))
        return whole_slice(self, key, &start, &count) < 0 ? NULL : refs_list(self, start, count);
    return place_of(self, key, &start) < 0 ? NULL : refs_item(object, start);
}

static int refs_set(PyObject *object, PyObject *key, PyObject *value) {
    Refs *self = (Refs *)object;
    Py_ssize_t start, count = 1;
    if (value == NULL) {
        PyErr_SetString(PyExc_TypeError, "references are not deleted");
        return -1;
    }
    if (!PySlice_Check(key)) {
        if (place_of(self, key, &start) < 0)
            return -1;
        if (start < 0 || (uint64_t)start >= self->size) {
            PyErr_SetString(PyExc_IndexError, "index out of range");
            return -1;
        }
        PyObject *old = self->items[start];
        self->items[start] = value == Py_None ? NULL : Py_NewRef(value);
        let_go(self->state, old);
        return 0;
    }
    PyObject *cells = PySequence_List(value); /* a copy: finalizers may change the original */
    if (cells == NULL)
        return -1;
    if (whole_slice(self, key, &start, &count) < 0 || count != PyList_GET_SIZE(cells)) {
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_ValueError, "slices keep their length");
        Py_DECREF(cells);
        return -1;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *cell = PyList_GET_ITEM(cells, i), *old = self->items[start + i];
        self->items[start + i] = cell == Py_None ? NULL : Py_NewRef(cell);
        let_go(self->state, old);
    }
    Py_DECREF(cells);
    return 0;
}

static PyObject *refs_iter(PyObject *object) { return PySeqIter_New(object); }

static PyObject *refs_extend(PyObject *object, PyObject *cells) {
    if (refs_append((Refs *)object, cells) < 0)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *refs_copy(PyObject *object, PyObject *none) {
    return refs_list((Refs *)object, 0, (Py_ssize_t)((Refs *)object)->size);
}

static PyObject *refs_get_state(PyObject *object, void *closure) {
    return get_state(((Refs *)object)->state);
}

static int refs_set_state(PyObject *object, PyObject *value, void *closure) {
    return set_state(&((Refs *)object)->state, value);
}

static PySequenceMethods refs_as_sequence = {.sq_length = refs_length, .sq_item = refs_item};
static PyMappingMethods refs_as_mapping = {refs_length, refs_subscript, refs_set};
static PyGetSetDef refs_getset[] = {{"state", refs_get_state, refs_set_state}, {NULL}};
static PyMethodDef refs_methods[] = {
    {"extend", refs_extend, METH_O, "Append references."},
    {"copy", refs_copy, METH_NOARGS, "All references, as a list."},
    {NULL},
};

PyTypeObject zwasm_RefsType = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "zwasm._native.Refs",
    .tp_doc = "A sequence of references, for tables.",
    .tp_basicsize = sizeof(Refs),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_new = refs_new,
    .tp_traverse = refs_traverse,
    .tp_clear = refs_clear,
    .tp_dealloc = refs_dealloc,
    .tp_free = PyObject_GC_Del,
    .tp_iter = refs_iter,
    .tp_as_sequence = &refs_as_sequence,
    .tp_as_mapping = &refs_as_mapping,
    .tp_getset = refs_getset,
    .tp_methods = refs_methods,
};

/* Cell */

/* The words of an int of up to 128 bits. */
int zwasm_words_of(PyObject *number, uint64_t words[2]) {
    unsigned long long low = PyLong_AsUnsignedLongLong(number), high = 0;
    if (low == (unsigned long long)-1 && PyErr_Occurred()) { /* more than 64 bits, or negative */
        PyErr_Clear();
        PyObject *bits = PyLong_FromLong(64);
        PyObject *upper = bits == NULL ? NULL : PyNumber_Rshift(number, bits);
        Py_XDECREF(bits);
        if (upper == NULL)
            return -1;
        high = PyLong_AsUnsignedLongLong(upper);
        Py_DECREF(upper);
        if (high == (unsigned long long)-1 && PyErr_Occurred())
            return -1;
        low = PyLong_AsUnsignedLongLongMask(number);
    }
    words[0] = low;
    words[1] = high;
    return 0;
}

static int cell_set_value(PyObject *object, PyObject *value, void *closure) {
    Cell *self = (Cell *)object;
    if (value == NULL) {
        PyErr_SetString(PyExc_TypeError, "a cell has a value");
        return -1;
    }
    if (self->reference) {
        PyObject *old = (PyObject *)(uintptr_t)self->place[0];
        Py_INCREF(value);
        self->place[0] = zwasm_bits_of(value);
        if (value == Py_None)
            Py_DECREF(value);
        let_go(self->state, old);
        return 0;
    }
    if (!PyLong_Check(value)) {
        PyErr_SetString(PyExc_TypeError, "the cell of a number is an int");
        return -1;
    }
    return zwasm_words_of(value, self->place);
}

static PyObject *cell_get_value(PyObject *object, void *closure) {
    Cell *self = (Cell *)object;
    if (self->reference)
        return zwasm_get_reference(self->place[0]);
    PyObject *low = PyLong_FromUnsignedLongLong(self->place[0]);
    if (self->place[1] == 0 || low == NULL)
        return low;
    PyObject *high = PyLong_FromUnsignedLongLong(self->place[1]), *bits = PyLong_FromLong(64);
    PyObject *shifted = high && bits ? PyNumber_Lshift(high, bits) : NULL;
    PyObject *value = shifted ? PyNumber_Or(shifted, low) : NULL;
    Py_XDECREF(shifted);
    Py_XDECREF(bits);
    Py_XDECREF(high);
    Py_DECREF(low);
    return value;
}

static PyObject *cell_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    static char *names[] = {"reference", "value", NULL};
    int reference;
    PyObject *value;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "pO:Cell", names, &reference, &value))
        return NULL;
    Cell *self = (Cell *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    self->reference = (char)reference;
    self->place = self->own;
    if (cell_set_value((PyObject *)self, value, NULL) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

static int cell_traverse(PyObject *object, visitproc visit, void *arg) {
    Cell *self = (Cell *)object;
    if (self->reference)
        Py_VISIT((PyObject *)(uintptr_t)self->place[0]);
    Py_VISIT(self->state);
    Py_VISIT(self->context);
    return 0;
}

/* The context is kept: the value is in it. It does not keep the cell alive once it is cleared. */
static int cell_clear(PyObject *object) {
    Cell *self = (Cell *)object;
    if (self->reference) {
        PyObject *old = (PyObject *)(uintptr_t)self->place[0];
        self->place[0] = 0;
        Py_XDECREF(old);
    }
    Py_CLEAR(self->state);
    return 0;
}

static void cell_dealloc(PyObject *object) {
    PyObject_GC_UnTrack(object);
    cell_clear(object);
    Py_CLEAR(((Cell *)object)->context);
    Py_TYPE(object)->tp_free(object);
}

static PyObject *cell_get_state(PyObject *object, void *closure) {
    return get_state(((Cell *)object)->state);
}

static int cell_set_state(PyObject *object, PyObject *value, void *closure) {
    return set_state(&((Cell *)object)->state, value);
}

static PyGetSetDef cell_getset[] = {
    {"value", cell_get_value, cell_set_value},
    {"state", cell_get_state, cell_set_state},
    {NULL},
};

PyTypeObject zwasm_CellType = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "zwasm._native.Cell",
    .tp_doc = "Storage of a global.",
    .tp_basicsize = sizeof(Cell),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_new = cell_new,
    .tp_traverse = cell_traverse,
    .tp_clear = cell_clear,
    .tp_dealloc = cell_dealloc,
    .tp_free = PyObject_GC_Del,
    .tp_getset = cell_getset,
};

#endif
