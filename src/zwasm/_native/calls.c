/* Calls from Python into generated code, and from generated code to Python functions.

   Values are converted here where they are of the exact types int, float and bytes and in range;
   the hooks convert and refuse all others. */

#include "native.h"

#if ZWASM_CODE

#if PY_VERSION_HEX < 0x030B0000
#include <longintrepr.h>
#endif

#define FEW 8 /* arguments for which room is on the stack */

typedef uint64_t Vector __attribute__((vector_size(16)));

/* Numbers. */

static inline int small_int(PyObject *value, int64_t *number) {
#if PY_VERSION_HEX >= 0x030C0000
    if (!PyUnstable_Long_IsCompact((PyLongObject *)value))
        return 0;
    *number = PyUnstable_Long_CompactValue((PyLongObject *)value);
#else
    Py_ssize_t size = Py_SIZE(value);
    if (size < -1 || size > 1)
        return 0;
    *number = size * (int64_t)((PyLongObject *)value)->ob_digit[0];
#endif
    return 1;
}

/* The bits of an exact int, signed or unsigned; 0 if out of range. */
static inline int int_bits(PyObject *value, int is64, uint64_t *bits) {
    int64_t number;
    if (!small_int(value, &number)) {
        int overflow;
        number = PyLong_AsLongLongAndOverflow(value, &overflow);
        if (overflow != 0) {
            if (overflow < 0 || !is64)
                return 0;
            unsigned long long large = PyLong_AsUnsignedLongLong(value);
            if (large == (unsigned long long)-1 && PyErr_Occurred()) {
                PyErr_Clear();
                return 0;
            }
            *bits = large;
            return 1;
        }
    }
    if (is64) {
        *bits = (uint64_t)number;
        return 1;
    }
    *bits = (uint32_t)number;
    return number >= INT32_MIN && number <= UINT32_MAX;
}

/* No conversion by the machine for NaNs, which would make them quiet. */
static inline uint32_t f32_bits(double value) {
    uint64_t wide;
    uint32_t bits;
    memcpy(&wide, &value, 8);
    if (value != value) {
        uint32_t payload = (uint32_t)(wide >> 29) & 0x7FFFFF;
        return (uint32_t)(wide >> 63) << 31 | 0x7F800000 | (payload ? payload : 0x400000);
    }
    float narrow = (float)value;
    memcpy(&bits, &narrow, 4);
    return bits;
}

static PyObject *float_of_f32(uint32_t bits) {
    double value;
    if ((bits & 0x7F800000) == 0x7F800000 && (bits & 0x7FFFFF) != 0) {
        uint64_t wide = (uint64_t)(bits >> 31) << 63 | 0x7FF0000000000000 |
                        (uint64_t)(bits & 0x7FFFFF) << 29;
        memcpy(&value, &wide, 8);
    } else {
        float narrow;
        memcpy(&narrow, &bits, 4);
        value = narrow;
    }
    return PyFloat_FromDouble(value);
}

/* The Python value of what is in a register or, from a slot on, in a frame. */
static inline PyObject *value_of(uint8_t type, const uint64_t *slot) {
    uint64_t bits = *slot;
    switch (type) {
    case I32:
        return PyLong_FromLong((int32_t)bits);
    case I64:
        return PyLong_FromLongLong((int64_t)bits);
    case F32:
        return float_of_f32((uint32_t)bits);
    case F64: {
        double value;
        memcpy(&value, &bits, 8);
        return PyFloat_FromDouble(value);
    }
    case V128:
        return PyBytes_FromStringAndSize((const char *)slot, 16);
    default:
        return zwasm_get_reference(bits);
    }
}

/* Put a value into slots if it is one of the plain cases: how many it takes, or 0. References are
   borrowed. */
static inline int put_plain(uint8_t type, PyObject *value, uint64_t *bits) {
    double number;
    switch (type) {
    case I32:
        return PyLong_CheckExact(value) && int_bits(value, 0, bits);
    case I64:
        return PyLong_CheckExact(value) && int_bits(value, 1, bits);
    case F32:
        if (!PyFloat_CheckExact(value))
            return 0;
        *bits = f32_bits(PyFloat_AS_DOUBLE(value));
        return 1;
    case F64:
        if (!PyFloat_CheckExact(value))
            return 0;
        number = PyFloat_AS_DOUBLE(value);
        memcpy(bits, &number, 8);
        return 1;
    case V128:
        if (!PyBytes_CheckExact(value) || PyBytes_GET_SIZE(value) != 16)
            return 0;
        memcpy(bits, PyBytes_AS_STRING(value), 16);
        return 2;
    case ANY:
        *bits = zwasm_bits_of(value);
        return 1;
    default:
        return 0;
    }
}

/* Put a cell into slots: how many it takes, or -1. A reference is pinned, and taken from the
   caller. */
static int put_cell(Run *run, uint8_t type, PyObject *cell, uint64_t *slot) {
    if (type == ANY || type == OTHER) {
        *slot = zwasm_bits_of(cell);
        if (*slot != 0)
            zwasm_pin(run, cell);
        else
            Py_DECREF(cell);
        return 1;
    }
    if (type == V128) {
        uint64_t words[2];
        int error = zwasm_words_of(cell, words);
        Py_DECREF(cell);
        if (error)
            return -1;
        memcpy(slot, words, 16);
        return 2;
    }
    uint64_t bits = PyLong_AsUnsignedLongLongMask(cell);
    Py_DECREF(cell);
    if (bits == (uint64_t)-1 && PyErr_Occurred())
        return -1;
    *slot = type == I32 || type == F32 ? (uint32_t)bits : bits;
    return 1;
}

/* What the plain cases do not know. */
static int put_by_hook(PyObject *hook, Run *run, Func *func, uint32_t index, uint8_t type,
                       PyObject *value, uint64_t *slot) {
    if (hook == NULL) {
        PyErr_SetString(PyExc_SystemError, "no hooks are set");
        return -1;
    }
    PyObject *cell = PyObject_CallFunction(hook, "OIO", func, index, value);
    return cell == NULL ? -1 : put_cell(run, type, cell, slot);
}

/* Calls from Python. */

/* Raise what an activation that ended by a trap or an exception raises. */
static void raise_trap(Run *run, int code, char *end) {
    PyObject *exception = NULL;
    if (code == ABI_TRAP_PYTHON) {
#if PY_VERSION_HEX >= 0x030C0000
        exception = PyErr_GetRaisedException();
#else
        PyObject *type, *trace;
        PyErr_Fetch(&type, &exception, &trace);
        PyErr_NormalizeException(&type, &exception, &trace);
        if (trace != NULL && exception != NULL)
            PyException_SetTraceback(exception, trace);
        Py_XDECREF(type);
        Py_XDECREF(trace);
#endif
    }
    PyObject *addresses = zwasm_addresses(run->native, end);
    PyObject *found = NULL;
    if (addresses != NULL && zwasm_hooks.unwind != NULL)
        found = PyObject_CallFunction(zwasm_hooks.unwind, "iOO", code,
                                      exception ? exception : Py_None, addresses);
    else if (addresses != NULL)
        PyErr_Format(PyExc_SystemError, "trap %d, and no hooks are set", code);
    Py_XDECREF(addresses);
    Py_XDECREF(exception);
    zwasm_raise(found);
}

/* Whether a single result of the type is in f, not in acc. */
static inline int is_in_f(uint8_t type) { return type == F32 || type == F64 || type == V128; }

static PyObject *results_of(Func *func, Run *run, uint64_t *fp) {
    uint8_t *types = func->types + func->params;
    if (func->results == 1)
        return value_of(types[0], is_in_f(types[0]) ? run->f : &run->acc);
    if (func->results == 0)
        Py_RETURN_NONE;
    PyObject *tuple = PyTuple_New(func->results);
    for (uint32_t i = 0; tuple != NULL && i < func->results; i++) {
        PyObject *value = value_of(types[i], fp);
        if (value == NULL)
            Py_CLEAR(tuple);
        else
            PyTuple_SET_ITEM(tuple, i, value);
        fp += types[i] == V128 ? 2 : 1;
    }
    return tuple;
}

static PyObject *call_code(Func *func, PyObject *const *args) {
    Vm *vm = func->vm;
    Run *run = vm->state;
    Record *record = run->record;
    PyObject *result = NULL;
    if (zwasm_begin_activation(run) < 0)
        return NULL;
    Py_INCREF(func);
    uint64_t *fp = run->free;
    char *native = run->native;
    int64_t depth = run->depth;
    /* Below what other frames use, those of another engine included. */
    char *stack = run->native_top - depth * FRAME_SIZE;
    if (native < stack)
        stack = native;
    int64_t rest = (stack - run->native_limit) / FRAME_SIZE;
    int64_t wanted = rest < 0 ? 0 : rest * ABI_SLOTS_PER_COST;
    if (unlikely(run->slots_end - fp < wanted + func->slots + (1 << 14))) {
        zwasm_too_deep(run);
        goto left;
    }
    run->free = fp + func->slots; /* conversions may enter again */
    uint64_t *slot = fp;
    for (uint32_t i = 0; i < func->params; i++) {
        uint8_t type = func->types[i];
        int count = put_plain(type, args[i], slot);
        if (unlikely(count == 0))
            count = put_by_hook(zwasm_hooks.argument, run, func, i, type, args[i], slot);
        if (unlikely(count < 0))
            goto left;
        slot += count;
    }
    int active = atomic_load_explicit(&record->active, memory_order_relaxed);
    if (unlikely(active) && zwasm_wanted(run, REQUEST_SAMPLE))
        zwasm_sample(run, LEAF_HOST); /* ticks of the caller */
    atomic_store_explicit(&record->active, 1, memory_order_relaxed);
    zwasm_step_in(run);
    int code = zwasm_enter(func->entry, vm, fp, stack, run);
    atomic_store_explicit(&record->inside, 0, memory_order_relaxed);
    atomic_store_explicit(&record->active, active, memory_order_relaxed);
    if (unlikely(run->thread_state != NULL))
        zwasm_take_gil(run);
    if (likely(code == 0)) {
        result = results_of(func, run, fp);
    } else {
        if (zwasm_wanted(run, REQUEST_SAMPLE))
            zwasm_sample(run, LEAF_NONE);
        raise_trap(run, code, stack);
    }
left:
    run->free = fp;
    run->native = native;
    zwasm_end_activation(run, depth);
    Py_DECREF(func);
    return result;
}

PyObject *zwasm_call(PyObject *object, PyObject *const *args, size_t flags, PyObject *names) {
    Func *func = (Func *)object;
    Py_ssize_t count = PyVectorcall_NARGS(flags);
    if (unlikely(names != NULL && PyTuple_GET_SIZE(names) != 0)) {
        PyErr_SetString(PyExc_TypeError, "a wasm function takes no keyword arguments");
        return NULL;
    }
    if (likely(func->vm != NULL)) {
        if (likely(count == func->params))
            return call_code(func, args);
        if (zwasm_hooks.wrong_count != NULL) {
            zwasm_raise(PyObject_CallFunction(zwasm_hooks.wrong_count, "On", func, count));
            return NULL;
        }
    }
    if (zwasm_hooks.call == NULL) {
        PyErr_SetString(PyExc_SystemError, "no hooks are set");
        return NULL;
    }
    PyObject *tuple = PyTuple_New(count);
    if (tuple == NULL)
        return NULL;
    for (Py_ssize_t i = 0; i < count; i++)
        PyTuple_SET_ITEM(tuple, i, Py_NewRef(args[i]));
    PyObject *result = PyObject_CallFunctionObjArgs(zwasm_hooks.call, object, tuple, NULL);
    Py_DECREF(tuple);
    return result;
}

/* Calls from generated code. */

/* Put a host function's result into slots, and a single one into acc or f. Takes the result. */
static int put_results(Run *run, Func *func, PyObject *result, uint64_t *fp) {
    uint8_t *types = func->types + func->params;
    uint32_t count = func->results;
    if (count == 1) {
        if (likely(put_plain(types[0], result, fp) != 0)) {
            if (types[0] == ANY && fp[0] != 0)
                zwasm_pin(run, result);
            else
                Py_DECREF(result);
        } else {
            int put = put_by_hook(zwasm_hooks.result, run, func, 0, types[0], result, fp);
            Py_DECREF(result);
            if (put < 0)
                return -1;
        }
        /* Written as a whole: it will be read as a whole. */
        Vector f = {fp[0], types[0] == V128 ? fp[1] : 0};
        memcpy(run->f, &f, 16);
        run->acc = fp[0];
        return 0;
    }
    if (count == 0 && result == Py_None) {
        Py_DECREF(result);
        return 0;
    }
    PyObject *cells = NULL;
    if (zwasm_hooks.results != NULL)
        cells = PyObject_CallFunctionObjArgs(zwasm_hooks.results, (PyObject *)func, result, NULL);
    else
        PyErr_SetString(PyExc_SystemError, "no hooks are set");
    Py_DECREF(result);
    if (cells == NULL)
        return -1;
    int error = 0;
    if (!PyList_Check(cells) || PyList_GET_SIZE(cells) != count) {
        PyErr_SetString(PyExc_TypeError, "the hook returned a wrong number of cells");
        error = -1;
    }
    for (uint32_t i = 0; error == 0 && i < count; i++) {
        int put = put_cell(run, types[i], Py_NewRef(PyList_GET_ITEM(cells, i)), fp);
        if (put < 0)
            error = -1;
        else
            fp += put;
    }
    Py_DECREF(cells);
    return error;
}

static PyObject *public_of(Vm *vm) {
    static PyObject *name;
    PyObject *owner = vm->object->owner;
    if (owner == NULL || owner == Py_None)
        return Py_NewRef(Py_None);
    if (name == NULL && (name = PyUnicode_InternFromString("public")) == NULL)
        return NULL;
    return PyObject_GetAttr(owner, name);
}

static PyObject *call_python(Vm *vm, Func *func, uint64_t *fp) {
    PyObject *few[FEW + 2], **values = few, *result = NULL;
    size_t count = 0;
    int by_hook = func->host == NULL || func->host == Py_None;
    if (func->params > FEW) {
        values = PyMem_Malloc((func->params + 2) * sizeof(PyObject *));
        if (values == NULL)
            return PyErr_NoMemory();
    }
    PyObject **args = values + 1; /* PY_VECTORCALL_ARGUMENTS_OFFSET */
    if (func->caller && !by_hook) {
        args[0] = public_of(vm);
        if (args[0] == NULL)
            goto left;
        count = 1;
    }
    for (uint32_t i = 0; i < func->params; i++) {
        PyObject *value = value_of(func->types[i], fp);
        if (value == NULL)
            goto left;
        args[count++] = value;
        fp += func->types[i] == V128 ? 2 : 1;
    }
    if (likely(!by_hook)) {
        PyObject *host = Py_NewRef(func->host);
        result = PyObject_Vectorcall(host, args, count | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
        Py_DECREF(host);
    } else if (zwasm_hooks.call != NULL) { /* another engine's */
        PyObject *tuple = PyTuple_New((Py_ssize_t)count);
        for (size_t i = 0; tuple != NULL && i < count; i++)
            PyTuple_SET_ITEM(tuple, (Py_ssize_t)i, Py_NewRef(args[i]));
        if (tuple != NULL)
            result = PyObject_CallFunctionObjArgs(zwasm_hooks.call, (PyObject *)func, tuple, NULL);
        Py_XDECREF(tuple);
    } else {
        PyErr_SetString(PyExc_SystemError, "no hooks are set");
    }
left:
    while (count > 0)
        Py_DECREF(args[--count]);
    if (values != few)
        PyMem_Free(values);
    return result;
}

int zwasm_call_host(Vm *vm, Func *func, uint64_t *fp) {
    Run *run = vm->state;
    zwasm_step_out(run, fp + func->slots);
    if (run->thread_state != NULL)
        zwasm_take_gil(run);
    int64_t activations = run->activations;
    PyObject *result = call_python(vm, func, fp);
    zwasm_check_nesting(run, activations);
    if (zwasm_wanted(run, REQUEST_SAMPLE))
        zwasm_sample_host(run, func);
    if (result == NULL || put_results(run, func, result, fp) < 0)
        return ABI_TRAP_PYTHON;
    if (zwasm_wanted(run, REQUEST_POLL)) {
        uint64_t acc = run->acc, f[2];
        memcpy(f, run->f, 16);
        int code = zwasm_poll(run);
        if (code != 0)
            return code;
        run->acc = acc;
        memcpy(run->f, f, 16);
    }
    zwasm_step_in(run);
    return 0;
}

#endif
