"""Runs inside the runtime: call what one pointer of a module points to, the way that Python reaches it.

The driver hands this file's text to the interpreter and calls :func:`call_entry` once the module is
imported. ``calling`` is sent right before the call and ``called`` right after it: an interpreter that dies
between the two died of the call.
"""

from __future__ import annotations

import ctypes
import gc
import json
import operator
import sys
from types import BuiltinFunctionType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Tell = Callable[..., None]

#: What ``None`` is given to at most.
_MOST_ARGUMENTS = 3
_NEVER = "Python has no way to it"
_BINARY = (
    "add subtract:sub multiply:mul remainder:mod lshift rshift and:and_ xor or:or_ floor_divide:floordiv "
    "true_divide:truediv matrix_multiply:matmul"
)


class UntriedError(Exception):
    """The entry cannot be called harmlessly, and why."""


def call_entry(module: str, asked: str, send: Callable[[str], object]) -> None:
    """Call one entry with harmless arguments.

    Args:
        module: the dotted name of the module, which has been imported.
        asked: ``entry`` (such as ``mod.Type.method``), ``flags`` (how C writes those of a method) and
            ``within`` (the function is called back by what ``entry`` names), as JSON.
        send: takes one message, as JSON.
    """
    entry: dict[str, Any] = json.loads(asked)

    def tell(**message: object) -> None:
        send(json.dumps(message))

    error = ""
    try:
        action = _action(sys.modules[module], entry["entry"], entry["flags"], within=entry["within"])
    except UntriedError as reason:
        tell(untried=str(reason))
        return
    tell(calling=entry["entry"])
    try:
        kept = action()
        # An error that a setter left behind shows in the next call.
        len(())
        if entry["within"]:
            # A capsule's destructor is called when nobody holds it any more.
            del kept
    except BaseException as raised:  # noqa: BLE001 - the function may raise anything, SystemExit too
        error = f"{type(raised).__name__}: {raised}"
    tell(called=entry["entry"], error=error)


def _action(module: object, name: str, flags: str, *, within: bool) -> Callable[[], object]:
    """What calls an entry, all preparations made."""
    owner, _, member = name.rpartition(" ")
    if member in {"(get)", "(set)"}:
        type_name, _, attribute = owner.rpartition(".")
        type_ = _type(module, type_name)
        descriptor: Any = vars(type_).get(attribute)
        if type(descriptor).__name__ != "getset_descriptor":
            raise UntriedError(f"{type_name} has no {attribute} of the module's own: {_NEVER}")
        made = _instance(type_)
        if member == "(get)":
            return lambda: descriptor.__get__(made)
        return lambda: descriptor.__set__(made, None)
    if member in _TRAVERSING:
        return gc.collect
    if member in _FREEING:
        raise UntriedError("a session keeps its modules")
    if owner:
        return _slot(_type(module, owner), member)
    function = _function(module, name)
    if within:
        return lambda: _until_it_takes(function)
    arguments = () if flags == "METH_NOARGS" else (None,)
    return lambda: function(*arguments)


def _until_it_takes(function: Callable[..., object]) -> object:
    """Call a function with as many arguments as it takes."""
    for count in range(_MOST_ARGUMENTS):
        try:
            return function(*[None] * count)
        except TypeError:
            continue
    return function(*[None] * _MOST_ARGUMENTS)


def _function(module: object, name: str) -> Any:  # noqa: ANN401 - a function or a method
    owner, _, last = name.rpartition(".")
    found: Any = getattr(module, last, None)
    if callable(found) and _is_native(found):
        return found
    type_ = _type(module, owner)
    method: Any = vars(type_).get(last)
    if isinstance(method, staticmethod):
        method = method.__func__
    if not callable(method) or not _is_native(method):
        raise UntriedError(f"{owner or 'the module'} has no function {last} of the module's own: {_NEVER}")
    if type(method).__name__ == "classmethod_descriptor":
        method = method.__get__(None, type_)
    elif not isinstance(method, BuiltinFunctionType):
        method = method.__get__(_instance(type_), type_)
    return method


def _is_native(found: object) -> bool:
    """Whether it is a function of C and no other callable that has taken the name."""
    return type(found).__name__ in {
        "builtin_function_or_method",
        "builtin_method",
        "method_descriptor",
        "classmethod_descriptor",
        "cython_function_or_method",
        "cyfunction",
    }


def _type(module: object, name: str) -> type:
    """The type that a table names: among the module's attributes, then among all."""
    last = name.rpartition(".")[2]
    own = [found for found in vars(module).values() if isinstance(found, type)]
    for type_ in [*own, *_subtypes(object)]:
        if name in {f"{type_.__module__}.{type_.__qualname__}", type_.__qualname__}:
            return type_
    for type_ in own:
        if type_.__name__ == last:
            return type_
    raise UntriedError(f"no type is called {name}" if name else "it has no name in Python")


def _subtypes(type_: type) -> Iterator[type]:
    below: type
    for below in type.__subclasses__(type_):
        yield below
        yield from _subtypes(below)


def _instance(type_: Any) -> Any:  # noqa: ANN401 - of any type
    """An instance, made without arguments."""
    try:
        return type_()
    except Exception as first:  # noqa: BLE001 - a type may raise anything
        try:
            return type_.__new__(type_)
        except Exception:  # noqa: BLE001 - as above
            raise UntriedError(
                f"no instance of {type_.__name__} can be made without arguments: "
                f"{type(first).__name__}: {first}"
            ) from None


def _slot(type_: type, member: str) -> Callable[[], object]:
    """What reaches a member of a type."""
    if member in {"tp_new", "tp_init", "tp_alloc", "tp_vectorcall"}:
        return type_
    if member in _ENDING:
        held = [_instance(type_)]
        return lambda: _drop(held)
    if member == "tp_traverse":
        made = _instance(type_)
        if not gc.is_tracked(made):
            raise UntriedError("its instances are not tracked by the garbage collector")
        return lambda: (gc.collect(), made)
    if member == "tp_clear":
        return _cycle(type_)
    operation = _OPERATIONS.get(member)
    if operation is None:
        raise UntriedError(f"nothing in Python calls {member} harmlessly")
    made = _instance(type_)
    if member == "bf_releasebuffer":
        return memoryview(made).release
    return lambda: operation(made)


def _cycle(type_: type) -> Callable[[], object]:
    """A circle of objects that only the garbage collector can take apart."""
    try:
        below = type("Below", (type_,), {})
    except TypeError:
        raise UntriedError(f"{type_.__name__} cannot be subclassed, so no circle can be made") from None
    made = _instance(below)
    made.circle = made
    held = [made]
    del made
    return lambda: _drop(held)


def _drop(held: list[Any]) -> None:
    held.clear()
    gc.collect()


def _of_c(name: str, *arguments: object) -> Callable[[Any], object]:
    """A function of the C API, which asks for a sequence's members by themselves."""

    def operation(made: Any) -> object:  # noqa: ANN401 - of any type
        function = ctypes.PYFUNCTYPE(
            ctypes.c_int, ctypes.py_object, *(_C_TYPES[type(one)] for one in arguments)
        )((name, ctypes.pythonapi))
        return function(made, *arguments)

    return operation


_C_TYPES: dict[type, Any] = {int: ctypes.c_ssize_t, type(None): ctypes.py_object}


def _class_attribute(made: object) -> Any:  # noqa: ANN401 - of a class made here
    return type("Owner", (), {"held": made})


def _awaited(made: Any) -> object:  # noqa: ANN401 - of any type
    async def wait() -> object:
        return await made

    return wait().send(None)


def _with_none(name: str) -> Callable[[Any], object]:
    """An operator between an instance and None."""
    function: Any = getattr(operator, name)
    return lambda made: function(made, None)


def _operators(words: Iterable[str]) -> Iterator[tuple[str, Callable[[Any], object]]]:
    for word in words:
        member, _, name = word.partition(":")
        yield f"nb_{member}", _with_none(name or member)
        yield f"nb_inplace_{member}", _with_none(f"i{(name or member).rstrip('_')}")


#: What looks at a module's state, and what ends it.
_TRAVERSING = frozenset({"m_traverse", "Py_mod_state_traverse"})
_FREEING = frozenset({"m_clear", "m_free", "Py_mod_state_clear", "Py_mod_state_free"})
#: What ends an instance.
_ENDING = frozenset({"tp_dealloc", "tp_free", "tp_finalize", "tp_del"})
#: What Python does to an instance so that a member is called.
_OPERATIONS: dict[str, Callable[[Any], object]] = {
    **dict(_operators(_BINARY.split())),
    "nb_divmod": lambda made: divmod(made, None),
    "nb_power": lambda made: pow(made, None),
    "nb_inplace_power": _with_none("ipow"),
    "nb_negative": operator.neg,
    "nb_positive": operator.pos,
    "nb_absolute": abs,
    "nb_bool": bool,
    "nb_invert": operator.invert,
    "nb_int": int,
    "nb_float": float,
    "nb_index": operator.index,
    "sq_length": _of_c("PySequence_Size"),
    "sq_concat": lambda made: operator.add(made, ()),
    "sq_repeat": lambda made: made * 1,
    "sq_item": _of_c("PySequence_GetItem", 0),
    "sq_ass_item": _of_c("PySequence_SetItem", 0, None),
    "sq_contains": lambda made: None in made,
    "sq_inplace_concat": _with_none("iadd"),
    "sq_inplace_repeat": _with_none("imul"),
    "mp_length": _of_c("PyMapping_Size"),
    "mp_subscript": lambda made: made[None],
    "mp_ass_subscript": lambda made: operator.setitem(made, None, None),
    "bf_getbuffer": memoryview,
    "bf_releasebuffer": memoryview,
    "am_await": _awaited,
    "am_aiter": aiter,
    "am_anext": anext,
    "tp_repr": repr,
    "tp_str": str,
    "tp_hash": hash,
    "tp_call": lambda made: made(),
    "vectorcall": lambda made: made(),
    "tp_iter": iter,
    "tp_iternext": next,
    "tp_getattr": lambda made: getattr(made, "attribute", None),
    "tp_getattro": lambda made: getattr(made, "attribute", None),
    "tp_setattr": lambda made: setattr(made, "attribute", None),
    "tp_setattro": lambda made: setattr(made, "attribute", None),
    "tp_richcompare": lambda made: made == None,  # noqa: E711 - the comparison is what is tried
    "tp_is_gc": gc.is_tracked,
    "tp_descr_get": lambda made: _class_attribute(made).held,
    "tp_descr_set": lambda made: setattr(_class_attribute(made)(), "held", None),
}
