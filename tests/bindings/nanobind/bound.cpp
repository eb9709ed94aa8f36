// Types and functions of nanobind, and beside them some that are handed to CPython as they are: p and P have wrong
// function types, q and Q right ones, and n one that CPython's calls tolerate.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>
#include <cstdlib>
namespace nb = nanobind;
#define ANY(f) ((void *)(void (*)(void))f)
struct P { int n = 1; };
struct Q { int n = 1; int half(int x) { return x / 2; } };
static int traverse_right(PyObject *, visitproc, void *) { return 0; }
static int clear_right(PyObject *) { return 0; }
static void clear_wrong(PyObject *) {}
static PyObject *add_right(PyObject *, PyObject *) { return PyLong_FromLong(41); }
static PyObject *add_wrong(PyObject *) { return PyLong_FromLong(41); }
static PyObject *fast_right(PyObject *, PyObject *const *, Py_ssize_t) { return PyLong_FromLong(41); }
static PyObject *fast_wrong(PyObject *, PyObject *) { return PyLong_FromLong(41); }
static PyObject *noargs_one(PyObject *) { return PyLong_FromLong(41); }
static PyMethodDef more[] = {
    {"p", (PyCFunction)ANY(fast_wrong), METH_FASTCALL, nullptr},
    {"q", (PyCFunction)ANY(fast_right), METH_FASTCALL, nullptr},
    {"n", (PyCFunction)ANY(noargs_one), METH_NOARGS, nullptr},
    {nullptr, nullptr, 0, nullptr}};
static PyType_Slot wrong_slots[] = {{Py_tp_traverse, ANY(traverse_right)}, {Py_tp_clear, ANY(clear_wrong)}, {Py_nb_add, ANY(add_wrong)}, {0, nullptr}};
static PyType_Slot right_slots[] = {{Py_tp_traverse, ANY(traverse_right)}, {Py_tp_clear, ANY(clear_right)}, {Py_nb_add, ANY(add_right)}, {0, nullptr}};
NB_MODULE(NAME, m) {
    nb::class_<P>(m, "P", nb::type_slots(wrong_slots)).def(nb::init<>()).def_rw("n", &P::n);
    nb::class_<Q>(m, "Q", nb::type_slots(right_slots)).def(nb::init<>()).def_rw("n", &Q::n).def("half", &Q::half)
        .def_prop_ro("m", [](Q &q) { return q.n + 1; });
    m.def("twice", [](int n) { return 2 * n; }, nb::arg("n") = 3);
    m.def("text", [](const std::string &s) { return s + "!"; });
    PyModule_AddFunctions(m.ptr(), more);
    m.attr("capsule") = nb::capsule(new int(3), [](void *p) noexcept { delete (int *)p; });
}
