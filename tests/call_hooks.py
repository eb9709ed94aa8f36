# ruff: noqa: E501 - lines of C
"""Functions that CPython's and C's functions call back: each with one that fits and one that does not."""

from __future__ import annotations

from typing import NamedTuple

from call_modules import Case, Expected
from call_slots import function, wasm_type, wrong

_HEAD = """
#define _GNU_SOURCE
#include <Python.h>
#include <stdlib.h>
#include <string.h>
#include <stdio.h>
#include <search.h>
#include <dirent.h>
#include <pthread.h>
#include <threads.h>
#include <signal.h>
#include <glob.h>
#include <ftw.h>
#include <unistd.h>
#include <sys/stat.h>
static int hits;
static PyObject *get_hits(PyObject *s, PyObject *a) { return PyLong_FromLong(hits); }
static int v[5] = {5, 3, 1, 4, 2}, k = 4;
"""


class Hook(NamedTuple):
    """A function that is called back.

    Attributes:
        table: what it is given to, as rows name it.
        signature: in letters.
        give: C that hands ``F`` over and has it called.
        body: of the right function.
        name: of the module, where the table is none.
    """

    table: str
    signature: str
    give: str
    body: str = ""
    name: str = ""


_INT = "return *(const int *)a0 - *(const int *)a1;"
HOOKS = (
    Hook("qsort", "i(OO)", "qsort(v, 5, sizeof *v, F);", _INT),
    Hook("qsort_r", "i(OOO)", "qsort_r(v, 5, sizeof *v, F, NULL);", _INT),
    Hook("bsearch", "i(OO)", "if (bsearch(&k, v, 5, sizeof *v, F)) hits++;", _INT),
    Hook("lfind", "i(OO)", "size_t n = 5; if (lfind(&k, v, &n, sizeof *v, F)) hits++;", _INT),
    Hook("lsearch", "i(OO)", "size_t n = 4; if (lsearch(&k, v, &n, sizeof *v, F)) hits++;", _INT),
    Hook("tsearch", "i(OO)", "void *root = NULL; tsearch(&v[0], &root, F); tsearch(&v[1], &root, F);", _INT),
    Hook("tfind", "i(OO)", "void *root = NULL; tsearch(&v[0], &root, fits); tfind(&k, &root, F);", _INT),
    Hook("tdelete", "i(OO)", "void *root = NULL; tsearch(&v[0], &root, fits); tdelete(&k, &root, F);", _INT),
    Hook("twalk", "v(Oii)", "void *root = NULL; tsearch(&v[0], &root, order); twalk(root, F);"),
    Hook("tdestroy", "v(O)", "void *root = NULL; tsearch(&v[0], &root, order); tdestroy(root, F);"),
    Hook("scandir", "i(O)", 'struct dirent **l; scandir("/", &l, F, NULL);', name="scandirs"),
    Hook("scandir", "i(OO)", 'struct dirent **l; scandir("/", &l, NULL, F);', "return 0;", name="scandirc"),
    Hook("nftw", "i(OOiO)", 'nftw("/tmp", F, 5, 0);'),
    Hook("glob", "i(Oi)", 'glob_t g; hits += glob("/proc/self/fd/9/*/x*", 0, F, &g);'),
    Hook("pthread_once", "v()", "pthread_once_t o = PTHREAD_ONCE_INIT; pthread_once(&o, F);"),
    Hook("call_once", "v()", "static once_flag o = ONCE_FLAG_INIT; once_flag o2 = o; call_once(&o2, F);"),
    Hook("pthread_cleanup_push", "v(O)", "pthread_cleanup_push(F, NULL); k++; pthread_cleanup_pop(1);"),
    Hook(
        "pthread_key_create",
        "v(O)",
        "pthread_key_t key; pthread_key_create(&key, F); pthread_setspecific(key, &hits);",
    ),
    Hook("tss_create", "v(O)", "tss_t key; tss_create(&key, F); tss_set(key, &hits);"),
    Hook("atexit", "v()", "atexit(F);"),
    Hook("pthread_atfork", "v()", "pthread_atfork(F, NULL, NULL);"),
    Hook("signal", "v(i)", "signal(SIGUSR1, F); raise(SIGUSR1);"),
    Hook("pthread_create", "O(O)", "pthread_t t; pthread_create(&t, NULL, F, NULL);"),
    Hook("thrd_create", "i(O)", "thrd_t t; thrd_create(&t, F, NULL);"),
    Hook(
        "fopencookie",
        "n(OOn)",
        'cookie_io_functions_t io = { .read = F }; FILE *f = fopencookie(&hits, "r", io); setvbuf(f, NULL, _IONBF, 0); hits += getc(f) == EOF; fclose(f);',
        "return 0;",
        name="cookieread",
    ),
    Hook(
        "fopencookie",
        "n(OOn)",
        'cookie_io_functions_t io = { .write = F }; FILE *f = fopencookie(&hits, "w", io); fputs("x", f); fflush(f);',
        "return a2;",
        name="cookiewrite",
    ),
    Hook("PyCapsule_New", "v(O)", 'PyObject *c = PyCapsule_New(&hits, "x", F); Py_DECREF(c);'),
    Hook(
        "PyCapsule_SetDestructor",
        "v(O)",
        'PyObject *c = PyCapsule_New(&hits, "x", NULL); PyCapsule_SetDestructor(c, F); Py_DECREF(c);',
    ),
    Hook("Py_AddPendingCall", "i(O)", "Py_AddPendingCall(F, NULL);"),
    Hook("PyEval_SetProfile", "i(OOiO)", "PyEval_SetProfile(F, NULL);"),
    Hook("PyEval_SetTrace", "i(OOiO)", "PyEval_SetTrace(F, NULL);"),
    Hook("PySys_AddAuditHook", "i(OOO)", 'PySys_AddAuditHook(F, NULL); PySys_Audit("x", NULL);'),
    Hook(
        "PyDict_AddWatcher",
        "i(iOOO)",
        'int w = PyDict_AddWatcher(F); PyObject *d = PyDict_New(); PyDict_Watch(w, d); PyDict_SetItemString(d, "a", Py_None);',
    ),
    Hook(
        "PyType_AddWatcher",
        "i(O)",
        'int w = PyType_AddWatcher(F); PyObject *t = PyObject_CallFunction((PyObject *)&PyType_Type, "s(){}", "X"); PyType_Watch(w, t); PyObject_GetAttrString(t, "__name__"); PyObject_SetAttrString(t, "a", Py_None); PyType_Modified((PyTypeObject *)t);',
    ),
    Hook("PyCode_AddWatcher", "i(iO)", 'PyCode_AddWatcher(F); PyCode_NewEmpty("a", "b", 1);'),
    Hook(
        "PyFunction_AddWatcher", "i(iOO)", 'PyFunction_AddWatcher(F); PyRun_SimpleString("def f(): pass\\n");'
    ),
    Hook("PyFile_SetOpenCodeHook", "O(OO)", 'PyFile_SetOpenCodeHook(F, NULL); PyFile_OpenCode("/x.py");'),
    Hook(
        "PyFunction_SetVectorcall",
        "O(OOnO)",
        'PyObject *d = PyDict_New(); PyRun_String("def f(): pass", Py_file_input, d, d); PyObject *f = PyDict_GetItemString(d, "f"); PyFunction_SetVectorcall((PyFunctionObject *)f, F); PyObject_CallNoArgs(f);',
    ),
    Hook("PyUnstable_GC_VisitObjects", "i(OO)", "PyUnstable_GC_VisitObjects(F, NULL);", "return 1;"),
    Hook("Py_AtExit", "v()", "Py_AtExit(F);"),
    Hook("PyThread_start_new_thread", "v(O)", "PyThread_start_new_thread(F, NULL);"),
    Hook(
        "PyArg_ParseTuple",
        "i(OO)",
        'int x, y; PyObject *t = Py_BuildValue("(iOi)", 1, Py_None, 2); PyArg_ParseTuple(t, "iO&i:name", &x, F, &y, &y); PyErr_Clear();',
        "return 1;",
    ),
    Hook(
        "PyArg_ParseTupleAndKeywords",
        "i(OO)",
        'int x = 0; PyObject *y; static char *n[] = {"a", "b", NULL}; PyObject *t = Py_BuildValue("(OO)", Py_None, Py_None); PyArg_ParseTupleAndKeywords(t, NULL, "O!|$O&", n, Py_TYPE(Py_None), &y, F, &x); PyErr_Clear(); PyArg_ParseTupleAndKeywords(t, NULL, "OO&", n, &y, F, &x); PyErr_Clear();',
        "return 1;",
    ),
    Hook("PyArg_Parse", "i(OO)", 'int x; PyArg_Parse(Py_None, "O&", F, &x); PyErr_Clear();', "return 1;"),
    Hook("Py_BuildValue", "O(O)", 'Py_BuildValue("[idO&]", 1, 2.0, F, &hits); PyErr_Clear();'),
    Hook(
        "PyObject_CallFunction",
        "O(O)",
        'PyObject_CallFunction((PyObject *)&PyList_Type, "(O&)", F, &hits); PyErr_Clear();',
    ),
)


def _replace(give: str, name: str) -> str:
    out, word = "", ""
    for letter in give + " ":
        if letter.isalnum() or letter == "_":
            word += letter
            continue
        out += f"(void *)(void (*)(void)){name}" if word == "F" else word
        out, word = out + letter, ""
    return out


def _case(number: int, hook: Hook) -> Case:
    name = f"k{hook.name or hook.table.lower()}"
    have = wrong(hook.signature, number)
    source = (
        _HEAD + "static int order(const void *a0, const void *a1) { " + _INT + " }\n"
        + function("fits", hook.signature, hook.body) + function("fails", have)
        + "".join(
            f"static PyObject *{letter}(PyObject *s, PyObject *a) {{ {_replace(hook.give, target)} return PyLong_FromLong(hits); }}\n"
            for letter, target in (("p", "fails"), ("q", "fits"))
        )
        + 'static PyMethodDef methods[] = { {"p", p, METH_NOARGS, 0}, {"q", q, METH_NOARGS, 0}, {"hits", get_hits, METH_NOARGS, 0}, {0} };\n'
        + f'static struct PyModuleDef def = {{ PyModuleDef_HEAD_INIT, .m_name = "{name}", .m_size = -1, .m_methods = methods }};\n'
        + f"PyMODINIT_FUNC PyInit_{name}(void) {{ return PyModule_Create(&def); }}\n"
    )  # fmt: skip
    entries = tuple(
        Expected(f"{name}.{letter}", wasm_type(type_), wasm_type(hook.signature), f"m.{letter}()", hook.table)
        for letter, type_ in (("p", have), ("q", hook.signature))
    )
    return Case(name, source, entries)


CASES = tuple(_case(number, hook) for number, hook in enumerate(HOOKS))
