"""The types that a module's interface is written in, as values with one text form each.

The text forms are those of the platforms' symbol data, so that the two can be compared as text:
``(i32,i64)->(i32)`` for functions and tags, ``i32`` and ``i32 mut`` for globals.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, NewType, TypeAlias, TypeVar

from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Sequence

_Item = TypeVar("_Item")

#: A value type as WebAssembly's text format writes it, without spaces where that has a short form:
#: ``i32``, ``v128``, ``funcref``, ``(ref null 5)``.
ValueType = NewType("ValueType", str)


class Kind(enum.StrEnum):
    """What can be imported and exported; the names of the WebAssembly JavaScript interface.

    The order of definition is the order of the binary codes, 0 to 4.
    """

    FUNCTION = "function"
    TABLE = "table"
    MEMORY = "memory"
    GLOBAL = "global"
    TAG = "tag"


KINDS = tuple(Kind)


@value(kw_only=False)
class FuncType:
    """Parameters and results."""

    params: tuple[ValueType, ...]
    results: tuple[ValueType, ...]

    def __str__(self) -> str:
        return f"({','.join(self.params)})->({','.join(self.results)})"


@value
class FieldType:
    """A field of a structure or the element of an array; ``storage`` may also be ``i8`` or ``i16``."""

    storage: ValueType
    mutable: bool


@value(kw_only=False)
class StructType:
    """A garbage-collected structure."""

    fields: tuple[FieldType, ...]

    def __str__(self) -> str:
        return "struct"


@value(kw_only=False)
class ArrayType:
    """A garbage-collected array."""

    element: FieldType

    def __str__(self) -> str:
        return "array"


@value(kw_only=False)
class ContinuationType:
    """A continuation of the stack-switching proposal, over a function type's index."""

    function: int

    def __str__(self) -> str:
        return "cont"


CompositeType: TypeAlias = FuncType | StructType | ArrayType | ContinuationType


@value
class Limits:
    """Sizes of a memory (in pages) or a table (in elements).

    Attributes:
        minimum: the initial size.
        maximum: None where the type sets none.
        shared: between threads.
        is64: addressed by 64-bit integers.
        page_size_log2: The binary logarithm of the page size (custom-page-sizes proposal); None for 64 KiB.
    """

    minimum: int
    maximum: int | None = None
    shared: bool = False
    is64: bool = False
    page_size_log2: int | None = None

    def __str__(self) -> str:
        words = [f"min={self.minimum}"]
        if self.maximum is not None:
            words.append(f"max={self.maximum}")
        if self.page_size_log2 is not None:
            words.append(f"page={1 << self.page_size_log2}")
        if self.shared:
            words.append("shared")
        if self.is64:
            words.append("i64")
        return " ".join(words)


@value
class TableType:
    """References of one type."""

    element: ValueType
    limits: Limits

    def __str__(self) -> str:
        return f"{self.element} {self.limits}"


@value(kw_only=False)
class MemoryType:
    """Linear memory."""

    limits: Limits

    def __str__(self) -> str:
        return str(self.limits)


@value
class GlobalType:
    """One value."""

    value: ValueType
    mutable: bool

    def __str__(self) -> str:
        return f"{self.value} mut" if self.mutable else self.value


@value(kw_only=False)
class TagType:
    """What an exception carries: the parameters of a function type without results."""

    function: FuncType

    def __str__(self) -> str:
        return str(self.function)


ExternType: TypeAlias = FuncType | TableType | MemoryType | GlobalType | TagType


#: Looked up, not matched: this is asked for every import and export.
_KIND_OF: dict[type[ExternType], Kind] = {
    FuncType: Kind.FUNCTION,
    TableType: Kind.TABLE,
    MemoryType: Kind.MEMORY,
    GlobalType: Kind.GLOBAL,
    TagType: Kind.TAG,
}


def kind_of(type_: ExternType) -> Kind:
    """The kind of thing that has this type."""
    return _KIND_OF[type(type_)]


def different(items: Sequence[_Item]) -> dict[int, _Item]:
    """Those of many types or imports that are not one and the same object, by their ids.

    A section gives each type once, so of a hundred thousand entries a few are different. No hash is needed to
    tell.
    """
    return dict(zip(map(id, items), items, strict=True))
