# ruff: noqa: E501 - lines of C
"""Modules that hand functions to CPython or the C library, put together of their parts, and what is expected of each entry."""

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
        source: in C or C++.
        entries: what it hands over; ``NAME`` stands for the module's name.
        suffix: of the source's file.
    """

    name: str
    source: str
    entries: tuple[Expected, ...]
    suffix: str = "c"


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
