"""The C types of what is called through pointers, and where the pointers lie: ``platforms/data/callers``."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, NamedTuple

from pyodide_abi.errors import PlatformDataError
from pyodide_abi.platforms.documents import documents
from pyodide_abi.values import value
from pyodide_abi.wasm import FuncType, ValueType

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: The file with all of it.
FILE = "callers/tables.toml"
_I32 = ValueType("i32")
#: C types that are no 32-bit integer in WebAssembly.
_WIDE = {"double": "f64", "float": "f32", "long long": "i64", "int64_t": "i64", "uint64_t": "i64"}
_WIDE_NAMES = tuple(_WIDE)
_C_TYPES: dict[str, str] = {"i64": "long long", "f32": "float", "f64": "double"}
#: What a root that returns 0 begins with.
_STATUS = "int "
#: The unit of a format whose first variable argument is a function.
CONVERTING = "O&"
#: Makes a string of some bytes, of which one text can hold those of many.
DECODING = "PyUnicode_DecodeUTF8"
#: Bytes of a word.
WORD = 4


@value
class Prototype:
    """A function type as C declares it.

    Attributes:
        name: The name of the typedef.
        declaration: with ``{name}`` in the place of the function's name.
        type: the same in WebAssembly.
    """

    name: str
    declaration: str
    type: FuncType

    def declared(self, name: str) -> str:
        """The declaration of a function of that name."""
        return self.declaration.replace("{name}", name)


class StructMember(NamedTuple):
    """A word of a structure or the value of a slot.

    Attributes:
        name: The name of the member.
        prototype: The prototype of the function that it points to; None where it is no such pointer.
        table: the structure that it points to; empty where it is no such pointer.
    """

    name: str
    prototype: Prototype | None = None
    table: str = ""


class Argument(NamedTuple):
    """An argument of a root function that matters.

    Attributes:
        place: among all arguments, from 0.
        prototype: The prototype of a function that is called back; None where it is a table.
        table: the structure that it points to; empty where it is a function.
        single: Whether it is one entry of such a table, not an array that ends in an empty one.
    """

    place: int
    prototype: Prototype | None
    table: str
    single: bool


@value
class Layouts:
    """All of it.

    Attributes:
        prototypes: The prototypes by name.
        structures: members of each structure in order, a word each.
        slots: members by the numbers of slots, by the structure of the slot.
        methods: The prototype and how C writes the flags, by the flags that matter.
        method_mask: the flags that matter.
        roots: functions that take tables or functions, with their arguments as they are written.
        names: The names of roots that C has under another name.
        succeeding: functions that return 0 where all is well.
        allocating: functions that return new room, with what it holds: None for anything.
        growing: functions that move room.
        copying: functions that copy bytes.
        filling: functions that fill with a byte.
        random: functions that fill with random bytes and return 0.
        comparing: functions that compare bytes.
        comparing_texts: functions that compare strings.
        measuring: functions that return the length of a string.
        guarding: functions that say whether a static variable of a function is still to be made.
        strings: functions that make a ``std::string`` of characters and their number.
        heap_types: The places of the sub-tables in a type that CPython makes, in bytes.
        variables: prototypes of the functions that variables of the main module hold.
        instances: functions that make an instance of a type, with the place of the type among the arguments.
        texts: functions that make a Python string of a C string, their first argument.
        naming: functions that put their third argument into the first under the name that is the second.
    """

    prototypes: Mapping[str, Prototype]
    structures: Mapping[str, tuple[StructMember, ...]]
    slots: Mapping[str, Mapping[int, StructMember]]
    methods: Mapping[int, tuple[Prototype, str]]
    method_mask: int
    roots: Mapping[str, str]
    names: Mapping[str, str]
    succeeding: frozenset[str]
    allocating: Mapping[str, int | None]
    growing: frozenset[str]
    copying: frozenset[str]
    filling: frozenset[str]
    random: frozenset[str]
    comparing: frozenset[str]
    comparing_texts: frozenset[str]
    measuring: frozenset[str]
    guarding: frozenset[str]
    strings: frozenset[str]
    heap_types: Mapping[str, int]
    variables: Mapping[str, Prototype]
    instances: Mapping[str, int]
    texts: frozenset[str]
    naming: frozenset[str]


@functools.cache
def load_layouts() -> Layouts:
    """The data file.

    Raises:
        PlatformDataError: it has a fault.
    """
    try:
        return _layouts(documents()[FILE])
    except (KeyError, ValueError) as error:
        raise PlatformDataError(f"{FILE}: {type(error).__name__}: {error}") from error


def _layouts(data: Mapping[str, Mapping[str, str]]) -> Layouts:
    prototypes = {found.name: found for found in map(_prototype, statements(data["prototypes"]["typedefs"]))}
    structures = {
        name: tuple([_member(text, prototypes) for text in statements(members)])
        for name, members in _facts(data["structures"])
    }
    # A slot of a type is a member of the type or of one of its sub-tables.
    by_name = {member.name: member for members in structures.values() for member in members}
    slots = {
        "PyType_Slot": {
            number: by_name.get(name, StructMember(name))
            for number, name in enumerate(data["slots"]["PyType_Slot"].split(), 1)
        },
        "PyModuleDef_Slot": {
            number: _member(text, prototypes)
            for number, text in enumerate(statements(data["slots"]["PyModuleDef_Slot"]), 1)
        },
    }
    memory = data["memory"]
    texts = [text.partition("(") for text in statements(data["roots"]["functions"])]
    roots = {name.removeprefix(_STATUS): arguments for name, _, arguments in texts}
    status = {name.removeprefix(_STATUS) for name, _, _ in texts if name.startswith(_STATUS)}
    allocating: dict[str, int | None] = dict.fromkeys(memory["allocating"].split())
    return Layouts(
        prototypes=prototypes,
        structures=structures,
        slots=slots,
        methods={
            int(flags, 16): (prototypes[text.split()[0]], text.partition(" ")[2])
            for flags, text in _facts(data["flags"])
            if flags != "mask"
        },
        method_mask=int(data["flags"]["mask"]),
        roots=roots,
        names=dict(_facts(data["names"])),
        succeeding=frozenset({*status, *data["succeeding"]["functions"].split(), *memory["random"].split()}),
        allocating=allocating | dict.fromkeys(memory["zeroing"].split(), 0),
        growing=frozenset(memory["growing"].split()),
        copying=frozenset(memory["copying"].split()),
        filling=frozenset(memory["filling"].split()),
        random=frozenset(memory["random"].split()),
        comparing=frozenset(memory["comparing"].split()),
        comparing_texts=frozenset(memory["comparing_texts"].split()),
        measuring=frozenset(memory["measuring"].split()),
        guarding=frozenset(memory["guarding"].split()),
        strings=frozenset(memory["strings"].split()),
        heap_types={table: int(place) for table, place in _facts(data["heap_types"])},
        variables={name: prototypes[kind] for name, kind in _facts(data["variables"])},
        instances={name: int(place) for name, place in _facts(data["instances"])},
        texts=frozenset(data["texts"]["functions"].split()),
        naming=frozenset(data["naming"]["functions"].split()),
    )


def _facts(table: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    return ((key, text) for key, text in table.items() if key not in {"reason", "source"})


def statements(text: str) -> list[str]:
    """What semicolons part."""
    return list(filter(None, map(str.strip, text.replace("\n", " ").split(";"))))


def _prototype(text: str) -> Prototype:
    head, found, parameters = text.removesuffix(")").partition("(")
    place = max(head.rfind(" "), head.rfind("*")) + 1
    result, name = head[:place], head[place:]
    if not found or not name.isidentifier():
        raise ValueError(f"{text!r} is no prototype")
    types = () if parameters == "void" else tuple(map(_type_of, parameters.split(", ")))
    results = () if result == "void " else (_type_of(result),)
    return Prototype(name=name, declaration=f"{result}{{name}}({parameters})", type=FuncType(types, results))


def prototype_of(type_: FuncType) -> Prototype:
    """A prototype of a type, for functions that a module itself calls; pointers and integers look alike."""
    results = [_C_TYPES.get(result, "int") for result in type_.results]
    parameters = ", ".join(_C_TYPES.get(parameter, "int") for parameter in type_.params)
    declaration = f"{results[0] if results else 'void'} {{name}}({parameters or 'void'})"
    return Prototype(name="", declaration=declaration, type=type_)


def _type_of(text: str) -> ValueType:
    if not text.startswith(_WIDE_NAMES) or "*" in text:
        return _I32
    return next(ValueType(type_) for name, type_ in _WIDE.items() if text.startswith(name))


def _member(text: str, prototypes: Mapping[str, Prototype]) -> StructMember:
    if " " not in text:
        return StructMember(text)
    kind, _, name = text.rpartition(" ")
    return StructMember(name[1:], None, kind) if name[0] == "*" else StructMember(name, prototypes[kind])


@functools.cache
def arguments_of(root: str) -> tuple[Argument, ...]:
    """The arguments of a root that matter; none of what is no root.

    Raises:
        PlatformDataError: the data file has a fault.
    """
    layouts, found = load_layouts(), []
    for index, word in enumerate(layouts.roots.get(root, "_").removesuffix(")").split(", ")):
        if word != "_":
            kind, _, mark = word.partition(" ")
            if (kind not in layouts.prototypes) is not bool(mark):
                raise PlatformDataError(f"{FILE}: {root} takes {word}")
            prototype = None if mark else layouts.prototypes[kind]
            found.append(Argument(index, prototype, kind if mark else "", mark == "&"))
    return tuple(found)
