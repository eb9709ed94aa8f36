# ruff: noqa: E501 - lines of C
"""Made modules with right and wrong function types, and what their sources say of each entry.

Every case has an entry ``P`` (or ``p``) whose function has a wrong type and ``Q`` (``q``) whose function is right.
The kinds differ in how the pointer gets to CPython or the C library; each is built with several options.
"""

from __future__ import annotations

from typing import NamedTuple

HEAD = """
#include <Python.h>
#include <stdlib.h>
#include <string.h>
#include <search.h>
#include <dirent.h>
#include <pthread.h>
#define ANY(f) ((void *)(void (*)(void))f)
static int hits;
"""
#: A module of which a case gives what comes before, its methods, what its definition adds, and what it does.
MODULE = """
{before}
static PyMethodDef methods[] = {{ {methods} {{0}} }};
static struct PyModuleDef def = {{ PyModuleDef_HEAD_INIT, .m_name = "{name}", .m_size = {size}, .m_methods = methods, {adds} }};
PyMODINIT_FUNC PyInit_{name}(void) {{ {init} }}
"""
CREATE = "PyObject *m = PyModule_Create(&def); if (!m) return NULL; {does} return m;"
BINARY = """
static PyObject *f1(PyObject *a) { hits++; return PyLong_FromLong(41); }
static PyObject *f2(PyObject *a, PyObject *b) { hits++; return PyLong_FromLong(41); }
"""
ONE, TWO, THREE = "(i32) -> i32", "(i32, i32) -> i32", "(i32, i32, i32) -> i32"
VOID_ONE, VOID_TWO = "(i32) -> ()", "(i32, i32) -> ()"


class Expected(NamedTuple):
    """What the source says of an entry.

    Attributes:
        entry: as our rows name it.
        have: the type of its function.
        want: the type that it is called with.
        call: what Python does with the module ``m`` so that it is called; empty for what no session reaches.
        table: as our rows name it; empty where the test does not ask.
    """

    entry: str
    have: str
    want: str
    call: str
    table: str = ""


class Case(NamedTuple):
    """A module.

    Attributes:
        name: of the module.
        source: in C, or C++ where it begins so.
        entries: what it hands over; ``NAME`` stands for the module's name.
    """

    name: str
    source: str
    entries: tuple[Expected, ...]


def types(kind: str, ready: str, *, before: str = BINARY, slot: str = "nb_add", call: str = "{} + 1") -> Case:
    """Two types, made in some way."""
    source = module(
        kind, before + ready, does=f'make(m, "{kind}.P", "P", ANY(f1)); make(m, "{kind}.Q", "Q", ANY(f2));'
    )
    return Case(
        kind,
        source,
        (
            Expected(f"{kind}.P {slot}", ONE, TWO, call.format("m.P()")),
            Expected(f"{kind}.Q {slot}", TWO, TWO, call.format("m.Q()")),
        ),
    )


def module(
    name: str,
    before: str,
    *,
    methods: str = "",
    adds: str = "",
    does: str = "",
    init: str = "",
    size: int = -1,
) -> str:
    """The source of a module."""
    return HEAD + MODULE.format(
        name=name, before=before, methods=methods, adds=adds, size=size, init=init or CREATE.format(does=does)
    )


def callback(name: str, functions: str, give: str, have: str, want: str) -> Case:
    """Two methods that hand a function to somebody."""
    before = functions + "".join(
        f"static PyObject *go_{letter}(PyObject *s, PyObject *a) {{ {give.replace('THE_F', f'f{number}')} return PyLong_FromLong(hits); }}"
        for letter, number in (("p", 1), ("q", 2))
    )
    methods = '{"p", go_p, METH_NOARGS, 0}, {"q", go_q, METH_NOARGS, 0},'
    entries = (Expected(f"{name}.p", have, want, "m.p()"), Expected(f"{name}.q", want, want, "m.q()"))
    return Case(name, module(name, before, methods=methods), entries)


COMPARE = """
static int f1(const void *a) { hits++; return *(const int *)a - 3; }
static int f2(const void *a, const void *b) { hits++; return *(const int *)a - *(const int *)b; }
"""
VALUES = "int v[5] = {5, 3, 1, 4, 2}, k = 4; void *root = NULL; (void)k; (void)root; "
STACK_SPEC = """
static void make(PyObject *m, const char *full, const char *name, void *f) {
  PyType_Slot slots[] = {{Py_nb_add, f}, {0, NULL}};
  PyType_Spec spec = {full, sizeof(PyObject), 0, Py_TPFLAGS_DEFAULT, slots};
  PyModule_AddObjectRef(m, name, PyType_FromSpec(&spec));
}
"""
HEAP_SPEC = """
static PyType_Spec *made(const char *full, void *f) {
  PyType_Spec *spec = malloc(sizeof *spec); PyType_Slot *slots = calloc(3, sizeof *slots);
  slots[0].slot = Py_nb_add; slots[0].pfunc = f;
  spec->name = full; spec->basicsize = sizeof(PyObject); spec->itemsize = 0; spec->flags = Py_TPFLAGS_DEFAULT;
  spec->slots = slots; return spec;
}
static void make(PyObject *m, const char *full, const char *name, void *f) {
  PyModule_AddObjectRef(m, name, PyType_FromModuleAndSpec(m, made(full, f), NULL));
}
"""
STATIC_TYPE = """
static PyNumberMethods P_num, Q_num;
static PyTypeObject P_type = { PyVarObject_HEAD_INIT(NULL, 0) }, Q_type = { PyVarObject_HEAD_INIT(NULL, 0) };
static void make(PyObject *m, const char *full, const char *name, void *f) {
  PyTypeObject *t = name[0] == 'P' ? &P_type : &Q_type; PyNumberMethods *n = name[0] == 'P' ? &P_num : &Q_num;
  n->nb_add = (binaryfunc)f; t->tp_name = full; t->tp_basicsize = sizeof(PyObject);
  t->tp_flags = Py_TPFLAGS_DEFAULT; t->tp_new = PyType_GenericNew; t->tp_as_number = n;
  if (PyType_Ready(t) < 0) return;
  PyModule_AddObjectRef(m, name, (PyObject *)t);
}
"""


def heap(name: str, slot: str, bad: str, good: str, have: str, want: str, call: str) -> Case:  # noqa: PLR0917 - a row
    """Two heap types with one slot each."""
    before = f"{bad}\n{good}\n" + "".join(
        f"static PyType_Slot {letter}_slots[] = {{ {{Py_{slot}, ANY(f{number})}}, {{0, NULL}} }};"
        f'static PyType_Spec {letter}_spec = {{ "{name}.{letter}", sizeof(PyObject), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, {letter}_slots }};'
        for letter, number in (("P", 1), ("Q", 2))
    )
    does = "".join(
        f'PyModule_AddObjectRef(m, "{letter}", PyType_FromSpec(&{letter}_spec));' for letter in "PQ"
    )
    entries = tuple(
        Expected(f"{name}.{letter} {slot}", type_, want, call.format(f"m.{letter}"))
        for letter, type_ in (("P", have), ("Q", want))
    )
    return Case(name, module(name, before, does=does), entries)


def methods(name: str, flags: str, bad: str, good: str, have: str, want: str, call: str) -> Case:  # noqa: PLR0917 - a row
    """Two methods of a module."""
    rows = "".join(
        f'{{"{letter}", (PyCFunction)ANY(f{number}), {flags}, 0}},' for letter, number in (("p", 1), ("q", 2))
    )
    entries = tuple(
        Expected(f"{name}.{letter}", type_, want, call.format(f"m.{letter}"))
        for letter, type_ in (("p", have), ("q", want))
    )
    return Case(name, module(name, f"{bad}\n{good}\n", methods=rows), entries)


OBJECT = "PyObject *"
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
