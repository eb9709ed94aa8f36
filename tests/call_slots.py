# ruff: noqa: E501 - lines of C
"""Every slot of types and modules as C declares it, with functions that fit and functions that do not.

A signature is written in letters: ``O`` an object or another pointer, ``i`` an int, ``n`` a size, ``l`` a 64-bit
integer, ``d`` a double, ``f`` a float, ``v`` nothing; the result stands first: ``i(OOO)``.
"""

from __future__ import annotations

from typing import NamedTuple

C_TYPES = {
    "O": "PyObject *", "i": "int ", "n": "Py_ssize_t ", "l": "long long ", "d": "double ", "f": "float ", "v": "void ",
}  # fmt: skip
WASM_TYPES = {"O": "i32", "i": "i32", "n": "i32", "l": "i64", "d": "f64", "f": "f32"}
_RESULTS = {"O": "PyLong_FromLong(41)", "v": ""}


class Slot(NamedTuple):
    """A member that a type has.

    Attributes:
        name: as CPython calls it.
        signature: in letters.
        call: what Python does to an instance ``{o}`` of type ``{t}`` so that the member is called.
        body: what the right function returns, where it is more than a number or an object.
        flags: of the type, besides the usual ones.
    """

    name: str
    signature: str
    call: str
    body: str = ""
    flags: str = ""


def wasm_type(signature: str) -> str:
    """The WebAssembly type as our rows write it."""
    result, parameters = signature[0], signature[2:-1]
    return f"({', '.join(map(WASM_TYPES.__getitem__, parameters))}) -> {WASM_TYPES.get(result, '()')}"


def function(name: str, signature: str, body: str = "", *, static: bool = True) -> str:
    """A function in C of a signature."""
    result, letters = signature[0], signature[2:-1]
    parameters = ", ".join(f"{C_TYPES[letter]}a{place}" for place, letter in enumerate(letters)) or "void"
    returned = body or f"return {_RESULTS.get(result, '0')};"
    return f"{'static ' if static else ''}{C_TYPES[result]}{name}({parameters}) {{ hits++; {returned} }}\n"


def wrong(signature: str, number: int) -> str:
    """A signature of another WebAssembly type."""
    result, letters = signature[0], signature[2:-1]
    ways = [
        f"{result}({letters[:-1]})" if letters else f"{result}(O)",
        f"{result}({letters}O)",
        f"v({letters})" if result != "v" else f"i({letters})",
        f"l({letters})",
        f"{result}({letters[:-1]}l)" if letters else f"{result}(l)",
        f"{result}({letters[:-1]}d)" if letters else f"{result}(d)",
        f"d({letters})",
    ]
    return ways[number % len(ways)]


_BINARY = {
    "add": "+", "subtract": "-", "multiply": "*", "remainder": "%", "lshift": "<<", "rshift": ">>", "and": "&",
    "xor": "^", "or": "|", "floor_divide": "//", "true_divide": "/", "matrix_multiply": "@",
}  # fmt: skip
_TEXT = 'return PyUnicode_FromString("ok");'
SLOTS: tuple[Slot, ...] = (
    *(Slot(f"nb_{name}", "O(OO)", f"{{o}} {sign} 1") for name, sign in _BINARY.items()),
    *(Slot(f"nb_inplace_{name}", "O(OO)", f"o = {{o}}; o {sign}= 1") for name, sign in _BINARY.items()),
    Slot("nb_divmod", "O(OO)", "divmod({o}, 1)"),
    Slot("nb_power", "O(OOO)", "{o} ** 2"),
    Slot("nb_inplace_power", "O(OOO)", "o = {o}; o **= 2"),
    Slot("nb_negative", "O(O)", "-{o}"),
    Slot("nb_positive", "O(O)", "+{o}"),
    Slot("nb_absolute", "O(O)", "abs({o})"),
    Slot("nb_bool", "i(O)", "bool({o})", "return 1;"),
    Slot("nb_invert", "O(O)", "~{o}"),
    Slot("nb_int", "O(O)", "int({o})"),
    Slot("nb_float", "O(O)", "float({o})", "return PyFloat_FromDouble(1.5);"),
    Slot("nb_index", "O(O)", "[0][{o}:]"),
    Slot("sq_length", "n(O)", "len({o})", "return 3;"),
    Slot("sq_concat", "O(OO)", "{o} + ()"),
    Slot("sq_repeat", "O(On)", "{o} * 2"),
    Slot("sq_item", "O(On)", "{o}[0]"),
    Slot("sq_ass_item", "i(OnO)", "{o}[0] = 1"),
    Slot("sq_contains", "i(OO)", "1 in {o}"),
    Slot("sq_inplace_concat", "O(OO)", "o = {o}; o += ()"),
    Slot("sq_inplace_repeat", "O(On)", "o = {o}; o *= 2"),
    Slot("mp_length", "n(O)", "len({o})", "return 3;"),
    Slot("mp_subscript", "O(OO)", "{o}['a']"),
    Slot("mp_ass_subscript", "i(OOO)", "{o}['a'] = 1"),
    Slot("am_await", "O(O)", "async def f(o): return await o\ntry: f({o}).send(None)\nexcept (StopIteration, TypeError): pass"),
    Slot("am_aiter", "O(O)", "try: aiter({o})\nexcept TypeError: pass"),
    Slot("am_anext", "O(O)", "async def f(o): return await o.__anext__()\ntry: f({o}).send(None)\nexcept (StopIteration, TypeError): pass"),
    Slot("am_send", "i(OOO)", "async def f(o): return await o\nclass W:\n  def __await__(s): return {o}\ntry: f(W()).send(None)\nexcept (StopIteration, TypeError): pass", "*(PyObject **)a2 = PyLong_FromLong(41); return 0;"),
    Slot("bf_getbuffer", "i(OOi)", "memoryview({o})", "static char room[4]; return PyBuffer_FillInfo((Py_buffer *)a1, a0, room, 4, 1, a2);"),
    Slot("bf_releasebuffer", "v(OO)", "memoryview({o}).release()"),
    Slot("tp_repr", "O(O)", "repr({o})", _TEXT),
    Slot("tp_str", "O(O)", "str({o})", _TEXT),
    Slot("tp_hash", "n(O)", "hash({o})", "return 7;"),
    Slot("tp_call", "O(OOO)", "{o}(*(1,))"),
    Slot("tp_getattr", "O(OO)", "{o}.some"),
    Slot("tp_getattro", "O(OO)", "{o}.some"),
    Slot("tp_setattr", "i(OOO)", "{o}.some = 1"),
    Slot("tp_setattro", "i(OOO)", "{o}.some = 1"),
    Slot("tp_richcompare", "O(OOi)", "{o} < 1"),
    Slot("tp_iter", "O(O)", "iter({o})", "return PyObject_GetIter(PyTuple_New(0));"),
    Slot("tp_iternext", "O(O)", "next({o}, 0)"),
    Slot("tp_descr_get", "O(OOO)", "type('Z', (), dict(a={o}))().a"),
    Slot("tp_descr_set", "i(OOO)", "type('Z', (), dict(a={o}))().a = 1"),
    Slot("tp_init", "i(OOO)", "{t}()"),
    Slot("tp_new", "O(OOO)", "{t}()", "return PyType_GenericAlloc((PyTypeObject *)a0, 0);"),
    Slot("tp_alloc", "O(On)", "{t}()", "return PyType_GenericAlloc((PyTypeObject *)a0, a1);"),
    Slot("tp_dealloc", "v(O)", "o = {o}; del o"),
    Slot("tp_finalize", "v(O)", "o = {o}; del o"),
    Slot("tp_free", "v(O)", "o = {o}; del o"),
    Slot("tp_traverse", "i(OOO)", "o = {o}; import gc; gc.collect()", flags="Py_TPFLAGS_HAVE_GC"),
    Slot("tp_clear", "i(O)", "class B({t}): pass\no = B(); o.o = o; del o; import gc; gc.collect()", flags="Py_TPFLAGS_HAVE_GC"),
    Slot("tp_is_gc", "i(O)", "import gc; gc.is_tracked({o})", flags="Py_TPFLAGS_HAVE_GC"),
)  # fmt: skip
#: The sub-tables of a static type, and the members that point to them.
SUBTABLES = {
    "nb": ("PyNumberMethods", "tp_as_number"), "sq": ("PySequenceMethods", "tp_as_sequence"),
    "mp": ("PyMappingMethods", "tp_as_mapping"), "bf": ("PyBufferProcs", "tp_as_buffer"),
    "am": ("PyAsyncMethods", "tp_as_async"),
}  # fmt: skip
