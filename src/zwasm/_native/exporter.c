/* Exporter: what Python code cannot do before Python 3.12, give out buffers.

   In: a Python class that derives from Exporter and has the methods of PEP 688,
       __buffer__(flags) -> memoryview and, if it cares, __release_buffer__(memoryview).
   Out: instances that memoryview(), bytes() and every other consumer accept, as 3.12 does for
        any class. What memory is given out, and for how long, is the class's affair. */

#include "native.h"

/* One buffer given out. It is the owner that the consumer sees, so that giving the buffer back
   reaches both the memoryview that it came from and the exporter. */
typedef struct {
    PyObject_HEAD
    PyObject *exporter;
    PyObject *memory; /* the memoryview that exporter.__buffer__ returned */
} Lease;

static void tell_exporter(PyObject *exporter, PyObject *memory) {
    PyObject *method = PyObject_GetAttrString(exporter, "__release_buffer__");
    PyObject *result = NULL;
    if (method == NULL) {
        if (PyErr_ExceptionMatches(PyExc_AttributeError))
            PyErr_Clear();
    } else {
        result = PyObject_CallOneArg(method, memory);
    }
    if (PyErr_Occurred())
        PyErr_WriteUnraisable(exporter);
    Py_XDECREF(result);
    Py_XDECREF(method);
}

static void lease_release(PyObject *self, Py_buffer *view) {
    Lease *lease = (Lease *)self;
    PyObject *type, *value, *trace;
    PyErr_Fetch(&type, &value, &trace); /* buffers are also released while an error is raised */
    Py_buffer inner = *view;
    inner.obj = Py_NewRef(lease->memory);
    PyBuffer_Release(&inner);
    tell_exporter(lease->exporter, lease->memory);
    PyErr_Restore(type, value, trace);
}

static int lease_traverse(PyObject *self, visitproc visit, void *arg) {
    Py_VISIT(((Lease *)self)->exporter);
    Py_VISIT(((Lease *)self)->memory);
    return 0;
}

static void lease_dealloc(PyObject *self) {
    PyObject_GC_UnTrack(self);
    Py_XDECREF(((Lease *)self)->exporter);
    Py_XDECREF(((Lease *)self)->memory);
    Py_TYPE(self)->tp_free(self);
}

static PyBufferProcs lease_buffer = {.bf_releasebuffer = lease_release};

PyTypeObject zwasm_LeaseType = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "zwasm._native.Lease",
    .tp_basicsize = sizeof(Lease),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_traverse = lease_traverse,
    .tp_dealloc = lease_dealloc,
    .tp_free = PyObject_GC_Del,
    .tp_as_buffer = &lease_buffer,
};

static int exporter_get(PyObject *self, Py_buffer *view, int flags) {
    view->obj = NULL;
    PyObject *memory = PyObject_CallMethod(self, "__buffer__", "i", flags);
    if (memory == NULL)
        return -1;
    if (!PyMemoryView_Check(memory)) {
        PyErr_Format(PyExc_TypeError, "%s.__buffer__ returned no memoryview",
                     Py_TYPE(self)->tp_name);
        Py_DECREF(memory);
        return -1;
    }
    Lease *lease = PyObject_GC_New(Lease, &zwasm_LeaseType);
    if (lease == NULL) {
        Py_DECREF(memory);
        return -1;
    }
    lease->exporter = Py_NewRef(self);
    lease->memory = memory;
    PyObject_GC_Track(lease);
    if (PyObject_GetBuffer(memory, view, flags) < 0) {
        Py_DECREF(lease);
        return -1;
    }
    Py_SETREF(view->obj, (PyObject *)lease);
    return 0;
}

static PyBufferProcs exporter_buffer = {.bf_getbuffer = exporter_get};

PyTypeObject zwasm_ExporterType = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "zwasm._native.Exporter",
    .tp_doc = "Base of classes that give out buffers by __buffer__ (PEP 688).",
    .tp_basicsize = sizeof(PyObject),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_new = PyType_GenericNew,
    .tp_as_buffer = &exporter_buffer,
};
