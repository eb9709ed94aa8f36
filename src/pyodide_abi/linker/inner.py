"""Sorting a module's names into those that matter outside of it and those that do not.

:mod:`pyodide_abi.linker.outline` says what that is good for.
"""

from __future__ import annotations

import sys
import zlib
from array import array
from typing import TYPE_CHECKING

from pyodide_abi.linker.facts import ADDRESSES, Import
from pyodide_abi.wasm import FuncType, Kind
from pyodide_abi.wasm.type_codes import COMMON_GLOBALS
from pyodide_abi.wasm.types import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from pyodide_abi.wasm import Module
    from pyodide_abi.wasm.columns import ExportColumns
    from pyodide_abi.wasm.sections.imports import Import as Entry

#: What the names of C++ and Rust begin with.
MANGLED = ("_Z", "_R")
_MANGLED = tuple(prefix.encode() for prefix in MANGLED)
#: Type information of a class, and its name (Itanium C++ ABI, 5.1.4.1).
_TYPE_INFORMATION = frozenset({b"TI", b"TS"})
#: What modules export as the address of data, and what they import for an address.
ADDRESS, _ENTRY = COMMON_GLOBALS[b"\x7f\0"], COMMON_GLOBALS[b"\x7f\1"]
_FUNCTION, _GLOBAL = KINDS.index(Kind.FUNCTION), KINDS.index(Kind.GLOBAL)
#: In place of a function's type index: it is an address; it is anything else.
NO_FUNCTION, _OTHERWISE = -1, -2
_ZERO = ord("0")
#: So many of the shortest names are kept, of which nearly always one will do.
_SHORTEST = 32


class Column:
    """Names that were left out, in the order of the exports.

    Attributes:
        keys: what stands for the names.
        lengths: of the names, in bytes.
        places: among all exports.
        types: indices of the functions' types; -1 for an address.
    """

    def __init__(self) -> None:
        self.keys = array("q")
        self.lengths = array("I")
        self.places = array("I")
        self.types = array("i")

    def add(self, left: _Left) -> None:
        """Note names."""
        self.keys.extend(left.keys)
        self.lengths.extend(map(len, left.names))
        self.places.extend(left.places)
        self.types.extend(left.types)


class _Left:
    """Names that are left out, as columns."""

    def __init__(self) -> None:
        self.keys: list[int] = []
        self.names: list[bytes] = []
        self.places: list[int] = []
        self.types: list[int] = []


class Names:
    """A module's imports and exports, sorted into those that matter outside and the others.

    Attributes:
        imports: those that matter.
        exports: likewise: place, name, kind, index.
        again: names left out that the module both exports and imports.
        given: names left out that it only exports.
        short: the shortest of both, in no order: length, place, name, whether it is also imported.
    """

    def __init__(self) -> None:
        self.imports: tuple[Import, ...] = ()
        self.exports: list[tuple[int, str, Kind, int]] = []
        self.again, self.given = Column(), Column()
        self.short: list[tuple[int, int, bytes, bool]] = []
        self._longest = sys.maxsize
        self._keys = array("q")
        #: By key, the type index of the function that is imported, or what stands in its place.
        self._wanted: dict[int, int] = {}

    def want(self, names: Sequence[bytes], entries: Sequence[Entry]) -> None:
        """Take the next imports: their names, and what each is, whose own name is not looked at."""
        wanted = self._wanted
        seen: dict[int, int] = {}
        keys = list(map(key_of, names))
        for key, entry in zip(keys, entries, strict=True):
            use = seen.get(id(entry))
            if use is None:
                use = seen[id(entry)] = _use(entry)
            before = wanted.setdefault(key, use)
            if use not in (before, NO_FUNCTION):
                wanted[key] = use if before == NO_FUNCTION else _OTHERWISE
        self._keys.extend(keys)

    def sort(self, parts: Iterable[ExportColumns], module: Module, known: Collection[bytes]) -> None:
        """Go through the exports, when all imports have been taken.

        Args:
            parts: they, some at a time.
            module: for the types of its functions and globals.
            known: names that some release has.
        """
        start = 0
        for part in parts:
            again, given = self._sort_part(part, start, module, known)
            start += len(part[0])
            self.again.add(again)
            self.given.add(given)
            self._keep_short(again, imported=True)
            self._keep_short(given, imported=False)

    def keep_imports(self, read: Callable[[int], Entry]) -> None:
        """Keep those imports that the module does not take back from itself.

        Args:
            read: gives an import, with its name, by its place.
        """
        places = [place for place, key in enumerate(self._keys) if key in self._wanted]
        entries = map(read, places)
        self.imports = tuple(
            Import(place, entry.module, entry.name, entry.kind, entry.type, entry.module in ADDRESSES)
            for place, entry in zip(places, entries, strict=True)
        )
        self._keys, self._wanted = array("q"), {}

    def _sort_part(
        self,
        part: ExportColumns,
        start: int,
        module: Module,
        known: Collection[bytes],
    ) -> tuple[_Left, _Left]:
        """Sort some exports, and give those to be left out; large libraries come here a hundred times."""
        again, given = _Left(), _Left()
        functions, first_function = module.functions, len(module.imported.types[Kind.FUNCTION])
        globals_, first_global = module.global_types, len(module.imported.types[Kind.GLOBAL])
        wanted = self._wanted
        keys = list(map(key_of, part[0]))
        for place, (key, name, kind, index) in enumerate(zip(keys, *part, strict=True), start):
            type_ = _OTHERWISE
            if name.startswith(_MANGLED) and name not in known and not (name[2:3] == b"T" and _tells(name)):
                if kind == _FUNCTION:
                    if 0 <= index - first_function < len(functions):
                        type_ = functions[index - first_function]
                elif (
                    kind == _GLOBAL
                    and 0 <= index - first_global < len(globals_)
                    # The same value for nearly all, which is told faster than an equal one.
                    and ((of := globals_[index - first_global]) is ADDRESS or of == ADDRESS)
                ):
                    type_ = NO_FUNCTION
            use = wanted.get(key)
            if type_ == _OTHERWISE or (use is not None and use not in (NO_FUNCTION, type_)):
                self.exports.append((place, name.decode(), KINDS[kind], index))
                continue
            if use is None:
                left = given
            else:
                left = again
                del wanted[key]
            left.keys.append(key)
            left.names.append(name)
            left.places.append(place)
            left.types.append(type_)
        return again, given

    def _keep_short(self, left: _Left, *, imported: bool) -> None:
        longest = self._longest
        self.short += [
            (len(name), place, name, imported)
            for name, place in zip(left.names, left.places, strict=True)
            if len(name) < longest
        ]
        if len(self.short) > 4 * _SHORTEST:
            self.short = sorted(self.short)[:_SHORTEST]
            self._longest = self.short[-1][0]

    @property
    def distinct(self) -> bool:
        """No two exports have one name."""
        keys = {
            *self.again.keys,
            *self.given.keys,
            *(key_of(name.encode()) for _, name, _, _ in self.exports),
        }
        return len(keys) == len(self.again.keys) + len(self.given.keys) + len(self.exports)


def _use(entry: Entry) -> int:
    if entry.module in ADDRESSES and entry.type == _ENTRY:
        return NO_FUNCTION
    if entry.module == "env" and isinstance(entry.type, FuncType) and entry.type_index is not None:
        return entry.type_index
    return _OTHERWISE


def _tells(name: bytes) -> bool:
    """Whether modules share the type information of a class decides what they catch, so rules look for it."""
    return name[2:4] in _TYPE_INFORMATION and names_class(name[4:])


def names_class(text: bytes) -> bool:
    """The text is the mangled name of a class that is no template.

    That is identifiers, each after its length, in an ``N…E`` where they are several.
    """
    position, end = 0, len(text)
    if text.startswith(b"N"):
        position, end = 1, end - text.endswith(b"E")
    # Digit by digit: large libraries come here ten thousand times.
    while position < end:
        length = 0
        while position < end and 0 <= (digit := text[position] - _ZERO) <= 9:  # noqa: PLR2004 - a digit
            length = 10 * length + digit
            position += 1
        position += length
        if not length or position > end:
            return False
    return True


def _wide_hash(name: bytes) -> int:
    """Sixty-four bits where Python's own hashes have thirty-two."""
    return hash(name) << 32 | zlib.crc32(name)


key_of = hash if sys.hash_info.width >= 64 else _wide_hash  # noqa: PLR2004 - bits
