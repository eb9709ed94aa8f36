// Types and functions of pybind11, and beside them some that are handed to CPython as they are: p and P have wrong
// function types, q and Q right ones, and n one that CPython's calls tolerate.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>
#include <cstdlib>
#include "functions.h"
namespace py = pybind11;
struct P { int n = 1; };
struct Q { int n = 1; virtual ~Q() = default; virtual int half(int x) { return x / 2; } };
static int traverse_right(PyObject *self, visitproc visit, void *arg) { Py_VISIT(Py_TYPE(self)); return 0; }
PYBIND11_MODULE(NAME, m) {
    py::class_<P>(m, "P", py::custom_type_setup([](PyHeapTypeObject *heap) {
        heap->ht_type.tp_flags |= Py_TPFLAGS_HAVE_GC;
        heap->ht_type.tp_traverse = traverse_right;
        heap->ht_type.tp_clear = (inquiry)ANY(clear_wrong);
        heap->as_number.nb_add = (binaryfunc)ANY(add_wrong);
    })).def(py::init<>()).def_readwrite("n", &P::n);
    py::class_<Q>(m, "Q", py::custom_type_setup([](PyHeapTypeObject *heap) {
        heap->ht_type.tp_flags |= Py_TPFLAGS_HAVE_GC;
        heap->ht_type.tp_traverse = traverse_right;
        heap->ht_type.tp_clear = clear_right;
        heap->as_number.nb_add = add_right;
    })).def(py::init<>()).def_readwrite("n", &Q::n).def("half", &Q::half)
       .def_property_readonly("m", [](Q &q) { return q.n + 1; });
    m.def("twice", [](int n) { return 2 * n; }, "doc", py::arg("n") = 3);
    py::enum_<std::memory_order>(m, "Order").value("a", std::memory_order_relaxed);
    PyModule_AddFunctions(m.ptr(), more);
    m.attr("capsule") = py::capsule(new int(3), [](void *p) { delete (int *)p; });
}
