/* zwasm._native: what Python code cannot do. In every build `Exporter`; where generated code can
   run, ARCHITECTURE and LEVEL name the machine and the classes of _native.pyi are there. */

#include "native.h"

#if ZWASM_CODE

Hooks zwasm_hooks;

static PyObject *set_hooks(PyObject *module, PyObject *args, PyObject *kwargs) {
    static char *names[] = {"call",        "argument", "result",    "results",
                            "wrong_count", "unwind",   "exhausted", NULL};
    Hooks hooks;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "$OOOOOOO:set_hooks", names, &hooks.call,
                                     &hooks.argument, &hooks.result, &hooks.results,
                                     &hooks.wrong_count, &hooks.unwind, &hooks.exhausted))
        return NULL;
    PyObject **new = (PyObject **)&hooks, **old = (PyObject **)&zwasm_hooks;
    PyObject *before = zwasm_hooks.call == NULL ? Py_NewRef(Py_None) : PyDict_New();
    for (size_t i = 0; before != NULL && i < sizeof(Hooks) / sizeof(PyObject *); i++)
        if (before != Py_None && PyDict_SetItemString(before, names[i], old[i]) < 0)
            Py_CLEAR(before);
    for (size_t i = 0; before != NULL && i < sizeof(Hooks) / sizeof(PyObject *); i++)
        Py_XSETREF(old[i], Py_NewRef(new[i]));
    return before;
}

static PyMethodDef methods[] = {
    {"set_hooks", (PyCFunction)(void (*)(void))set_hooks, METH_VARARGS | METH_KEYWORDS,
     "Set what is called where C does not know a case itself; what was set before."},
    {"set_sampling", zwasm_set_sampling, METH_O,
     "Take a sample every so many nanoseconds of code that runs, or with 0 none."},
    {"take_samples", zwasm_take_samples, METH_NOARGS,
     "The samples since the last call, the functions in them, and the number of lost ticks."},
    {"seal", zwasm_seal, METH_O, "Let a subclass of FuncBase be called as fast as FuncBase."},
    {NULL},
};

#ifdef __x86_64__
#include <cpuid.h>

#define ARCHITECTURE "x86_64"
#define HAS(feature) __builtin_cpu_supports(feature) /* the operating system included */

/* Not every compiler's __builtin_cpu_supports knows it. */
static int has_lzcnt(void) {
    unsigned eax, ebx, ecx = 0, edx;
    return __get_cpuid(0x80000001, &eax, &ebx, &ecx, &edx) && (ecx >> 5 & 1);
}

/* What of the instruction set code may use, "" if that is not enough. */
static const char *level(void) {
    __builtin_cpu_init();
    if (!HAS("sse4.2") || !HAS("ssse3") || !HAS("popcnt"))
        return "";
    if (!HAS("avx2") || !HAS("fma") || !HAS("bmi") || !HAS("bmi2") || !has_lzcnt())
        return "x86_64";
    if (!HAS("avx512f") || !HAS("avx512vl") || !HAS("avx512bw") || !HAS("avx512dq"))
        return "x86_64_avx2";
    return "x86_64_avx512";
}

#else
#define ARCHITECTURE "aarch64"

static const char *level(void) { return ARCHITECTURE; }

#endif

static int add_code(PyObject *module) {
    static PyTypeObject *const types[] = {
        &zwasm_StateType, &zwasm_LinearMemoryType, &zwasm_RefsType, &zwasm_CellType,
        &zwasm_CodeType,  &zwasm_ContextType,      &zwasm_FuncType,
    };
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (PyModule_AddType(module, types[i]) < 0)
            return -1;
    /* Signals are handled in Python's main thread, which need not import this. */
    PyObject *threading = PyImport_ImportModule("threading"), *ident = NULL;
    PyObject *thread = threading ? PyObject_CallMethod(threading, "main_thread", NULL) : NULL;
    if (thread != NULL)
        ident = PyObject_GetAttrString(thread, "ident");
    if (ident != NULL)
        zwasm_main_thread = PyLong_AsUnsignedLong(ident);
    Py_XDECREF(ident);
    Py_XDECREF(thread);
    Py_XDECREF(threading);
    return PyErr_Occurred() ? -1 : zwasm_init_state();
}

#else

#define ARCHITECTURE ""

static PyMethodDef methods[] = {{NULL, NULL, 0, NULL}};

static const char *level(void) { return ""; }

static int add_code(PyObject *module) {
    (void)module;
    return 0;
}

#endif

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "zwasm._native",
    .m_size = -1,
    .m_methods = methods,
};

PyMODINIT_FUNC PyInit__native(void) {
    if (PyType_Ready(&zwasm_LeaseType) < 0)
        return NULL;
    PyObject *module = PyModule_Create(&definition);
    int runs = *level() != 0;
    if (module != NULL &&
        (PyModule_AddType(module, &zwasm_ExporterType) < 0 || (runs && add_code(module) < 0) ||
         PyModule_AddStringConstant(module, "ARCHITECTURE", runs ? ARCHITECTURE : "") < 0 ||
         PyModule_AddStringConstant(module, "LEVEL", level()) < 0))
        Py_CLEAR(module);
    return module;
}
