/* FuncBase: what is called, from Python and from generated code. The calls are in calls.c. */

#include "native.h"

#if ZWASM_CODE

#include <structmember.h>

static PyObject *func_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    Func *self = (Func *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    self->vectorcall = zwasm_call;
    self->type_id = -1;
    self->index = -1;
    self->own = -1;
    self->entry = self->cross = self->tail = zwasm_host_stub;
    return (PyObject *)self;
}

static int func_traverse(PyObject *object, visitproc visit, void *arg) {
    Func *self = (Func *)object;
    Py_VISIT(self->context);
    Py_VISIT(self->state);
    Py_VISIT(self->host);
    Py_VISIT(self->type);
    Py_VISIT(self->store);
    Py_VISIT(self->instance);
    Py_VISIT(self->code);
    Py_VISIT(self->name);
    return 0;
}

/* Make it a function that is called by hooks. */
void zwasm_detach(Func *self) {
    Context *context = self->context;
    self->entry = self->cross = self->tail = zwasm_host_stub;
    self->vm = NULL;
    self->context = NULL;
    if (context != NULL) {
        if (context->own != NULL && context->own[self->own] == self)
            context->own[self->own] = NULL;
        Py_DECREF(context);
    }
}

static int func_clear(PyObject *object) {
    Func *self = (Func *)object;
    zwasm_detach(self);
    Py_CLEAR(self->state);
    Py_CLEAR(self->host);
    Py_CLEAR(self->type);
    Py_CLEAR(self->store);
    Py_CLEAR(self->instance);
    Py_CLEAR(self->code);
    Py_CLEAR(self->name);
    return 0;
}

static void func_dealloc(PyObject *object) {
    Func *self = (Func *)object;
    PyObject_GC_UnTrack(object);
    func_clear(object);
    PyMem_Free(self->types);
    PyMem_Free(self->ancestors);
    Py_TYPE(object)->tp_free(object);
}

static uint32_t slots_of(const uint8_t *types, Py_ssize_t count) {
    uint32_t slots = 0;
    for (Py_ssize_t i = 0; i < count; i++)
        slots += types[i] == V128 ? 2 : 1;
    return slots;
}

static PyObject *func_signature(PyObject *object, PyObject *args) {
    Func *self = (Func *)object;
    Py_buffer params, results;
    if (!PyArg_ParseTuple(args, "y*y*:_signature", &params, &results))
        return NULL;
    uint8_t *types = PyMem_Malloc((size_t)(params.len + results.len) + 1);
    if (types == NULL) {
        PyErr_NoMemory();
    } else if (self->vm != NULL || params.len > UINT16_MAX || results.len > UINT16_MAX) {
        PyErr_SetString(PyExc_ValueError, "the signature cannot be set");
        PyMem_Free(types);
        types = NULL;
    } else {
        memcpy(types, params.buf, (size_t)params.len);
        memcpy(types + params.len, results.buf, (size_t)results.len);
        PyMem_Free(self->types);
        self->types = types;
        self->params = (uint32_t)params.len;
        self->results = (uint32_t)results.len;
        uint32_t given = slots_of(types, params.len);
        uint32_t back = slots_of(types + params.len, results.len);
        self->slots = given > back ? given : back;
    }
    PyBuffer_Release(&params);
    PyBuffer_Release(&results);
    if (types == NULL)
        return NULL;
    Py_RETURN_NONE;
}

static int attach(Func *self, Context *context, Py_ssize_t index) {
    if (context->code == NULL || index < 0 || index >= context->code->functions) {
        PyErr_SetString(PyExc_IndexError, "the code has no such function");
        return -1;
    }
    if (self->types == NULL) {
        PyErr_SetString(PyExc_ValueError, "functions without a signature are not attached");
        return -1;
    }
    zwasm_detach(self);
    self->context = (Context *)Py_NewRef((PyObject *)context);
    self->own = index;
    context->own[index] = self;
    self->entry = (void *)(uintptr_t)context->code->entries[index];
    self->cross = zwasm_cross_stub;
    self->tail = zwasm_tail_stub;
    self->vm = context->vm;
    return 0;
}

static PyObject *func_attach(PyObject *object, PyObject *args) {
    Context *context;
    Py_ssize_t index;
    if (!PyArg_ParseTuple(args, "O!n:_attach", &zwasm_ContextType, &context, &index) ||
        attach((Func *)object, context, index) < 0)
        return NULL;
    Py_RETURN_NONE;
}

/* A wasm function of the same instance and type, with another index. */
static PyObject *func_like(PyObject *object, PyObject *value) {
    Func *self = (Func *)object;
    Py_ssize_t index = PyNumber_AsSsize_t(value, PyExc_OverflowError);
    if (index == -1 && PyErr_Occurred())
        return NULL;
    Func *made = (Func *)func_new(Py_TYPE(object), NULL, NULL);
    if (made == NULL)
        return NULL;
    made->type_id = self->type_id;
    made->index = index;
    made->params = self->params;
    made->results = self->results;
    made->slots = self->slots;
    made->types = PyMem_Malloc((size_t)self->params + self->results + 1);
    made->ancestors = PyMem_Malloc((self->ancestor_count + 1) * sizeof(int64_t));
    if (made->types == NULL || made->ancestors == NULL) {
        Py_DECREF(made);
        return PyErr_NoMemory();
    }
    if (self->types != NULL)
        memcpy(made->types, self->types, (size_t)self->params + self->results);
    if (self->ancestor_count > 0)
        memcpy(made->ancestors, self->ancestors, self->ancestor_count * sizeof(int64_t));
    made->ancestor_count = self->ancestor_count;
    made->state = (State *)Py_XNewRef((PyObject *)self->state);
    made->type = Py_XNewRef(self->type);
    made->store = Py_XNewRef(self->store);
    made->instance = Py_XNewRef(self->instance);
    if (self->context != NULL &&
        attach(made, self->context, self->own + index - self->index) < 0) {
        Py_DECREF(made);
        return NULL;
    }
    return (PyObject *)made;
}

static PyObject *func_set_ancestors(PyObject *object, PyObject *ids) {
    Func *self = (Func *)object;
    PyObject *sequence = PySequence_Fast(ids, "ancestors are a sequence");
    if (sequence == NULL)
        return NULL;
    size_t count = (size_t)PySequence_Fast_GET_SIZE(sequence);
    int64_t *ancestors = PyMem_Malloc((count + 1) * sizeof(int64_t));
    for (size_t i = 0; ancestors != NULL && i < count; i++)
        ancestors[i] = PyLong_AsLongLong(PySequence_Fast_GET_ITEM(sequence, (Py_ssize_t)i));
    Py_DECREF(sequence);
    if (ancestors == NULL)
        return PyErr_NoMemory();
    if (PyErr_Occurred()) {
        PyMem_Free(ancestors);
        return NULL;
    }
    PyMem_Free(self->ancestors);
    self->ancestors = ancestors;
    self->ancestor_count = count;
    Py_RETURN_NONE;
}

static PyObject *get_store(PyObject *object, void *closure) {
    PyObject *store = ((Func *)object)->store;
    return Py_NewRef(store == NULL ? Py_None : store);
}

static int set_store(PyObject *object, PyObject *store, void *closure) {
    Func *self = (Func *)object;
    PyObject *state = NULL;
    if (store != NULL && store != Py_None) {
        state = PyObject_GetAttrString(store, "state");
        if (state == NULL)
            return -1;
        if (!PyObject_TypeCheck(state, &zwasm_StateType)) {
            PyErr_SetString(PyExc_TypeError, "the store's state is no State");
            Py_DECREF(state);
            return -1;
        }
    }
    Py_XINCREF(store);
    Py_XSETREF(self->store, store);
    Py_XSETREF(self->state, (State *)state);
    return 0;
}

static PyMemberDef func_members[] = {
    {"host", T_OBJECT, offsetof(Func, host), 0},
    {"caller", T_BOOL, offsetof(Func, caller), 0},
    {"type", T_OBJECT, offsetof(Func, type), 0},
    {"type_id", T_LONGLONG, offsetof(Func, type_id), 0},
    {"instance", T_OBJECT, offsetof(Func, instance), 0},
    {"index", T_PYSSIZET, offsetof(Func, index), 0},
    {"code", T_OBJECT, offsetof(Func, code), 0},
    {"_name", T_OBJECT, offsetof(Func, name), 0},
    {NULL},
};

static PyGetSetDef func_getset[] = {{"store", get_store, set_store}, {NULL}};

static PyMethodDef func_methods[] = {
    {"_signature", func_signature, METH_VARARGS, "Set the types of parameters and results."},
    {"_attach", func_attach, METH_VARARGS, "Make it a function with code."},
    {"_like", func_like, METH_O, "A function of the same instance and type with this index."},
    {"_set_ancestors", func_set_ancestors, METH_O, "Set the ids of the type's supertypes."},
    {NULL},
};

PyTypeObject zwasm_FuncType = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "zwasm._native.FuncBase",
    .tp_doc = "Base of zwasm.Func.",
    .tp_basicsize = sizeof(Func),
    .tp_vectorcall_offset = offsetof(Func, vectorcall),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC |
                Py_TPFLAGS_HAVE_VECTORCALL,
    .tp_call = PyVectorcall_Call,
    .tp_new = func_new,
    .tp_traverse = func_traverse,
    .tp_clear = func_clear,
    .tp_dealloc = func_dealloc,
    .tp_free = PyObject_GC_Del,
    .tp_methods = func_methods,
    .tp_members = func_members,
    .tp_getset = func_getset,
};

PyObject *zwasm_seal(PyObject *module, PyObject *cls) {
    if (!PyType_Check(cls) || !PyType_IsSubtype((PyTypeObject *)cls, &zwasm_FuncType) ||
        ((PyTypeObject *)cls)->tp_call != zwasm_FuncType.tp_call) {
        PyErr_SetString(PyExc_TypeError, "not a subclass of FuncBase that calls as it does");
        return NULL;
    }
    PyTypeObject *type = (PyTypeObject *)cls;
    type->tp_vectorcall_offset = zwasm_FuncType.tp_vectorcall_offset;
    type->tp_flags |= Py_TPFLAGS_HAVE_VECTORCALL;
    PyType_Modified(type);
    Py_RETURN_NONE;
}

#endif
