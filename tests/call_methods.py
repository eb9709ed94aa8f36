# ruff: noqa: E501 - lines of C
"""The ways in which modules hand methods, getters, setters and their own hooks to CPython."""

from __future__ import annotations

from call_modules import Case, Expected
from call_slots import function, wasm_type, wrong

_HEAD = """
#include <Python.h>
#include <stdlib.h>
#include <string.h>
static int hits;
"""
#: The flags of methods, their signatures, and how they are called.
FLAGS = {
    "varargs": ("METH_VARARGS", "O(OO)", "(1)"),
    "keywords": ("METH_VARARGS | METH_KEYWORDS", "O(OOO)", "(1, k=2)"),
    "noargs": ("METH_NOARGS", "O(OO)", "()"),
    "o": ("METH_O", "O(OO)", "(1)"),
    "fast": ("METH_FASTCALL", "O(OOn)", "(1)"),
    "fastkw": ("METH_FASTCALL | METH_KEYWORDS", "O(OOnO)", "(1, k=2)"),
}
_METHOD = ("METH_METHOD | METH_FASTCALL | METH_KEYWORDS", "O(OOOnO)", "(1)")
#: Wrong varieties of each.
_VARIETIES = 7


class Method:
    """A method of some flags."""

    def __init__(self, kind: str, variety: int | None) -> None:
        self.flags, self.signature, self.call = {**FLAGS, "method": _METHOD}[kind]
        self.have = self.signature if variety is None else wrong(self.signature, variety)
        self.name = f"{kind}_{'ok' if variety is None else variety}"

    @property
    def definition(self) -> str:
        return function(self.name, self.have)

    def row(self, *more: str) -> str:
        flags = " | ".join((self.flags, *more))
        return f'{{"{self.name}", (PyCFunction)(void (*)(void)){self.name}, {flags}, 0}},'

    def expected(self, owner: str, through: str) -> Expected:
        return Expected(
            f"{owner}.{self.name}", wasm_type(self.have), wasm_type(self.signature),
            f"{through}.{self.name}{self.call}", "PyMethodDef",
        )  # fmt: skip


def _methods(varieties: tuple[int | None, ...], *, method: bool = False) -> list[Method]:
    kinds = [*FLAGS, "method"] if method else list(FLAGS)
    return [Method(kind, variety) for kind in kinds for variety in varieties]


def _module(name: str, before: str, *, methods: str = "", adds: str = "", does: str = "") -> str:
    return (
        _HEAD + before
        + f"static PyMethodDef methods[] = {{ {methods} {{0}} }};\n"
        + f'static struct PyModuleDef def = {{ PyModuleDef_HEAD_INIT, .m_name = "{name}", .m_size = -1, .m_methods = methods, {adds} }};\n'
        + f"PyMODINIT_FUNC PyInit_{name}(void) {{ PyObject *m = PyModule_Create(&def); if (!m) return NULL; {does} return m; }}\n"
    )  # fmt: skip


def _functions(made: list[Method]) -> str:
    return "".join(one.definition for one in made)


def _every() -> Case:
    made = _methods((*range(_VARIETIES), None))
    name = "meach"
    return Case(
        name,
        _module(name, _functions(made), methods="".join(one.row() for one in made)),
        tuple(one.expected(name, "m") for one in made),
    )


def _type(name: str, *, heap: bool, more: str = "", instance: str = "m.T()") -> Case:
    """Methods of a type."""
    made = _methods((0, 2, None), method=heap and not more)
    before = (
        _functions(made)
        + f"static PyMethodDef t_methods[] = {{ {''.join(one.row(*filter(None, [more])) for one in made)} {{0}} }};\n"
    )
    if heap:
        before += (
            "static PyType_Slot slots[] = { {Py_tp_methods, t_methods}, {0, NULL} };\n"
            f'static PyType_Spec spec = {{ "{name}.T", sizeof(PyObject), 0, Py_TPFLAGS_DEFAULT, slots }};\n'
        )
        does = 'PyObject *t = PyType_FromModuleAndSpec(m, &spec, NULL); if (!t || PyModule_AddObjectRef(m, "T", t) < 0) return NULL;'
    else:
        before += f'static PyTypeObject T = {{ PyVarObject_HEAD_INIT(NULL, 0) .tp_name = "{name}.T", .tp_basicsize = sizeof(PyObject), .tp_flags = Py_TPFLAGS_DEFAULT, .tp_new = PyType_GenericNew, .tp_methods = t_methods }};\n'
        does = "if (PyModule_AddType(m, &T) < 0) return NULL;"
    return Case(
        name, _module(name, before, does=does), tuple(one.expected(f"{name}.T", instance) for one in made)
    )


def _added(name: str, before: str, does: str) -> Case:
    """Methods in an array ``more``, handed over in some way."""
    made = _methods((1, 3, None))
    rows = "".join(one.row() for one in made)
    head = _functions(made) + f"static PyMethodDef more[] = {{ {rows} {{0}} }};\n"
    return Case(
        name,
        _module(
            name, head + before.replace("COUNT", str(len(made))), does=does.replace("COUNT", str(len(made)))
        ),
        tuple(one.expected(name, "m") for one in made),
    )


def _built(name: str) -> Case:
    """An array that is made from rows of the module's own, with flags by kind."""
    made = _methods((0, 4, None))
    kinds = {
        "METH_VARARGS": 0,
        "METH_VARARGS | METH_KEYWORDS": 1,
        "METH_NOARGS": 2,
        "METH_O": 3,
        "METH_FASTCALL": 4,
        "METH_FASTCALL | METH_KEYWORDS": 5,
    }
    rows = "".join(f'{{ {kinds[one.flags]}, "{one.name}", (void (*)(void)){one.name} }},' for one in made)
    before = (
        _functions(made)
        + f"static const struct {{ int kind; const char *name; void (*f)(void); }} rows[] = {{ {rows} }};\n"
        + f"static const int flags[] = {{ {', '.join(kinds)} }};\nstatic PyMethodDef filled[{len(made) + 1}];\n"
    )
    does = f"for (int i = 0; i < {len(made)}; i++) {{ filled[i].ml_name = rows[i].name; filled[i].ml_meth = (PyCFunction)rows[i].f; filled[i].ml_flags = flags[rows[i].kind]; }} if (PyModule_AddFunctions(m, filled) < 0) return NULL;"
    return Case(name, _module(name, before, does=does), tuple(one.expected(name, "m") for one in made))


def _stored(name: str) -> Case:
    """Rows that are stored as the module is made, before its definition is used."""
    made = _methods((2, 5, None))
    before = (
        _functions(made)
        + f"static PyMethodDef rows[{len(made) + 1}];\nstatic void put(PyMethodDef *r, const char *n, void *f, int flags) {{ r->ml_name = n; r->ml_meth = (PyCFunction)f; r->ml_flags = flags; }}\n"
    )
    puts = "".join(
        f'put(&rows[{place}], "{one.name}", (void *){one.name}, {one.flags});'
        for place, one in enumerate(made)
    )
    source = (
        _HEAD + before
        + f'static struct PyModuleDef def = {{ PyModuleDef_HEAD_INIT, .m_name = "{name}", .m_size = -1 }};\n'
        + f"PyMODINIT_FUNC PyInit_{name}(void) {{ {puts} def.m_methods = rows; return PyModule_Create(&def); }}\n"
    )  # fmt: skip
    return Case(name, source, tuple(one.expected(name, "m") for one in made))


def _getset(name: str, *, heap: bool, closure: str) -> Case:
    """Getters and setters of every wrong variety, with closures."""
    rows, functions, entries = "", "", []
    for variety in (*range(_VARIETIES), None):
        word = "ok" if variety is None else str(variety)
        parts = []
        for kind, signature, call in (
            ("get", "O(OO)", "m.T().{}"),
            ("set", "i(OOO)", "setattr(m.T(), '{}', 1); len(())"),
        ):
            have = signature if variety is None else wrong(signature, variety)
            functions += function(f"{kind}_{word}", have)
            parts.append(f"(void *){kind}_{word}")
            entries.append(
                Expected(
                    f"{name}.T.a{word} ({kind})",
                    wasm_type(have),
                    wasm_type(signature),
                    call.format(f"a{word}"),
                    "PyGetSetDef",
                )
            )
        rows += f'{{"a{word}", {parts[0]}, {parts[1]}, "doc", {closure}}},'
    before = functions + f"static PyGetSetDef getset[] = {{ {rows} {{0}} }};\n"
    if heap:
        before += f'static PyType_Slot slots[] = {{ {{Py_tp_getset, getset}}, {{0, NULL}} }};\nstatic PyType_Spec spec = {{ "{name}.T", sizeof(PyObject), 0, Py_TPFLAGS_DEFAULT, slots }};\n'
        does = 'PyObject *t = PyType_FromSpec(&spec); if (!t || PyModule_AddObjectRef(m, "T", t) < 0) return NULL;'
    else:
        before += f'static PyTypeObject T = {{ PyVarObject_HEAD_INIT(NULL, 0) .tp_name = "{name}.T", .tp_basicsize = sizeof(PyObject), .tp_flags = Py_TPFLAGS_DEFAULT, .tp_new = PyType_GenericNew, .tp_getset = getset }};\n'
        does = "if (PyModule_AddType(m, &T) < 0) return NULL;"
    return Case(name, _module(name, before, does=does), tuple(entries))


def _hook(name: str, member: str, signature: str, variety: int | None, call: str = "") -> Case:
    """A function of the module's definition."""
    have = signature if variety is None else wrong(signature, variety)
    entry = Expected(f"{name} {member}", wasm_type(have), wasm_type(signature), call, "PyModuleDef")
    return Case(name, _module(name, function("f", have), adds=f".{member} = (void *)f"), (entry,))


def _exec(name: str, part: str, signature: str, have: str, body: str) -> Case:
    source = (
        _HEAD + function("f", have, body)
        + f"static PyModuleDef_Slot parts[] = {{ {{Py_mod_{part}, (void *)f}}, {{0, NULL}} }};\n"
        + f'static struct PyModuleDef def = {{ PyModuleDef_HEAD_INIT, .m_name = "{name}", .m_slots = parts }};\n'
        + f"PyMODINIT_FUNC PyInit_{name}(void) {{ return PyModuleDef_Init(&def); }}\n"
    )  # fmt: skip
    return Case(
        name,
        source,
        (Expected(f"{name} Py_mod_{part}", wasm_type(have), wasm_type(signature), "m", "PyModuleDef_Slot"),),
    )


def _init(name: str, have: str, body: str) -> Case:
    """An init function of another type."""
    source = (
        _HEAD + f'static struct PyModuleDef def = {{ PyModuleDef_HEAD_INIT, .m_name = "{name}", .m_size = -1 }};\n'
        + function(f"PyInit_{name}", have, body, static=False).replace("PyObject *PyInit", '__attribute__((visibility("default"))) PyObject *PyInit').replace("void PyInit", '__attribute__((visibility("default"))) void PyInit').replace("long long PyInit", '__attribute__((visibility("default"))) long long PyInit')
    )  # fmt: skip
    return Case(name, source, (Expected(f"PyInit_{name}", wasm_type(have), "() -> i32", "m", "PyInit"),))


_CREATE = 'return PyModule_NewObject(PyUnicode_FromString("made"));'
CASES = (
    _every(),
    _type("mstatic", heap=False),
    _type("mheap", heap=True),
    _type("mclass", heap=False, more="METH_CLASS", instance="m.T"),
    _type("mstaticm", heap=True, more="METH_STATIC", instance="m.T"),
    _added("maddf", "", "if (PyModule_AddFunctions(m, more) < 0) return NULL;"),
    _added("mcnew", "", "for (PyMethodDef *d = more; d->ml_name; d++) { PyObject *f = PyCFunction_NewEx(d, m, NULL); if (!f || PyModule_AddObject(m, d->ml_name, f) < 0) return NULL; }"),
    _added("mcmeth", "static PyObject *fun(PyMethodDef *d, PyObject *m) { return PyCMethod_New(d, NULL, PyModule_GetNameObject(m), NULL); }", "for (int i = 0; i < COUNT; i++) PyModule_AddObject(m, more[i].ml_name, fun(more + i, m));"),
    _added("mdict", "", "PyObject *d = PyModule_GetDict(m); for (int i = 0; more[i].ml_name != NULL; ++i) { PyObject *v = PyCFunction_New(&more[i], (PyObject *)NULL); PyDict_SetItemString(d, more[i].ml_name, v); Py_DECREF(v); }"),
    _added("mcopy", "static PyMethodDef *copy(const PyMethodDef *from, int n) { PyMethodDef *to = PyMem_Malloc((n + 1) * sizeof *to); memcpy(to, from, n * sizeof *to); memset(to + n, 0, sizeof *to); return to; }", "if (PyModule_AddFunctions(m, copy(more, COUNT)) < 0) return NULL;"),
    _built("mbuilt"),
    _stored("mstored"),
    _getset("gstatic", heap=False, closure="(void *)7"),
    _getset("gheap", heap=True, closure="&hits"),
    _hook("dfree", "m_free", "v(O)", 2),
    _hook("dclear", "m_clear", "i(O)", 2),
    _hook("dtrav", "m_traverse", "i(OOO)", 0, "import gc; gc.collect()"),
    _hook("dtravok", "m_traverse", "i(OOO)", None, "import gc; gc.collect()"),
    _exec("xexec0", "exec", "i(O)", "i()", "return 0;"),
    _exec("xexec3", "exec", "i(O)", "l(O)", "return 0;"),
    _exec("xexecok", "exec", "i(O)", "i(O)", "return 0;"),
    _exec("xcreate1", "create", "O(OO)", "O(O)", _CREATE),
    _exec("xcreateok", "create", "O(OO)", "O(OO)", _CREATE),
    _init("iextra", "O(O)", "return PyModule_Create(&def);"),
    _init("ivoid", "v()", "PyModule_Create(&def);"),
    _init("ilong", "l()", "return (long long)(long)PyModule_Create(&def);"),
    _init("iok", "O()", "return PyModule_Create(&def);"),
)  # fmt: skip
