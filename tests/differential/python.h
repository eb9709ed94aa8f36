/* As much of CPython's C interface as the cases need, so that one build of a case serves all four platforms:
   what is declared here has the same layout in CPython 3.12 to 3.15 on this target. */
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

typedef struct object PyObject;
typedef PyObject *(*PyCFunction)(PyObject *self, PyObject *arguments);

typedef struct {
    const char *name;
    PyCFunction function;
    int flags;
    const char *doc;
} PyMethodDef;

typedef struct {
    long refcount;
    void *type;
    void *init;
    long index;
    void *copy;
    const char *name;
    const char *doc;
    long size;
    PyMethodDef *methods;
    void *slots, *traverse, *clear, *free;
} PyModuleDef;

PyObject *PyModule_Create2(PyModuleDef *definition, int version);
PyObject *PyLong_FromLong(long value);

#define METH_NOARGS 4
#ifdef __cplusplus
#define EXPORT extern "C" __attribute__((visibility("default")))
#else
#define EXPORT __attribute__((visibility("default")))
#endif

/* An extension module NAME with the given entries of its method table. */
#define MODULE(NAME, ...)                                                                                \
    static PyMethodDef NAME##_methods[] = {__VA_ARGS__ {0, 0, 0, 0}};                                    \
    static PyModuleDef NAME##_definition = {1, 0, 0, 0, 0, #NAME, 0, -1, NAME##_methods, 0, 0, 0, 0};    \
    EXPORT PyObject *PyInit_##NAME(void) { return PyModule_Create2(&NAME##_definition, 1013); }

/* A function NAME() of the module, whose result is an int EXPRESSION. */
#define FUNCTION(NAME, EXPRESSION)                                                                       \
    static PyObject *NAME(PyObject *self, PyObject *nothing) { return PyLong_FromLong((long)(EXPRESSION)); }

#define METHOD(NAME) {#NAME, NAME, METH_NOARGS, 0},

#ifdef __cplusplus
}
#endif
