# ruff: noqa: E501 - lines of C
"""Made modules with right and wrong function types, and what their sources say of each entry.

Every case has an entry ``P`` (or ``p``) whose function has a wrong type and ``Q`` (``q``) whose function is right.
The kinds differ in how the pointer gets to CPython or the C library; each is built with several options.
"""

from __future__ import annotations

from call_modules import (
    BINARY,
    COMPARE,
    HEAP_SPEC,
    OBJECT,
    ONE,
    STACK_SPEC,
    STATIC_TYPE,
    THREE,
    TWO,
    VALUES,
    VOID_ONE,
    VOID_TWO,
    Case,
    Expected,
    callback,
    heap,
    methods,
    module,
    types,
)

CASES: tuple[Case, ...] = (
    types("stackspec", STACK_SPEC),
    types("heapspec", HEAP_SPEC),
    types("rttype", STATIC_TYPE),
    heap(
        "sinit",
        "tp_init",
        f"static int f1({OBJECT}a, {OBJECT}b) {{ return 0; }}",
        f"static int f2({OBJECT}a, {OBJECT}b, {OBJECT}c) {{ return 0; }}",
        TWO,
        THREE,
        "{}()",
    ),
    heap(
        "srepr",
        "tp_repr",
        f'static {OBJECT}f1(void) {{ return PyUnicode_FromString("x"); }}',
        f'static {OBJECT}f2({OBJECT}a) {{ return PyUnicode_FromString("x"); }}',
        "() -> i32",
        ONE,
        "repr({}())",
    ),
    heap(
        "shash",
        "tp_hash",
        f"static long long f1({OBJECT}a) {{ return 7; }}",
        f"static Py_hash_t f2({OBJECT}a) {{ return 7; }}",
        "(i32) -> i64",
        ONE,
        "hash({}())",
    ),
    heap(
        "slen",
        "sq_length",
        f"static double f1({OBJECT}a) {{ return 7; }}",
        f"static Py_ssize_t f2({OBJECT}a) {{ return 7; }}",
        "(i32) -> f64",
        ONE,
        "len({}())",
    ),
    heap(
        "sget",
        "mp_subscript",
        f"static {OBJECT}f1({OBJECT}a) {{ return PyLong_FromLong(1); }}",
        f"static {OBJECT}f2({OBJECT}a, {OBJECT}b) {{ return PyLong_FromLong(1); }}",
        ONE,
        TWO,
        "{}()[1]",
    ),
    heap(
        "siter",
        "tp_iter",
        f"static {OBJECT}f1({OBJECT}a, {OBJECT}b) {{ return Py_NewRef(a); }}",
        f"static {OBJECT}f2({OBJECT}a) {{ return PyObject_GetIter(PyTuple_New(0)); }}",
        TWO,
        ONE,
        "iter({}())",
    ),
    heap(
        "spow",
        "nb_power",
        f"static {OBJECT}f1({OBJECT}a, {OBJECT}b) {{ return PyLong_FromLong(1); }}",
        f"static {OBJECT}f2({OBJECT}a, {OBJECT}b, {OBJECT}c) {{ return PyLong_FromLong(1); }}",
        TWO,
        THREE,
        "{}() ** 2",
    ),
    methods(
        "mfast",
        "METH_FASTCALL",
        f"static {OBJECT}f1({OBJECT}a, {OBJECT}b) {{ return PyLong_FromLong(1); }}",
        f"static {OBJECT}f2({OBJECT}a, {OBJECT}const *b, Py_ssize_t n) {{ return PyLong_FromLong(1); }}",
        TWO,
        THREE,
        "{}(1)",
    ),
    methods(
        "mfastkw",
        "METH_FASTCALL | METH_KEYWORDS",
        f"static {OBJECT}f1({OBJECT}a, {OBJECT}b, {OBJECT}c) {{ return PyLong_FromLong(1); }}",
        f"static {OBJECT}f2({OBJECT}a, {OBJECT}const *b, Py_ssize_t n, {OBJECT}k) {{ return PyLong_FromLong(1); }}",
        THREE,
        "(i32, i32, i32, i32) -> i32",
        "{}(1)",
    ),
    methods(
        "mnoargs",
        "METH_NOARGS",
        f"static {OBJECT}f1({OBJECT}a) {{ return PyLong_FromLong(1); }}",
        f"static {OBJECT}f2({OBJECT}a, {OBJECT}b) {{ return PyLong_FromLong(1); }}",
        ONE,
        TWO,
        "{}()",
    ),
    methods(
        "mvoid",
        "METH_O",
        f"static void f1({OBJECT}a, {OBJECT}b) {{ hits++; }}",
        f"static {OBJECT}f2({OBJECT}a, {OBJECT}b) {{ return PyLong_FromLong(1); }}",
        VOID_TWO,
        TWO,
        "{}(1)",
    ),
    callback(
        "cqsort",
        COMPARE,
        VALUES + "qsort(v, 5, sizeof(int), (int (*)(const void *, const void *))ANY(THE_F));",
        ONE,
        TWO,
    ),
    callback(
        "cbsearch",
        COMPARE,
        VALUES
        + "if (bsearch(&k, v, 5, sizeof(int), (int (*)(const void *, const void *))ANY(THE_F))) hits++;",
        ONE,
        TWO,
    ),
    callback(
        "ctsearch",
        COMPARE,
        VALUES
        + "tsearch(&v[0], &root, (int (*)(const void *, const void *))ANY(THE_F)); tsearch(&v[1], &root, (int (*)(const void *, const void *))ANY(THE_F));",
        ONE,
        TWO,
    ),
    callback(
        "conce",
        "static int f1(void) { return ++hits; } static void f2(void) { hits++; }",
        "pthread_once_t o = PTHREAD_ONCE_INIT; pthread_once(&o, (void (*)(void))ANY(THE_F));",
        "() -> i32",
        "() -> ()",
    ),
    callback(
        "ccapsule",
        f"static int f1({OBJECT}a) {{ return ++hits; }} static void f2({OBJECT}a) {{ hits++; }}",
        'PyObject *c = PyCapsule_New(&hits, "x", NULL); PyCapsule_SetDestructor(c, (PyCapsule_Destructor)ANY(THE_F)); Py_DECREF(c);',
        ONE,
        VOID_ONE,
    ),
    callback(
        "cpending",
        "static int f1(void) { return hits++, 0; } static int f2(void *a) { return hits++, 0; }",
        "Py_AddPendingCall((int (*)(void *))ANY(THE_F), NULL);",
        "() -> i32",
        ONE,
    ),
    Case(
        "xexec",
        module(
            "xexec",
            f"static void f1({OBJECT}m) {{ hits++; }}\nstatic PyModuleDef_Slot slots[] = {{ {{Py_mod_exec, ANY(f1)}}, {{0, NULL}} }};",
            adds=".m_slots = slots",
            init="return PyModuleDef_Init(&def);",
            size=0,
        ),
        (Expected("xexec Py_mod_exec", VOID_ONE, ONE, "m"),),
    ),
    Case(
        "xadd",
        module(
            "xadd",
            f"static {OBJECT}f1({OBJECT}a, {OBJECT}b) {{ return PyLong_FromLong(1); }}\nstatic {OBJECT}f2({OBJECT}a, {OBJECT}const *b, Py_ssize_t n) {{ return PyLong_FromLong(1); }}\n"
            'static PyMethodDef more[] = { {"p", (PyCFunction)ANY(f1), METH_FASTCALL, 0}, {"q", (PyCFunction)ANY(f2), METH_FASTCALL, 0}, {0} };',
            does="PyModule_AddFunctions(m, more);",
        ),
        (Expected("xadd.p", TWO, THREE, "m.p(1)"), Expected("xadd.q", THREE, THREE, "m.q(1)")),
    ),
    Case(
        "xloop",
        module(
            "xloop",
            BINARY
            + "static PyNumberMethods P_num = { .nb_add = ANY(f1) }, Q_num = { .nb_add = f2 };"
            + "".join(
                f'static PyTypeObject {letter}_type = {{ PyVarObject_HEAD_INIT(NULL, 0) .tp_name = "xloop.{letter}", .tp_basicsize = sizeof(PyObject), .tp_flags = Py_TPFLAGS_DEFAULT, .tp_new = PyType_GenericNew, .tp_as_number = &{letter}_num }};'
                for letter in "PQ"
            )
            + "static PyTypeObject *all[] = { &P_type, &Q_type, NULL };",
            does="for (PyTypeObject **t = all; *t; t++) { if (PyModule_AddType(m, *t) < 0) return NULL; }",
        ),
        (
            Expected("xloop.P nb_add", ONE, TWO, "m.P() + 1"),
            Expected("xloop.Q nb_add", TWO, TWO, "m.Q() + 1"),
        ),
    ),
    Case(
        "xfree",
        module(
            "xfree",
            f"static int f1({OBJECT}m) {{ return 0; }}\nstatic int f2({OBJECT}m, visitproc v, void *a) {{ return 0; }}",
            adds=".m_traverse = ANY(f2), .m_free = ANY(f1)",
        ),
        (Expected("xfree m_free", ONE, VOID_ONE, ""), Expected("xfree m_traverse", THREE, THREE, "")),
    ),
)
#: What each is built with.
OPTIONS = {
    "o0": "-O0", "o1": "-O1", "o2": "-O2", "o3": "-O3", "oz": "-Oz", "lto": "-O2 -flto",
}  # fmt: skip
