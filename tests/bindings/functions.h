// Functions that modules hand to CPython as they are, whatever library they are bound with: p has a wrong type, q the
// right one, and n one that CPython's calls tolerate. Beside them are those that types P and Q have in slots.
#pragma once
#include <Python.h>
#define ANY(f) ((void *)(void (*)(void))f)
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
