#include <Python.h>

int eggs(int count);

static PyObject *call(PyObject *self, PyObject *count) {
  (void)self;
  return PyLong_FromLong(eggs((int)PyLong_AsLong(count)));
}

static PyMethodDef methods[] = {{"eggs", call, METH_O, 0}, {0}};
static struct PyModuleDef beside = {PyModuleDef_HEAD_INIT, "beside", 0, -1, methods};

PyMODINIT_FUNC PyInit_beside(void) { return PyModule_Create(&beside); }
