# ruff: noqa: E501 - lines of C
"""The ways in which modules make types and hand them to CPython, each as a module with some slots."""

from __future__ import annotations

from typing import TYPE_CHECKING

from call_modules import Case
from call_slots import SLOTS, SUBTABLES
from call_types import FLAGS, Made

if TYPE_CHECKING:
    from call_slots import Slot

_HEAD = """
#include <Python.h>
#include <stdlib.h>
#include <string.h>
static int hits;
static PyObject *get_hits(PyObject *s, PyObject *a) { return PyLong_FromLong(hits); }
"""


_SOME = """
static int some_buffer(PyObject *o, Py_buffer *v, int flags) { static char room[4]; return PyBuffer_FillInfo(v, o, room, 4, 1, flags); }
static int some_traverse(PyObject *o, visitproc visit, void *arg) { return 0; }
static PyObject *some_next(PyObject *o) { return NULL; }
"""


def _single(name: str, before: str, does: str) -> str:
    return (
        before
        + 'static PyMethodDef methods[] = { {"hits", get_hits, METH_NOARGS, 0}, {0} };\n'
        + f'static struct PyModuleDef def = {{ PyModuleDef_HEAD_INIT, .m_name = "{name}", .m_size = -1, .m_methods = methods }};\n'
        + f"PyMODINIT_FUNC PyInit_{name}(void) {{ PyObject *m = PyModule_Create(&def); if (!m) return NULL; {does} return m; }}\n"
    )


def _multi(name: str, before: str, does: str, size: str = "0") -> str:
    return (
        before
        + f"static int more(PyObject *m) {{ {does} return 0; }}\n"
        + "static PyModuleDef_Slot parts[] = { {Py_mod_exec, (void *)more}, {0, NULL} };\n"
        + 'static PyMethodDef methods[] = { {"hits", get_hits, METH_NOARGS, 0}, {0} };\n'
        + f'static struct PyModuleDef def = {{ PyModuleDef_HEAD_INIT, .m_name = "{name}", .m_size = {size}, .m_methods = methods, .m_slots = parts }};\n'
        + f"PyMODINIT_FUNC PyInit_{name}(void) {{ return PyModuleDef_Init(&def); }}\n"
    )


def _static_ready(name: str, made: list[Made]) -> str:
    before = "".join(one.static() for one in made)
    return _single(
        name,
        before,
        "".join(
            f'if (PyType_Ready(&{one.name}_type) < 0 || PyModule_AddObjectRef(m, "{one.name}", (PyObject *)&{one.name}_type) < 0) {{ Py_DECREF(m); return NULL; }}'
            for one in made
        ),
    )


def _static_loop(name: str, made: list[Made]) -> str:
    rows = "".join(f'{{"{one.name}", &{one.name}_type}},' for one in made)
    before = (
        "".join(one.static() for one in made)
        + f"static struct {{ const char *n; PyTypeObject *t; }} all[] = {{ {rows} {{NULL, NULL}} }};\n"
    )
    return _single(
        name,
        before,
        "for (int i = 0; all[i].n; i++) { if (PyType_Ready(all[i].t) < 0) return NULL; Py_INCREF(all[i].t); if (PyModule_AddObject(m, all[i].n, (PyObject *)all[i].t) < 0) return NULL; }",
    )


def _static_exec(name: str, made: list[Made]) -> str:
    before = "".join(one.static() for one in made)
    before += "static inline int add(PyObject *m, const char *n, PyTypeObject *t) { if (PyType_Ready(t) < 0) return -1; return PyModule_AddObjectRef(m, n, (PyObject *)t); }\n"
    return _multi(
        name, before, "".join(f'if (add(m, "{one.name}", &{one.name}_type) < 0) return -1;' for one in made)
    )


def _static_base(name: str, made: list[Made]) -> str:
    """Types below a type of the module, whose base is set as the module is made."""
    before = "".join(one.static() for one in made)
    before += f'static PyTypeObject base = {{ PyVarObject_HEAD_INIT(NULL, 0) .tp_name = "{name}.Base", .tp_basicsize = sizeof(PyObject), .tp_flags = {FLAGS}, .tp_new = PyType_GenericNew }};\n'
    does = "if (PyType_Ready(&base) < 0) return NULL;"
    for one in made:
        does += (
            f"{one.name}_type.tp_base = &base; if (PyModule_AddType(m, &{one.name}_type) < 0) return NULL;"
        )
    return _single(name, before, does)


def _static_stored(name: str, made: list[Made]) -> str:
    """Everything is stored as the module is made."""
    before, does = "", ""
    for one in made:
        before += f"static PyTypeObject {one.name}_type = {{ PyVarObject_HEAD_INIT(NULL, 0) }};\n"
        type_ = f"{one.name}_type"
        does += f'{type_}.tp_name = "{one.full}"; {type_}.tp_basicsize = {one.size}; {type_}.tp_flags = {one.flags}; {type_}.tp_new = PyType_GenericNew;'
        for part in one.parts:
            before += f"static {SUBTABLES[part][0]} {one.name}_{part};\n"
            does += f"{type_}.{SUBTABLES[part][1]} = &{one.name}_{part};"
        does += one.stores(type_=f"{type_}.", table=f"{one.name}_{{part}}.")
        does += f'if (PyType_Ready(&{type_}) < 0 || PyModule_AddObjectRef(m, "{one.name}", (PyObject *)&{type_}) < 0) return NULL;'
    return _single(name, before, does)


def _static_copied(name: str, made: list[Made]) -> str:
    """Types are copies of one, in room of the heap, with their own slots in copies of tables."""
    before = f"static PyTypeObject model = {{ PyVarObject_HEAD_INIT(NULL, 0) .tp_basicsize = sizeof(PyObject), .tp_flags = {FLAGS}, .tp_new = PyType_GenericNew }};\n"
    does = ""
    for one in made:
        does += f'{{ PyTypeObject *t = malloc(sizeof *t); memcpy(t, &model, sizeof model); t->tp_name = "{one.full}"; t->tp_flags = {one.flags};'
        for part in one.parts:
            kind, pointer = SUBTABLES[part]
            does += f"{kind} *{part} = calloc(1, sizeof *{part}); t->{pointer} = {part};"
        does += one.stores(type_="t->", table="{part}->")
        does += f'if (PyType_Ready(t) < 0 || PyModule_AddObject(m, "{one.name}", (PyObject *)t) < 0) return NULL; }}'
    return _single(name, before, does)


def _spec_ready(name: str, made: list[Made]) -> str:
    return _single(
        name,
        "".join(one.spec for one in made),
        "".join(
            f'{{ PyObject *t = PyType_FromSpec(&{one.name}_spec); if (!t || PyModule_AddObjectRef(m, "{one.name}", t) < 0) goto fail; Py_DECREF(t); }}'
            for one in made
        )
        + "if (0) { fail: Py_DECREF(m); return NULL; }",
    )


def _spec_loop(name: str, made: list[Made]) -> str:
    rows = "".join(f"&{one.name}_spec," for one in made)
    before = "".join(one.spec for one in made) + f"static PyType_Spec *all[] = {{ {rows} NULL }};\n"
    return _multi(
        name,
        before,
        "for (PyType_Spec **s = all; *s; s++) { PyObject *t = PyType_FromModuleAndSpec(m, *s, NULL); if (!t) return -1; int r = PyModule_AddType(m, (PyTypeObject *)t); Py_DECREF(t); if (r < 0) return -1; }",
    )


def _spec_array(name: str, made: list[Made]) -> str:
    """An array of specs, gone through by its length."""
    before = "".join(f"static PyType_Slot {one.name}_slots[] = {{ {one.slots} }};\n" for one in made)
    rows = "".join(f'{{ "{one.full}", {one.size}, 0, {one.flags}, {one.name}_slots }},' for one in made)
    before += f"static PyType_Spec all[] = {{ {rows} }};\nstatic PyTypeObject *types[{len(made)}];\n"
    return _single(
        name,
        before,
        "for (size_t i = 0; i < sizeof all / sizeof *all; i++) { types[i] = (PyTypeObject *)PyType_FromSpecWithBases(&all[i], NULL); if (!types[i] || PyModule_AddType(m, types[i]) < 0) return NULL; }",
    )


def _spec_state(name: str, made: list[Made]) -> str:
    """Types in the module's state, with a macro as CPython's own modules use it."""
    before = "".join(one.spec for one in made)
    before += "typedef struct { " + "".join(f"PyTypeObject *{one.name};" for one in made) + " } state;\n"
    before += "#define MAKE(field, spec) do { st->field = (PyTypeObject *)PyType_FromMetaclass(NULL, m, spec, NULL); if (!st->field) return -1; if (PyModule_AddType(m, st->field) < 0) return -1; } while (0)\n"
    does = "state *st = PyModule_GetState(m);" + "".join(
        f"MAKE({one.name}, &{one.name}_spec);" for one in made
    )
    return _multi(name, before, does, "sizeof(state)")


def _spec_stack(name: str, made: list[Made]) -> str:
    does = "".join(
        f'{{ PyType_Slot slots[] = {{ {one.slots} }}; PyType_Spec spec = {{ "{one.full}", {one.size}, 0, {one.flags}, slots }}; PyObject *t = PyType_FromSpec(&spec); if (!t || PyModule_AddObjectRef(m, "{one.name}", t) < 0) return NULL; }}'
        for one in made
    )
    return _single(name, "", does)


def _spec_helper(name: str, made: list[Made]) -> str:
    """A helper puts two slots and their number together."""
    before = """
static PyObject *make(const char *name, int size, unsigned flags, int n, const PyType_Slot *given) {
  PyType_Slot slots[8]; int i;
  for (i = 0; i < n; i++) { slots[i].slot = given[i].slot; slots[i].pfunc = given[i].pfunc; }
  slots[i].slot = 0; slots[i].pfunc = NULL;
  PyType_Spec spec; memset(&spec, 0, sizeof spec);
  spec.name = name; spec.basicsize = size; spec.flags = flags; spec.slots = slots;
  return PyType_FromSpec(&spec);
}
"""
    before += "".join(f"static const PyType_Slot {one.name}_slots[] = {{ {one.slots} }};\n" for one in made)
    does = "".join(
        f'{{ PyObject *t = make("{one.full}", {one.size}, {one.flags}, {len(one.members)}, {one.name}_slots); if (!t || PyModule_AddObjectRef(m, "{one.name}", t) < 0) return NULL; }}'
        for one in made
    )
    return _single(name, before, does)


def _spec_heap(name: str, made: list[Made]) -> str:
    """Slots are pushed onto an array that grows."""
    before = """
typedef struct { PyType_Slot *rows; int used, room; } List;
static void push(List *l, int slot, void *f) {
  if (l->used == l->room) { l->room = l->room ? 2 * l->room : 4; l->rows = realloc(l->rows, l->room * sizeof *l->rows); }
  l->rows[l->used].slot = slot; l->rows[l->used].pfunc = f; l->used++;
}
"""
    does = ""
    for one in made:
        pushed = "".join(f"push(&l, Py_{member}, (void *){value});" for member, value in one.members)
        does += f'{{ List l = {{0}}; {pushed} push(&l, 0, NULL); PyType_Spec spec = {{ "{one.full}", {one.size}, 0, {one.flags}, l.rows }}; PyObject *t = PyType_FromSpec(&spec); free(l.rows); if (!t || PyModule_AddObjectRef(m, "{one.name}", t) < 0) return NULL; }}'
    return _single(name, before, does)


def _spec_late(name: str, made: list[Made]) -> str:
    """Types that methods make when they are first asked for."""
    before = "".join(
        f"{one.spec}static PyObject *make_{one.name}(PyObject *s, PyObject *a) {{ static PyObject *t; if (!t) {{ t = PyType_FromSpec(&{one.name}_spec); }} return Py_XNewRef(t); }}\n"
        for one in made
    )
    rows = "".join(f'{{"make_{one.name}", make_{one.name}, METH_NOARGS, 0}},' for one in made)
    return (
        before
        + f'static PyMethodDef methods[] = {{ {rows} {{"hits", get_hits, METH_NOARGS, 0}}, {{0}} }};\n'
        + f'static struct PyModuleDef def = {{ PyModuleDef_HEAD_INIT, .m_name = "{name}", .m_size = -1, .m_methods = methods }};\n'
        + f"PyMODINIT_FUNC PyInit_{name}(void) {{ return PyModule_Create(&def); }}\n"
    )


def _spec_switch(name: str, made: list[Made]) -> str:
    """A function gives the spec of a number."""
    before = "".join(one.spec for one in made)
    before += (
        "__attribute__((noinline)) static PyType_Spec *which(int i) { switch (i) {"
        + "".join(f"case {place}: return &{one.name}_spec;" for place, one in enumerate(made))
        + "default: return NULL; } }\n"
    )
    return _single(
        name,
        before,
        f"for (int i = 0; i < {len(made)}; i++) {{ PyObject *t = PyType_FromSpec(which(i)); if (!t || PyModule_AddType(m, (PyTypeObject *)t) < 0) return NULL; }}",
    )


def _static_patched(name: str, made: list[Made]) -> str:
    """Static types, of which a loop sets what all have in common."""
    before = "".join(one.static() for one in made)
    rows = "".join(f"&{one.name}_type," for one in made)
    before += f"static PyTypeObject *const all[] = {{ {rows} }};\n"
    return _single(
        name,
        before,
        f'for (int i = 0; i < {len(made)}; i++) {{ all[i]->tp_doc = "doc"; if (!all[i]->tp_new) all[i]->tp_new = PyType_GenericNew; if (PyType_Ready(all[i]) < 0) return NULL; }}'
        + "".join(f'PyModule_AddObjectRef(m, "{one.name}", (PyObject *)&{one.name}_type);' for one in made),
    )


WAYS = {
    "sready": (_static_ready, True), "sloop": (_static_loop, True), "sexec": (_static_exec, True),
    "sbase": (_static_base, True), "sstored": (_static_stored, True), "scopied": (_static_copied, True),
    "spatched": (_static_patched, True), "hready": (_spec_ready, False), "hloop": (_spec_loop, False),
    "harray": (_spec_array, False), "hstate": (_spec_state, False), "hstack": (_spec_stack, False),
    "hhelper": (_spec_helper, False), "hheap": (_spec_heap, False), "hlate": (_spec_late, False),
    "hswitch": (_spec_switch, False),
}  # fmt: skip
#: Slots of each module of :func:`cases`.
_EACH = 6


def case(way: str, name: str, slots: list[Slot], variety: int) -> Case:
    """A module with two types for each slot, one of which does not fit."""
    make, static = WAYS[way]
    made = [
        Made(name, number, slot, fits=fits, variety=variety + number)
        for number, slot in enumerate(slots)
        for fits in (False, True)
    ]
    source = _HEAD + _SOME + "".join(one.definition for one in made) + make(name, made)
    entries = [one.expected(static=static) for one in made]
    if way == "hlate":
        entries = [
            entry._replace(call=entry.call.replace("m.", "m.make_").replace("()", "()()", 1))
            for entry in entries
        ]
    return Case(name, source, tuple(entries))


def _fitting(way: str) -> list[Slot]:
    return [slot for slot in SLOTS if not (way.startswith("h") and slot.name == "tp_dealloc")]


#: Every way with some slots, other ones each.
CASES = tuple(
    case(
        way,
        f"w{way}",
        [_fitting(way)[(place * _EACH + step * 7) % len(_fitting(way))] for step in range(_EACH)],
        place,
    )
    for place, way in enumerate(WAYS)
)
#: Every slot in the two plain ways, for what becomes of calls.
EVERY = (
    case("sready", "everystatic", _fitting("s"), 0),
    case("hready", "everyheap", _fitting("h"), 1),
)
