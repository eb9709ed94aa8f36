"""Functions that a module hands over by a format: ``PyArg_ParseTuple(args, "O&", converter, &place)``."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, NamedTuple

from pyodide_abi.errors import PlatformDataError
from pyodide_abi.platforms.documents import documents
from pyodide_abi.signatures.entries import least, options_of
from pyodide_abi.signatures.layouts import CONVERTING, FILE, WORD, load_layouts, statements
from pyodide_abi.signatures.symbolic import Pointer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pyodide_abi.signatures.layouts import Prototype
    from pyodide_abi.signatures.symbolic import Value
    from pyodide_abi.signatures.table_reader import TableReader


class Format(NamedTuple):
    """A function that converts by a format, which says what its variable arguments are.

    Attributes:
        name: The name of the function in C.
        place: The place of the format among the arguments.
        values: that of the variable arguments, which lie one behind the other in memory.
        prototype: The prototype of the functions among them.
        words: how many words a unit of the format takes, where it is not one.
        aligned: units that take two words at a multiple of both.
        ends: characters that end the format.
    """

    name: str
    place: int
    values: int
    prototype: Prototype
    words: Mapping[str, int]
    aligned: frozenset[str]
    ends: str


@functools.cache
def load_formats() -> Mapping[str, Format]:
    """The functions that convert by a format, by name.

    Raises:
        PlatformDataError: the data file has a fault.
    """
    try:
        return dict(one for kind in ("parsing", "building") for one in _formats(documents()[FILE][kind]))
    except (KeyError, ValueError) as error:
        raise PlatformDataError(f"{FILE}: {type(error).__name__}: {error}") from error


def _formats(table: Mapping[str, str]) -> Iterator[tuple[str, Format]]:
    aligned = frozenset(table["two_aligned_words"].split())
    words = dict.fromkeys((*table["two_words"].split(), *aligned), 2)
    words |= dict.fromkeys(table["three_words"].split(), 3)
    prototype = load_layouts().prototypes[table["prototype"]]
    for text in statements(table["functions"]):
        name, _, rest = text.partition("(")
        arguments = rest.removesuffix(")").split(", ")
        places = arguments.index("format"), arguments.index("values")
        format_ = Format(name, *places, prototype, words, aligned, table["ends"])
        yield name, format_
        yield table["with_sizes"].replace("{name}", name), format_


class Conversions:
    """Takes entries from calls of functions that convert by a format.

    Attributes:
        functions: the names of these functions.
    """

    def __init__(self, reader: TableReader) -> None:
        """Begin.

        Args:
            reader: takes the entries, and knows the memory.
        """
        self._reader = reader
        self._formats = load_formats()
        self.functions = frozenset(name.encode() for name in self._formats)

    def seen(self, function: str, args: Sequence[Value], made: Value) -> None:
        """An imported function was called, and returned something."""
        self._reader.names.seen(function, args, made)
        format_ = self._formats.get(function)
        if format_ is None or len(args) <= format_.values:
            return
        memory = self._reader.names.memory
        for values, there in options_of(args[format_.values]):
            if type(values) is Pointer:
                for text, sure in options_of(args[format_.place]):
                    for place in function_places(memory.text(text), format_):
                        word = memory.load(Pointer(values.region, values.offset + place))
                        for one, certainty in options_of(word):
                            if type(one) is Pointer:
                                sureness = least(least(there, sure), certainty)
                                self._reader.give(format_.name, one, format_.prototype, sureness)


def function_places(text: str, format_: Format) -> Iterator[int]:
    """Where the variable arguments hold functions, in bytes from their beginning.

    Args:
        text: The format.
        format_: what its units mean.
    """
    longest_first = sorted(format_.words, key=len, reverse=True)
    place = 0
    for unit in re.findall("|".join([*map(re.escape, longest_first), f"[A-Za-z{format_.ends}]"]), text):
        if unit in format_.ends:
            return
        if unit in format_.aligned:
            place += place % (2 * WORD)
        if unit == CONVERTING:
            yield place
        place += WORD * format_.words.get(unit, 1)
