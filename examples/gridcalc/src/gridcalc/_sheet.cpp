// The module gridcalc._sheet: a sheet as a Python type.
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <new>

#include "grid.hpp"

namespace {

using gridcalc::Sheet;

struct State {
    PyObject *cycle_error;
    PyObject *formula_error;
    PyObject *sheet_type;
};

struct SheetObject {
    PyObject_HEAD
    Sheet *sheet;
};

extern struct PyModuleDef definition;

State *state_of(PyTypeObject *type)
{
    PyObject *module = PyType_GetModuleByDef(type, &definition);
    return module ? static_cast<State *>(PyModule_GetState(module)) : nullptr;
}

// The C++ exception in flight becomes a Python one. For use in a catch block.
void translate(PyTypeObject *type)
{
    State *state = state_of(type);
    if (!state)
        return;
    try {
        throw;
    } catch (const gridcalc::CycleError &error) {
        PyErr_SetString(state->cycle_error, error.what());
    } catch (const gridcalc::FormulaFault &error) {
        PyObject *arguments = Py_BuildValue("(sn)", error.what(), static_cast<Py_ssize_t>(error.position));
        if (arguments) {
            PyErr_SetObject(state->formula_error, arguments);
            Py_DECREF(arguments);
        }
    } catch (const std::invalid_argument &error) {
        PyErr_SetString(PyExc_KeyError, error.what());
    } catch (const std::bad_alloc &) {
        PyErr_NoMemory();
    } catch (const std::exception &error) {
        PyErr_SetString(PyExc_ValueError, error.what());
    }
}

Sheet &sheet_of(PyObject *self) { return *reinterpret_cast<SheetObject *>(self)->sheet; }

std::string text_of(PyObject *object)
{
    Py_ssize_t size = 0;
    const char *text = PyUnicode_AsUTF8AndSize(object, &size);
    return text ? std::string(text, static_cast<std::size_t>(size)) : std::string();
}

PyObject *to_python(const std::string &text)
{
    return PyUnicode_FromStringAndSize(text.data(), static_cast<Py_ssize_t>(text.size()));
}

PyObject *to_python(const gridcalc::Value &value)
{
    if (const double *number = std::get_if<double>(&value))
        return PyFloat_FromDouble(*number);
    if (const std::string *text = std::get_if<std::string>(&value))
        return to_python(*text);
    Py_RETURN_NONE;
}

PyObject *sheet_new(PyTypeObject *type, PyObject *, PyObject *)
{
    PyObject *self = type->tp_alloc(type, 0);
    if (!self)
        return nullptr;
    try {
        reinterpret_cast<SheetObject *>(self)->sheet = new Sheet();
        return self;
    } catch (...) {
        translate(type);
        Py_DECREF(self);
        return nullptr;
    }
}

void sheet_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    delete reinterpret_cast<SheetObject *>(self)->sheet;
    type->tp_free(self);
    Py_DECREF(type);
}

PyObject *sheet_get(PyObject *self, PyObject *key)
{
    std::string name = text_of(key);
    if (PyErr_Occurred())
        return nullptr;
    try {
        return to_python(sheet_of(self).get(gridcalc::place_of(name)));
    } catch (...) {
        translate(Py_TYPE(self));
        return nullptr;
    }
}

int sheet_set(PyObject *self, PyObject *key, PyObject *value)
{
    std::string name = text_of(key), content;
    if (PyErr_Occurred())
        return -1;
    if (value && value != Py_None) { // `del sheet["A1"]` gives no value
        PyObject *text = PyObject_Str(value);
        if (!text)
            return -1;
        content = text_of(text);
        Py_DECREF(text);
        if (PyErr_Occurred())
            return -1;
    }
    try {
        sheet_of(self).set(gridcalc::place_of(name), content);
        return 0;
    } catch (...) {
        translate(Py_TYPE(self));
        return -1;
    }
}

PyObject *sheet_content(PyObject *self, PyObject *key)
{
    std::string name = text_of(key);
    if (PyErr_Occurred())
        return nullptr;
    try {
        return to_python(sheet_of(self).content(gridcalc::place_of(name)));
    } catch (...) {
        translate(Py_TYPE(self));
        return nullptr;
    }
}

PyObject *sheet_cells(PyObject *self, PyObject *)
{
    PyObject *names = PyList_New(0);
    if (!names)
        return nullptr;
    for (gridcalc::Place place : sheet_of(self).places()) {
        PyObject *name = to_python(gridcalc::name_of(place));
        if (!name || PyList_Append(names, name) < 0) {
            Py_XDECREF(name);
            Py_DECREF(names);
            return nullptr;
        }
        Py_DECREF(name);
    }
    return names;
}

PyObject *sheet_to_csv(PyObject *self, PyObject *)
{
    try {
        return to_python(sheet_of(self).write_csv());
    } catch (...) {
        translate(Py_TYPE(self));
        return nullptr;
    }
}

PyObject *sheet_from_csv(PyObject *type, PyObject *table)
{
    std::string text = text_of(table);
    if (PyErr_Occurred())
        return nullptr;
    PyObject *self = PyObject_CallNoArgs(type);
    if (!self)
        return nullptr;
    try {
        sheet_of(self).read_csv(text);
        return self;
    } catch (...) {
        translate(Py_TYPE(self));
        Py_DECREF(self);
        return nullptr;
    }
}

PyMethodDef sheet_methods[] = {
    {"content", sheet_content, METH_O, "content($self, name, /)\n--\n\nWhat was put into a cell, as text."},
    {"cells", sheet_cells, METH_NOARGS, "cells($self, /)\n--\n\nThe names of the cells that are not empty."},
    {"to_csv", sheet_to_csv, METH_NOARGS, "to_csv($self, /)\n--\n\nThe values, as a table."},
    {"from_csv", sheet_from_csv, METH_O | METH_CLASS,
     "from_csv(table, /)\n--\n\nA sheet with a table's cells; text that begins with '=' is a formula."},
    {nullptr, nullptr, 0, nullptr}};

PyType_Slot sheet_slots[] = {
    {Py_tp_doc, const_cast<char *>("Cells by name, such as sheet['A1'] = '=B1*2'.")},
    {Py_tp_new, reinterpret_cast<void *>(sheet_new)},
    {Py_tp_dealloc, reinterpret_cast<void *>(sheet_dealloc)},
    {Py_tp_methods, sheet_methods},
    {Py_mp_subscript, reinterpret_cast<void *>(sheet_get)},
    {Py_mp_ass_subscript, reinterpret_cast<void *>(sheet_set)},
    {0, nullptr}};

PyType_Spec sheet_spec = {
    "gridcalc.Sheet", sizeof(SheetObject), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, sheet_slots};

int execute(PyObject *module)
{
    auto *state = static_cast<State *>(PyModule_GetState(module));
    PyObject *formula = PyImport_ImportModule("gridcalc._formula");
    if (!formula)
        return -1;
    state->formula_error = PyObject_GetAttrString(formula, "FormulaError");
    Py_DECREF(formula);
    if (!state->formula_error)
        return -1;
    state->cycle_error = PyErr_NewExceptionWithDoc(
        "gridcalc.CycleError", "Cells that need each other's values.", PyExc_ValueError, nullptr);
    if (!state->cycle_error || PyModule_AddObjectRef(module, "CycleError", state->cycle_error) < 0)
        return -1;
    state->sheet_type = PyType_FromModuleAndSpec(module, &sheet_spec, nullptr);
    return state->sheet_type ? PyModule_AddObjectRef(module, "Sheet", state->sheet_type) : -1;
}

int traverse(PyObject *module, visitproc visit, void *arg)
{
    auto *state = static_cast<State *>(PyModule_GetState(module));
    Py_VISIT(state->cycle_error);
    Py_VISIT(state->formula_error);
    Py_VISIT(state->sheet_type);
    return 0;
}

int clear(PyObject *module)
{
    auto *state = static_cast<State *>(PyModule_GetState(module));
    Py_CLEAR(state->cycle_error);
    Py_CLEAR(state->formula_error);
    Py_CLEAR(state->sheet_type);
    return 0;
}

PyModuleDef_Slot slots[] = {{Py_mod_exec, reinterpret_cast<void *>(execute)}, {0, nullptr}};

struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    "gridcalc._sheet",
    "A sheet of cells that recalculates itself.",
    sizeof(State),
    nullptr,
    slots,
    traverse,
    clear,
    nullptr,
};

} // namespace

PyMODINIT_FUNC PyInit__sheet() { return PyModuleDef_Init(&definition); }
