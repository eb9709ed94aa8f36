/* What the compiler makes of the target's headers, told to the runtime: sizes, offsets, macros. The types at
   the end are for the runtime to use: it finds their members only where the headers say they are. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <datetime.h>
#include <structmember.h>
#include <sys/types.h>
#include <time.h>
#include <wchar.h>

static const struct { const char *name; long value; } sizes[] = {
#define SIZE(type) {#type, (long)sizeof(type)},
#define OFFSET(type, member) {#type "." #member, (long)offsetof(type, member)},
    SIZE(char) SIZE(short) SIZE(int) SIZE(long) SIZE(long long) SIZE(size_t) SIZE(void *) SIZE(float)
    SIZE(double) SIZE(long double) SIZE(_Bool) SIZE(wchar_t) SIZE(time_t) SIZE(off_t) SIZE(pid_t)
    SIZE(uintptr_t) SIZE(fpos_t) SIZE(Py_ssize_t) SIZE(Py_hash_t) SIZE(Py_UCS4) SIZE(digit)
    SIZE(PyObject) SIZE(PyVarObject) SIZE(PyTypeObject) SIZE(PyHeapTypeObject) SIZE(PyLongObject)
    SIZE(PyFloatObject) SIZE(PyComplexObject) SIZE(PyASCIIObject) SIZE(PyCompactUnicodeObject)
    SIZE(PyUnicodeObject) SIZE(PyListObject) SIZE(PyDictObject) SIZE(PySetObject) SIZE(PyByteArrayObject)
    SIZE(PyCFunctionObject) SIZE(PySliceObject) SIZE(PyFunctionObject) SIZE(PyMethodObject) SIZE(PyCellObject)
    SIZE(PyBaseExceptionObject) SIZE(PyOSErrorObject) SIZE(PyStopIterationObject) SIZE(PySyntaxErrorObject)
    SIZE(PyImportErrorObject) SIZE(PyUnicodeErrorObject) SIZE(PySystemExitObject) SIZE(PyWeakReference)
    SIZE(PyMethodDescrObject) SIZE(PyDateTime_Date) SIZE(PyDateTime_DateTime) SIZE(PyDateTime_Delta)
    SIZE(PyModuleDef) SIZE(PyMethodDef) SIZE(PyMemberDef) SIZE(PyGetSetDef) SIZE(Py_buffer)
    OFFSET(PyLongObject, long_value.ob_digit) OFFSET(PyTupleObject, ob_item) OFFSET(PyBytesObject, ob_sval)
    OFFSET(PyMemoryViewObject, ob_array) OFFSET(PyTypeObject, tp_weaklist) OFFSET(PyTypeObject, tp_dict)
    OFFSET(PyTypeObject, tp_basicsize) OFFSET(PyTypeObject, tp_itemsize) OFFSET(PyTypeObject, tp_flags)
    OFFSET(PyTypeObject, tp_dictoffset) OFFSET(PyTypeObject, tp_weaklistoffset) OFFSET(PyTypeObject, tp_name)
    OFFSET(PyTypeObject, tp_base) OFFSET(PyFunctionObject, func_dict)
    OFFSET(PyCFunctionObject, m_weakreflist) OFFSET(PyFunctionObject, func_weakreflist)
    OFFSET(PySetObject, weakreflist) OFFSET(PyBaseExceptionObject, dict)
};

/* Of sysroot_macros.c, which sees nothing but pyconfig.h: Python.h gives some macros a value of its own. */
extern const struct { const char *name; const char *text; } macros[];

static PyObject *facts(PyObject *module, PyObject *unused)
{
    PyObject *found = PyDict_New(), *given = PyDict_New();
    if (!found || !given) return NULL;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        PyObject *value = PyLong_FromLong(sizes[i].value);
        if (!value || PyDict_SetItemString(found, sizes[i].name, value) < 0) return NULL;
        Py_DECREF(value);
    }
    for (int i = 0; macros[i].name; i++) {
        PyObject *value = PyUnicode_FromString(macros[i].text);
        if (!value || PyDict_SetItemString(given, macros[i].name, value) < 0) return NULL;
        Py_DECREF(value);
    }
    return Py_BuildValue("{s:N,s:N,s:s,s:i}", "sizes", found, "macros", given, "version", PY_VERSION,
                         "hexversion", PY_VERSION_HEX);
}

/* Every field of Py_buffer, filled in by the runtime and read here. */
static PyObject *view(PyObject *module, PyObject *object)
{
    Py_buffer buffer;
    if (PyObject_GetBuffer(object, &buffer, PyBUF_FULL_RO) < 0) return NULL;
    PyObject *result = Py_BuildValue("(nniisnnn)", buffer.len, buffer.itemsize, buffer.readonly, buffer.ndim,
                                     buffer.format, buffer.shape[0], buffer.shape[1], buffer.strides[0]);
    PyBuffer_Release(&buffer);
    return result;
}

typedef struct { PyObject_HEAD int whole; double real; const char *text; PyObject *any; Py_ssize_t size; } Thing;

static int thing_init(Thing *self, PyObject *args, PyObject *keywords)
{
    self->whole = -7;
    self->real = 2.5;
    self->text = "text";
    self->any = Py_NewRef(Py_Ellipsis);
    self->size = 1 << 30;
    return 0;
}

static void thing_dealloc(Thing *self)
{
    PyTypeObject *type = Py_TYPE(self);
    Py_XDECREF(self->any);
    type->tp_free((PyObject *)self);
    Py_DECREF(type);
}

static PyObject *get_doubled(Thing *self, void *closure)
{
    return PyUnicode_FromFormat("%d %s", self->whole * 2, (const char *)closure);
}

static PyMemberDef thing_members[] = {
    {"whole", T_INT, offsetof(Thing, whole), 0, "a whole number"},
    {"real", T_DOUBLE, offsetof(Thing, real), 0, "a real number"},
    {"text", T_STRING, offsetof(Thing, text), READONLY, "a text"},
    {"any", T_OBJECT_EX, offsetof(Thing, any), 0, "an object"},
    {"size", T_PYSSIZET, offsetof(Thing, size), 0, "a size"},
    {NULL, 0, 0, 0, NULL},
};
static PyGetSetDef thing_getset[] = {
    {"doubled", (getter)get_doubled, NULL, "twice the whole number", "closure"},
    {NULL, NULL, NULL, NULL, NULL},
};
static PyType_Slot thing_slots[] = {
    {Py_tp_init, thing_init}, {Py_tp_dealloc, thing_dealloc}, {Py_tp_members, thing_members},
    {Py_tp_getset, thing_getset}, {0, NULL},
};
static PyType_Spec thing_spec = {"sysroot_probe.Thing", sizeof(Thing), 0, Py_TPFLAGS_DEFAULT, thing_slots};

typedef struct { long mark; } State;

static PyObject *state(PyObject *module, PyObject *unused)
{
    State *own = PyModule_GetState(module);
    PyModuleDef *def = PyModule_GetDef(module);
    return Py_BuildValue("(lsnO)", own->mark, def->m_name, def->m_size, def->m_free == NULL ? Py_True : Py_False);
}

static int execute(PyObject *module)
{
    ((State *)PyModule_GetState(module))->mark = 20261122;
    PyObject *type = PyType_FromModuleAndSpec(module, &thing_spec, NULL);
    if (!type) return -1;
    PyDateTime_IMPORT;
    /* tp_basicsize of a type that the runtime made, read with the headers' offset. */
    PyModule_AddIntConstant(module, "basicsize", ((PyTypeObject *)type)->tp_basicsize);
    PyModule_AddStringConstant(module, "type_name", PyLong_Type.tp_name);
    return PyModule_AddObjectRef(module, "Thing", type);
}

static PyMethodDef methods[] = {
    {"facts", facts, METH_NOARGS, "what the compiler says"},
    {"view", view, METH_O, "the fields of a buffer"},
    {"state", state, METH_NOARGS, "the module's own memory"},
    {NULL, NULL, 0, NULL},
};
static PyModuleDef_Slot module_slots[] = {{Py_mod_exec, execute}, {0, NULL}};
static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "sysroot_probe", "a probe", sizeof(State), methods, module_slots, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit_sysroot_probe(void) { return PyModuleDef_Init(&definition); }
