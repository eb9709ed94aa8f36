# ruff: noqa: E501 - lines of C++
"""Modules in C++ whose tables are put together by containers, templates and static objects."""

from __future__ import annotations

from call_modules import HEAD, MODULE, ONE, THREE, TWO, Case, Expected

_FUNCTIONS = """
#include <array>
#include <memory>
#include <string>
#include <vector>
static PyObject *one(PyObject *a) { hits++; return PyLong_FromLong(41); }
static PyObject *two(PyObject *a, PyObject *b) { hits += 2; return PyLong_FromLong(42); }
static PyObject *three(PyObject *a, PyObject *const *b, Py_ssize_t n) { hits += 3; return PyLong_FromLong(43); }
"""
_WRONG, _RIGHT = (
    f'{{"{letter}", (PyCFunction)ANY({function}), METH_FASTCALL, nullptr}}'
    for letter, function in (("p", "two"), ("q", "three"))
)


def _case(name: str, before: str, does: str, entries: tuple[Expected, ...], *, adds: str = "") -> Case:
    init = f"PyObject *m = PyModule_Create(&def); if (!m) return NULL; {does} return m;"
    source = HEAD + MODULE.format(
        name=name, before=_FUNCTIONS + before, methods="", adds=adds, size=-1, init=init
    )
    return Case(name, source, entries, suffix="cpp")


def _methods(name: str) -> tuple[Expected, Expected]:
    return Expected(f"{name}.p", TWO, THREE, "m.p(1)"), Expected(f"{name}.q", THREE, THREE, "m.q(1)")


def _adding(name: str) -> tuple[Expected, Expected]:
    return (
        Expected(f"{name}.P nb_add", ONE, TWO, "m.P() + 1"),
        Expected(f"{name}.Q nb_add", TWO, TWO, "m.Q() + 1"),
    )


_BUILDER = """
class Builder {
  std::string name; std::vector<PyType_Slot> slots;
public:
  explicit Builder(const char *n) : name(n) {}
  Builder &slot(int number, void *f) { slots.push_back({number, f}); return *this; }
  PyObject *build() {
    slots.push_back({0, nullptr});
    PyType_Spec spec = {name.c_str(), (int)sizeof(PyObject), 0, Py_TPFLAGS_DEFAULT, slots.data()};
    return PyType_FromSpec(&spec);
  }
};
"""
_BUILT = "".join(
    f'PyModule_AddObject(m, "{letter}", Builder("xbuilder.{letter}").slot(Py_nb_add, ANY({add})).slot(Py_tp_repr, ANY(one)).build());'
    for letter, add in (("P", "one"), ("Q", "two"))
)
_TEMPLATE = """
struct A { PyObject_HEAD int n; }; struct B { PyObject_HEAD double d; };
template <class T> struct Traits;
template <> struct Traits<A> { static constexpr const char *name = "xtemplate.P"; static void *add() { return ANY(one); } };
template <> struct Traits<B> { static constexpr const char *name = "xtemplate.Q"; static void *add() { return ANY(two); } };
template <class T> static PyObject *make() {
  static PyType_Slot slots[] = {{Py_nb_add, Traits<T>::add()}, {0, nullptr}};
  static PyType_Spec spec = {Traits<T>::name, sizeof(T), 0, Py_TPFLAGS_DEFAULT, slots};
  return PyType_FromSpec(&spec);
}
"""
_REGISTER = """
struct Entry {
  static Entry *head; Entry *next; PyMethodDef def;
  Entry(const char *n, void *f) : next(head), def{n, (PyCFunction)f, METH_FASTCALL, nullptr} { head = this; }
};
Entry *Entry::head = nullptr;
static Entry p("p", ANY(two)), q("q", ANY(three));
"""
CASES = (
    _case(
        "xpushed",
        "",
        f"static std::vector<PyMethodDef> all; all.push_back({_WRONG}); all.push_back({_RIGHT}); all.push_back({{}}); PyModule_AddFunctions(m, all.data());",
        _methods("xpushed"),
    ),
    _case(
        "xlisted",
        f"static std::vector<PyMethodDef> all = {{ {_WRONG}, {_RIGHT}, {{nullptr, nullptr, 0, nullptr}} }};\n",
        "PyModule_AddFunctions(m, all.data());",
        _methods("xlisted"),
    ),
    _case(
        "xunique",
        "",
        f"auto all = std::make_unique<PyMethodDef[]>(3); all[0] = {_WRONG}; all[1] = {_RIGHT}; PyModule_AddFunctions(m, all.release());",
        _methods("xunique"),
    ),
    _case(
        "xregister",
        _REGISTER,
        "for (Entry *e = Entry::head; e; e = e->next) PyModule_AddObject(m, e->def.ml_name, PyCFunction_New(&e->def, m));",
        _methods("xregister"),
    ),
    _case(
        "xbuilder",
        _BUILDER,
        _BUILT,
        _adding("xbuilder"),
    ),
    _case(
        "xtemplate",
        _TEMPLATE,
        'PyModule_AddObject(m, "P", make<A>()); PyModule_AddObject(m, "Q", make<B>());',
        _adding("xtemplate"),
    ),
)
