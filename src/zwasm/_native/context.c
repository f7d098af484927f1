/* Context: what generated code finds at vm, one an instance; and the helpers it calls. */

#include "native.h"

#if ZWASM_CODE

#include <structmember.h>

#define CHUNK (4 << 20) /* bytes of a bulk operation between looks at what the monitor wants */

static PyObject *context_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    static char *names[] = {"size", "state", "code", NULL};
    Py_ssize_t size;
    State *state;
    Code *code;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "nO!O!:Context", names, &size, &zwasm_StateType,
                                     &state, &zwasm_CodeType, &code))
        return NULL;
    if (size < ABI_CTX_VARIABLE) {
        PyErr_SetString(PyExc_ValueError, "the size is too small");
        return NULL;
    }
    if (zwasm_make_stacks(&state->run) < 0 || zwasm_start_monitor() < 0)
        return NULL;
    Context *self = (Context *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    self->vm = calloc(1, (size_t)size); /* aligned to 16 bytes, as cells are */
    self->own = PyMem_Calloc((size_t)code->functions + 1, sizeof(Func *));
    self->kept = PyList_New(0);
    if (self->vm == NULL || self->own == NULL || self->kept == NULL) {
        Py_DECREF(self);
        return PyErr_NoMemory();
    }
    self->size = (size_t)size;
    self->state = (State *)Py_NewRef((PyObject *)state);
    self->code = (Code *)Py_NewRef((PyObject *)code);
    self->vm->limit = state->run.native_limit;
    self->vm->state = &state->run;
    self->vm->lazy = zwasm_lazy_stub;
    self->vm->trap = zwasm_trap_stub;
    self->vm->helper = zwasm_helper_stub;
    self->vm->object = self;
    return (PyObject *)self;
}

static int context_traverse(PyObject *object, visitproc visit, void *arg) {
    Context *self = (Context *)object;
    Py_VISIT(self->state);
    Py_VISIT(self->code);
    Py_VISIT(self->owner);
    Py_VISIT(self->operation);
    Py_VISIT(self->funcs);
    Py_VISIT(self->tables);
    Py_VISIT(self->memories);
    Py_VISIT(self->cells);
    Py_VISIT(self->kept);
    return 0;
}

/* Only what nobody refers to is cleared, so nothing of it runs; nothing shall run later either. */
static int context_clear(PyObject *object) {
    Context *self = (Context *)object;
    for (Py_ssize_t i = 0; self->own != NULL && self->code != NULL && i < self->code->functions; i++)
        if (self->own[i] != NULL) {
            Py_INCREF(self);
            zwasm_detach(self->own[i]);
            Py_DECREF(self);
        }
    Py_CLEAR(self->owner);
    Py_CLEAR(self->operation);
    Py_CLEAR(self->funcs);
    Py_CLEAR(self->tables);
    Py_CLEAR(self->memories);
    Py_CLEAR(self->cells);
    Py_CLEAR(self->kept);
    return 0;
}

static void context_dealloc(PyObject *object) {
    Context *self = (Context *)object;
    PyObject_GC_UnTrack(object); /* no function is attached any more: it would keep the context */
    Py_CLEAR(self->owner);
    Py_CLEAR(self->operation);
    Py_CLEAR(self->funcs);
    Py_CLEAR(self->tables);
    Py_CLEAR(self->memories);
    Py_CLEAR(self->cells);
    Py_CLEAR(self->kept);
    Py_CLEAR(self->state);
    Py_CLEAR(self->code);
    PyMem_Free(self->own);
    free(self->vm);
    Py_TYPE(object)->tp_free(object);
}

/* A tuple of objects of one type, or NULL with an exception. Functions that nobody needs as
   objects may be None. */
static PyObject *tuple_of(PyObject *objects, PyTypeObject *type) {
    PyObject *tuple = PySequence_Tuple(objects);
    for (Py_ssize_t i = 0; tuple != NULL && i < PyTuple_GET_SIZE(tuple); i++)
        if (!PyObject_TypeCheck(PyTuple_GET_ITEM(tuple, i), type) &&
            !(type == &zwasm_FuncType && PyTuple_GET_ITEM(tuple, i) == Py_None)) {
            PyErr_Format(PyExc_TypeError, "not a %s: %R", type->tp_name,
                         PyTuple_GET_ITEM(tuple, i));
            Py_CLEAR(tuple);
        }
    return tuple;
}

static PyObject *context_set_arrays(PyObject *object, PyObject *args, PyObject *kwargs) {
    static char *names[] = {"funcs", "tables", "memories", "cells", NULL};
    static PyTypeObject *const types[] = {&zwasm_FuncType, &zwasm_RefsType,
                                          &zwasm_LinearMemoryType, &zwasm_CellType};
    Context *self = (Context *)object;
    PyObject *given[4], *tuples[4];
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OOOO:set_arrays", names, &given[0], &given[1],
                                     &given[2], &given[3]))
        return NULL;
    for (int i = 0; i < 4; i++) {
        tuples[i] = tuple_of(given[i], types[i]);
        if (tuples[i] == NULL) {
            while (i-- > 0)
                Py_DECREF(tuples[i]);
            return NULL;
        }
    }
    self->vm->funcs = ((PyTupleObject *)tuples[0])->ob_item;
    Py_XSETREF(self->funcs, tuples[0]);
    Py_XSETREF(self->tables, tuples[1]);
    Py_XSETREF(self->memories, tuples[2]);
    Py_XSETREF(self->cells, tuples[3]);
    Py_RETURN_NONE;
}

static int check_offset(Context *self, Py_ssize_t offset, size_t size) {
    if (offset >= ABI_CTX_VARIABLE && offset % (Py_ssize_t)size == 0 &&
        (size_t)offset + size <= self->size)
        return 0;
    PyErr_SetString(PyExc_ValueError, "the offset is not in the context");
    return -1;
}

static PyObject *context_set_pointer(PyObject *object, PyObject *args) {
    Context *self = (Context *)object;
    Py_ssize_t offset;
    PyObject *target;
    void *pointer;
    if (!PyArg_ParseTuple(args, "nO:set_pointer", &offset, &target))
        return NULL;
    if (check_offset(self, offset, 8) < 0)
        return NULL;
    if (PyObject_TypeCheck(target, &zwasm_LinearMemoryType)) {
        pointer = &((LinearMemory *)target)->base;
    } else if (PyObject_TypeCheck(target, &zwasm_RefsType)) {
        pointer = &((Refs *)target)->items;
    } else if (PyObject_TypeCheck(target, &zwasm_CellType)) {
        Cell *cell = (Cell *)target;
        pointer = cell->place;
    } else if (PyObject_TypeCheck(target, &zwasm_FuncType)) {
        pointer = target;
    } else {
        PyErr_SetString(PyExc_TypeError, "contexts do not point to such objects");
        return NULL;
    }
    if (PyList_Append(self->kept, target) < 0)
        return NULL;
    memcpy((char *)self->vm + offset, &pointer, 8);
    Py_RETURN_NONE;
}

static PyObject *context_adopt(PyObject *object, PyObject *args) {
    Context *self = (Context *)object;
    Py_ssize_t offset;
    Cell *cell;
    if (!PyArg_ParseTuple(args, "nO!:adopt", &offset, &zwasm_CellType, &cell))
        return NULL;
    if (check_offset(self, offset, 16) < 0)
        return NULL;
    if (cell->place != cell->own) {
        PyErr_SetString(PyExc_ValueError, "the cell is in a context already");
        return NULL;
    }
    cell->place = (uint64_t *)(void *)((char *)self->vm + offset);
    memcpy(cell->place, cell->own, 16);
    cell->context = (Context *)Py_NewRef(object);
    Py_RETURN_NONE;
}

static PyObject *context_set_memory(PyObject *object, PyObject *memory) {
    Context *self = (Context *)object;
    if (!PyObject_TypeCheck(memory, &zwasm_LinearMemoryType)) {
        PyErr_SetString(PyExc_TypeError, "a memory is a LinearMemory");
        return NULL;
    }
    if (PyList_Append(self->kept, memory) < 0)
        return NULL;
    self->vm->memory = ((LinearMemory *)memory)->base;
    Py_RETURN_NONE;
}

/* Helpers. Those that count references or call Python take the GIL. */

static LinearMemory *memory_of(Vm *vm, uint32_t index) {
    return (LinearMemory *)PyTuple_GET_ITEM(vm->object->memories, index);
}

static Refs *table_of(Vm *vm, uint32_t index) {
    return (Refs *)PyTuple_GET_ITEM(vm->object->tables, index);
}

static int poll_if_wanted(Run *run) {
    if (!zwasm_wanted(run, REQUEST_SAMPLE | REQUEST_POLL))
        return 0;
    if (zwasm_wanted(run, REQUEST_SAMPLE))
        zwasm_sample(run, LEAF_NONE);
    return zwasm_wanted(run, REQUEST_POLL) ? zwasm_poll(run) : 0;
}

static int fits(LinearMemory *memory, uint64_t from, uint64_t count) {
    uint64_t size = __atomic_load_n(&memory->size, __ATOMIC_ACQUIRE);
    return from <= size && count <= size - from;
}

static int memory_fill(Vm *vm, uint64_t *at, uint32_t x) {
    LinearMemory *memory = memory_of(vm, x);
    uint64_t to = at[0], count = at[2];
    int value = (int)(at[1] & 0xFF), code = 0;
    if (!fits(memory, to, count))
        return ABI_TRAP_MEMORY;
    while (count > CHUNK && code == 0) {
        memset(memory->base + to, value, CHUNK);
        to += CHUNK;
        count -= CHUNK;
        code = poll_if_wanted(vm->state);
    }
    if (code == 0)
        memset(memory->base + to, value, count);
    return code;
}

static int memory_copy(Vm *vm, uint64_t *at, uint32_t x, uint32_t y) {
    LinearMemory *into = memory_of(vm, x), *from = memory_of(vm, y);
    uint64_t count = at[2];
    if (!fits(into, at[0], count) || !fits(from, at[1], count))
        return ABI_TRAP_MEMORY;
    char *to = into->base + at[0], *source = from->base + at[1];
    int backward = to > source, code = 0;
    while (count > CHUNK && code == 0) {
        count -= CHUNK;
        if (backward) {
            memmove(to + count, source + count, CHUNK);
        } else {
            memmove(to, source, CHUNK);
            to += CHUNK;
            source += CHUNK;
        }
        code = poll_if_wanted(vm->state);
    }
    if (code == 0)
        memmove(to, source, count);
    return code;
}

static int table_get(Vm *vm, uint64_t *at, uint32_t x) {
    Refs *table = table_of(vm, x);
    if (at[0] >= __atomic_load_n(&table->size, __ATOMIC_ACQUIRE))
        return ABI_TRAP_TABLE;
    at[0] = (uint64_t)(uintptr_t)table->items[at[0]];
    return 0;
}

static int table_set(Vm *vm, uint64_t *at, uint32_t x) {
    Refs *table = table_of(vm, x);
    if (at[0] >= table->size)
        return ABI_TRAP_TABLE;
    PyObject *value = (PyObject *)(uintptr_t)at[1], *old = table->items[at[0]];
    Py_XINCREF(value);
    table->items[at[0]] = value;
    if (old != NULL)
        zwasm_pin(vm->state, old);
    return 0;
}

static int global_set(Vm *vm, uint64_t *at, uint32_t x) {
    Cell *cell = (Cell *)PyTuple_GET_ITEM(vm->object->cells, x);
    PyObject *value = (PyObject *)(uintptr_t)at[0], *old = (PyObject *)(uintptr_t)cell->place[0];
    Py_XINCREF(value);
    cell->place[0] = at[0];
    if (old != NULL)
        zwasm_pin(vm->state, old);
    return 0;
}

static int callee(Vm *vm, uint64_t *at, uint32_t type_id, uint32_t y) {
    Refs *table = table_of(vm, y);
    if (at[0] >= __atomic_load_n(&table->size, __ATOMIC_ACQUIRE))
        return ABI_TRAP_UNDEFINED;
    Func *func = (Func *)table->items[at[0]];
    if (func == NULL)
        return ABI_TRAP_UNINITIALIZED;
    int found = func->type_id == (int64_t)type_id;
    for (size_t i = 0; !found && i < func->ancestor_count; i++)
        found = func->ancestors[i] == (int64_t)type_id;
    if (!found)
        return ABI_TRAP_MISMATCH;
    at[0] = (uint64_t)(uintptr_t)func;
    return 0;
}

/* A result that is an int is a number, any other a reference. */
static int call_operation(Vm *vm, uint64_t *at, uint32_t x, uint32_t y, int reference) {
    PyObject *operation = vm->object->operation, *args[6] = {NULL}, *result = NULL;
    int code = ABI_TRAP_PYTHON;
    args[1] = PyLong_FromUnsignedLong(x);
    args[2] = PyLong_FromUnsignedLong(y);
    for (int i = 0; i < 3; i++)
        args[3 + i] =
            i == reference ? zwasm_get_reference(at[i]) : PyLong_FromUnsignedLongLong(at[i]);
    if (operation == NULL || operation == Py_None) {
        PyErr_SetString(PyExc_SystemError, "the context has no operation");
    } else if (args[1] && args[2] && args[3] && args[4] && args[5]) {
        int64_t activations = vm->state->activations;
        Py_INCREF(operation);
        result = PyObject_Vectorcall(operation, args + 1, 5 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
        Py_DECREF(operation);
        zwasm_check_nesting(vm->state, activations);
    }
    if (result != NULL)
        code = 0;
    if (result != NULL && PyLong_Check(result)) {
        at[0] = PyLong_AsUnsignedLongLongMask(result);
    } else if (result != NULL && result != Py_None) {
        at[0] = (uint64_t)(uintptr_t)result;
        zwasm_pin(vm->state, Py_NewRef(result));
    }
    Py_XDECREF(result);
    for (int i = 1; i < 6; i++)
        Py_XDECREF(args[i]);
    return code;
}

int zwasm_call_helper(Vm *vm, uint64_t *at, uint32_t x, uint32_t word) {
    Run *run = vm->state;
    uint32_t number = word & 0xFF, y = word >> 8;
    int code;
    zwasm_step_out(run, at + 8);
    switch (number) {
    case ABI_HELPER_MEMORY_FILL:
        code = memory_fill(vm, at, x);
        break;
    case ABI_HELPER_MEMORY_COPY:
        code = memory_copy(vm, at, x, y);
        break;
    case ABI_HELPER_TABLE_GET:
        code = table_get(vm, at, x);
        break;
    case ABI_HELPER_CALLEE:
        code = callee(vm, at, x, y);
        break;
    default:
        if (run->thread_state != NULL)
            zwasm_take_gil(run);
        if (number == ABI_HELPER_TABLE_SET)
            code = table_set(vm, at, x);
        else if (number == ABI_HELPER_GLOBAL_SET)
            code = global_set(vm, at, x);
        else /* HELPER_PYTHON: none, or the slot that is a reference */
            code = call_operation(vm, at, x, y, (int)number - ABI_HELPER_PYTHON - 1);
    }
    if (code == 0)
        code = poll_if_wanted(run);
    if (code == 0)
        zwasm_step_in(run);
    return code;
}

/* The type. */

static PyMemberDef context_members[] = {
    {"address", T_ULONGLONG, offsetof(Context, vm), READONLY},
    {"owner", T_OBJECT, offsetof(Context, owner), 0},
    {"operation", T_OBJECT, offsetof(Context, operation), 0},
    {NULL},
};

static PyMethodDef context_methods[] = {
    {"set_arrays", (PyCFunction)(void (*)(void))context_set_arrays, METH_VARARGS | METH_KEYWORDS,
     "Set all functions, tables, memories and globals."},
    {"set_pointer", context_set_pointer, METH_VARARGS, "Put an object's address at an offset."},
    {"adopt", context_adopt, METH_VARARGS, "Move a cell to an offset."},
    {"set_memory", context_set_memory, METH_O, "Say what memory 0 is."},
    {NULL},
};

PyTypeObject zwasm_ContextType = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "zwasm._native.Context",
    .tp_doc = "What an instance's code finds in its context.",
    .tp_basicsize = sizeof(Context),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_new = context_new,
    .tp_traverse = context_traverse,
    .tp_clear = context_clear,
    .tp_dealloc = context_dealloc,
    .tp_free = PyObject_GC_Del,
    .tp_members = context_members,
    .tp_methods = context_methods,
};

#endif
