/* The module gridcalc._formula: formulas without a sheet. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "formula.h"

typedef struct {
    PyObject *error; /* FormulaError */
} state;

static int lookup_in_mapping(void *context, formula_cell cell, double *value)
{
    PyObject *cells = context, *item;
    char name[32];
    if (cells == Py_None)
        return 0;
    formula_format_cell(cell, name);
    item = PyMapping_GetItemString(cells, name);
    if (!item) {
        if (!PyErr_ExceptionMatches(PyExc_KeyError))
            return -1;
        PyErr_Clear();
        return 0;
    }
    *value = PyFloat_AsDouble(item);
    Py_DECREF(item);
    return PyErr_Occurred() ? -1 : 1;
}

/* FormulaError(message, position), or the exception that the caller's own mapping raised. */
static PyObject *raise(PyObject *module, const formula_error *error)
{
    state *own = PyModule_GetState(module);
    PyObject *arguments;
    if (PyErr_Occurred())
        return NULL;
    arguments = Py_BuildValue("(sn)", error->message, (Py_ssize_t)error->position);
    if (arguments) {
        PyErr_SetObject(own->error, arguments);
        Py_DECREF(arguments);
    }
    return NULL;
}

static PyObject *evaluate(PyObject *module, PyObject *args)
{
    const char *text;
    PyObject *cells = Py_None;
    double result;
    formula_error error;
    if (!PyArg_ParseTuple(args, "s|O:evaluate", &text, &cells))
        return NULL;
    if (formula_evaluate(text + (*text == '='), lookup_in_mapping, cells, &result, &error) != FORMULA_OK)
        return raise(module, &error);
    return PyFloat_FromDouble(result);
}

static int add_to_list(void *context, formula_cell cell)
{
    char name[32];
    PyObject *word;
    int failed;
    formula_format_cell(cell, name);
    word = PyUnicode_FromString(name);
    failed = !word || PyList_Append(context, word) < 0;
    Py_XDECREF(word);
    return failed ? -1 : 0;
}

static PyObject *references(PyObject *module, PyObject *argument)
{
    const char *text = PyUnicode_AsUTF8(argument);
    PyObject *found;
    formula_error error;
    if (!text)
        return NULL;
    found = PyList_New(0);
    if (found && formula_references(text + (*text == '='), add_to_list, found, &error) != FORMULA_OK) {
        Py_DECREF(found);
        return raise(module, &error);
    }
    return found;
}

static PyMethodDef functions[] = {
    {"evaluate", evaluate, METH_VARARGS,
     "evaluate(text, cells=None)\n--\n\nThe value of a formula; cells maps names such as 'A1' to numbers."},
    {"references", references, METH_O,
     "references(text)\n--\n\nThe names of the cells that a formula mentions, in order."},
    {NULL, NULL, 0, NULL}};

static int execute(PyObject *module)
{
    state *own = PyModule_GetState(module);
    own->error = PyErr_NewExceptionWithDoc(
        "gridcalc.FormulaError", "FormulaError(message, position): text that is no formula, or has no value.",
        PyExc_ValueError, NULL);
    return own->error ? PyModule_AddObjectRef(module, "FormulaError", own->error) : -1;
}

static int traverse(PyObject *module, visitproc visit, void *arg)
{
    state *own = PyModule_GetState(module);
    Py_VISIT(own->error);
    return 0;
}

static int clear(PyObject *module)
{
    state *own = PyModule_GetState(module);
    Py_CLEAR(own->error);
    return 0;
}

static PyModuleDef_Slot slots[] = {{Py_mod_exec, execute}, {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "gridcalc._formula",
    .m_doc = "Formulas without a sheet.",
    .m_size = sizeof(state),
    .m_methods = functions,
    .m_slots = slots,
    .m_traverse = traverse,
    .m_clear = clear,
};

PyMODINIT_FUNC PyInit__formula(void)
{
    return PyModuleDef_Init(&definition);
}
