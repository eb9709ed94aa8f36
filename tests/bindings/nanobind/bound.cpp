// Types and functions of nanobind, and beside them some that are handed to CPython as they are: p and P have wrong
// function types, q and Q right ones, and n one that CPython's calls tolerate.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>
#include <cstdlib>
#include "functions.h"
namespace nb = nanobind;
struct P { int n = 1; };
struct Q { int n = 1; int half(int x) { return x / 2; } };
static int traverse_right(PyObject *, visitproc, void *) { return 0; }
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
