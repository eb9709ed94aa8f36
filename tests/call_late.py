# ruff: noqa: E501 - lines of C
"""Functions that modules store where CPython looks for them later: in types that exist, in objects, in variables."""

from __future__ import annotations

from call_modules import ONE, THREE, TWO, VOID_ONE, Case, Expected, module

FOUR = "(i32, i32, i32, i32) -> i32"
_FUNCTIONS = """
static PyObject *one(PyObject *a) { hits++; return PyLong_FromLong(41); }
static PyObject *two(PyObject *a, PyObject *b) { hits++; return PyLong_FromLong(41); }
static PyObject *three(PyObject *a, PyObject *b, PyObject *c) { hits++; return PyLong_FromLong(41); }
static PyObject *four(PyObject *a, PyObject *const *b, size_t n, PyObject *c) { hits++; return PyLong_FromLong(41); }
"""
_OBJECT = "typedef struct { PyObject_HEAD vectorcallfunc vectorcall; int n; } Ob;"
_VECTORCALL = ".tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL, .tp_call = PyVectorcall_Call, .tp_vectorcall_offset = offsetof(Ob, vectorcall)"


def _types(name: str, members: str, size: str = "sizeof(PyObject)") -> str:
    return "".join(
        f'static PyTypeObject {letter}_type = {{ PyVarObject_HEAD_INIT(NULL, 0) .tp_name = "{name}.{letter}", .tp_basicsize = {size}, {members.replace("LETTER", letter)} }};\n'
        for letter in "PQ"
    )


def _ready(after: str = "") -> str:
    ready = "".join(f"if (PyType_Ready(&{letter}_type) < 0) return NULL;" for letter in "PQ")
    add = "".join(f'PyModule_AddObjectRef(m, "{letter}", (PyObject *)&{letter}_type);' for letter in "PQ")
    return ready + after + add


def _pair(name: str, member: str, have: str, want: str, call: str, table: str) -> tuple[Expected, Expected]:  # noqa: PLR0917 - a row
    return (
        Expected(f"{name}.P {member}", have, want, call.format("m.P"), table),
        Expected(f"{name}.Q {member}", want, want, call.format("m.Q"), table),
    )


def _new(letter: str, function: str) -> str:
    return f"static PyObject *{letter}_new(PyTypeObject *t, PyObject *a, PyObject *k) {{ Ob *o = (Ob *)t->tp_alloc(t, 0); if (o) o->vectorcall = (vectorcallfunc)ANY({function}); return (PyObject *)o; }}\n"


_SPECS = "".join(
    f'static PyType_Slot {letter}_slots[] = {{ {{Py_tp_repr, one}}, {{0}} }}; static PyType_Spec {letter}_spec = {{ "lpatched.{letter}", sizeof(PyObject), 0, Py_TPFLAGS_DEFAULT, {letter}_slots }};\n'
    for letter in "PQ"
)
_PATCHED = "".join(
    f'{{ PyTypeObject *t = (PyTypeObject *)PyType_FromSpec(&{letter}_spec); if (!t) return NULL; t->tp_call = (ternaryfunc)ANY({call}); t->tp_as_number->nb_add = (binaryfunc)ANY({add}); PyType_Modified(t); PyModule_AddObjectRef(m, "{letter}", (PyObject *)t); }}'
    for letter, call, add in (("P", "two", "one"), ("Q", "three", "two"))
)
#: One type that CPython makes, and one that it fills.
_SEQUENCES = (
    'static PyStructSequence_Field fields[] = { {"a", NULL}, {NULL, NULL} };\n'
    'static PyStructSequence_Desc P_desc = { "lsequence.P", NULL, fields, 1 }, Q_desc = { "lsequence.Q", NULL, fields, 1 };\n'
    "static PyTypeObject Q_type;\n"
)
_FILLED = (
    "PyTypeObject *P_type = PyStructSequence_NewType(&P_desc); if (!P_type || PyStructSequence_InitType2(&Q_type, &Q_desc) < 0) return NULL;"
    "P_type->tp_repr = (reprfunc)ANY(two); P_type->tp_str = (reprfunc)ANY(two); Q_type.tp_repr = one; Q_type.tp_str = one;"
    'PyModule_AddObjectRef(m, "P", (PyObject *)P_type); PyModule_AddObjectRef(m, "Q", (PyObject *)&Q_type);'
)
_HANDLERS = """
#include <signal.h>
static int plain(void) { return hits; }
static void bare(void) { hits++; }
static int result(int n) { return n; }
static void handler(int n) { hits++; }
static void informed(int n, siginfo_t *i, void *c) { hits++; }
static void act(void *f, int flags) { struct sigaction a; memset(&a, 0, sizeof a); a.sa_flags = flags; a.sa_handler = (void (*)(int))f; sigaction(SIGUSR1, &a, NULL); }
"""


def _methods(given: dict[str, str]) -> tuple[str, str]:
    functions = "".join(
        f"static PyObject *go_{name}(PyObject *s, PyObject *a) {{ {code} Py_RETURN_NONE; }}\n"
        for name, code in given.items()
    )
    return functions, "".join(f'{{"{name}", go_{name}, METH_NOARGS, 0}},' for name in given)


_HOOKS, _HOOK_ROWS = _methods(
    {
        "p": "PyOS_InputHook = (int (*)(void))ANY(bare);",
        "q": "PyOS_InputHook = plain;",
        "sp": "act(ANY(result), 0); raise(SIGUSR1);",
        "sq": "act(ANY(handler), 0); raise(SIGUSR1);",
        "ip": "act(ANY(handler), SA_SIGINFO);",
        "iq": "act(ANY(informed), SA_SIGINFO);",
    }
)
#: Nothing happens before another function has set the variable.
_LATER = """
static int set;
static int less(const void *a) { return *(const int *)a; }
static int compare(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }
static PyObject *sort(void *f) { int v[4] = {4, 3, hits, 1}; if (set) qsort(v, 4, sizeof *v, (int (*)(const void *, const void *))f); return PyLong_FromLong(v[0]); }
"""
_LATE, _LATE_ROWS = _methods(
    {"p": "Py_XDECREF(sort(ANY(less)));", "q": "Py_XDECREF(sort(compare));", "on": "set = 1;"}
)
CASES = (
    Case(
        "llater",
        module("llater", _LATER + _LATE, methods=_LATE_ROWS),
        (
            Expected("llater.p", ONE, TWO, "(m.on(), m.p())", "qsort"),
            Expected("llater.q", TWO, TWO, "(m.on(), m.q())", "qsort"),
        ),
    ),
    Case(
        "lnew",
        module("lnew", _FUNCTIONS + _OBJECT + _new("P", "three") + _new("Q", "four") + _types("lnew", _VECTORCALL + ", .tp_new = LETTER_new", "sizeof(Ob)"), does=_ready()),
        _pair("lnew", "vectorcall", THREE, FOUR, "{}()()", "PyObject"),
    ),
    Case(
        "lmake",
        module(
            "lmake",
            _FUNCTIONS + _OBJECT + _types("lmake", _VECTORCALL, "sizeof(Ob)")
            + "".join(f"static PyObject *make_{letter}(PyObject *s, PyObject *a) {{ Ob *o = PyObject_New(Ob, &{letter}_type); if (o) o->vectorcall = (vectorcallfunc)ANY({function}); return (PyObject *)o; }}\n" for letter, function in (("P", "three"), ("Q", "four"))),
            methods='{"make_P", make_P, METH_NOARGS, 0}, {"make_Q", make_Q, METH_NOARGS, 0},',
            does=_ready(),
        ),
        _pair("lmake", "vectorcall", THREE, FOUR, "", "PyObject"),
    ),
    Case(
        "lpatched",
        module("lpatched", _FUNCTIONS + _SPECS, does=_PATCHED),
        (
            *_pair("lpatched", "tp_call", TWO, THREE, "{}.__call__", "PyTypeObject"),
            *_pair("lpatched", "nb_add", ONE, TWO, "{}() + 1", "PyNumberMethods"),
        ),
    ),
    Case(
        "lready",
        module(
            "lready",
            _FUNCTIONS + _types("lready", ".tp_flags = Py_TPFLAGS_DEFAULT, .tp_new = PyType_GenericNew"),
            does=_ready("P_type.tp_repr = (reprfunc)ANY(two); Q_type.tp_repr = one;"),
        ),
        _pair("lready", "tp_repr", TWO, ONE, "repr({}())", "PyTypeObject"),
    ),
    Case(
        "lsequence",
        module("lsequence", _FUNCTIONS + _SEQUENCES, does=_FILLED),
        (
            *_pair("lsequence", "tp_repr", TWO, ONE, "repr({}((1,)))", "PyTypeObject"),
            *_pair("lsequence", "tp_str", TWO, ONE, "str({}((1,)))", "PyTypeObject"),
        ),
    ),
    Case(
        "lhooks",
        module("lhooks", _HANDLERS + _HOOKS, methods=_HOOK_ROWS),
        (
            Expected("lhooks.p", "() -> ()", "() -> i32", "m.p()", "PyOS_InputHook"),
            Expected("lhooks.q", "() -> i32", "() -> i32", "m.q()", "PyOS_InputHook"),
            Expected("lhooks.sp", ONE, VOID_ONE, "m.sp()", "sigaction"),
            Expected("lhooks.sq", VOID_ONE, VOID_ONE, "m.sq()", "sigaction"),
            Expected("lhooks.ip", VOID_ONE, "(i32, i32, i32) -> ()", "m.ip()", "sigaction"),
            Expected("lhooks.iq", "(i32, i32, i32) -> ()", "(i32, i32, i32) -> ()", "m.iq()", "sigaction"),
        ),
    ),
)  # fmt: skip
