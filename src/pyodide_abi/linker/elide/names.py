"""Sorting a module's names into those that matter outside of it and those that do not.

:mod:`pyodide_abi.linker.elide.outline` says what that is good for.
"""

from __future__ import annotations

import enum
import itertools
import operator
import sys
import zlib
from array import array
from collections import defaultdict, deque
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from pyodide_abi.abi.symbols import (
    CXX_PREFIX,
    ENV_SPACES,
    GOT_SPACES,
    MANGLED_BYTES,
    TYPE_INFO_PREFIX,
    TYPE_NAME_PREFIX,
)
from pyodide_abi.linker.facts import ENTRY
from pyodide_abi.wasm import FuncType, Kind
from pyodide_abi.wasm.columns import NotUsualError
from pyodide_abi.wasm.type_codes import COMMON_GLOBALS
from pyodide_abi.wasm.types import KINDS, different

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from pyodide_abi.wasm.columns import ExportColumns
    from pyodide_abi.wasm.frame import Frame
    from pyodide_abi.wasm.sections.imports import Import as Entry

_TYPE_INFORMATION = (TYPE_INFO_PREFIX.encode(), TYPE_NAME_PREFIX.encode())
#: What modules export as the address of data.
ADDRESS = COMMON_GLOBALS[b"\x7f\0"]
_FUNCTION, _GLOBAL = KINDS.index(Kind.FUNCTION), KINDS.index(Kind.GLOBAL)
#: In place of a function's type index: it is an address; it is anything else.
NO_FUNCTION, _OTHERWISE = -1, -2
_ZERO = ord("0")
#: Between these, and not one of them, are the names of C++, all of three bytes or more.
_BEFORE_CPP, _BEHIND_CPP = CXX_PREFIX.encode(), b"_["
_T = ord("T")
#: So many of the shortest names are kept, of which nearly always one will do.
_SHORTEST = 32


#: Of a module that imports more names than this, it is not kept which addresses are its own.
_MOST_TAKEN_BACK = 20_000


class Role(enum.IntEnum):
    """What becomes of an export."""

    #: Left out; the module does not import it.
    GIVEN = 0
    #: Left out; the module imports it, too.
    AGAIN = 1
    STAYS = 2


class Exports:
    """All exports of a module, in order.

    Attributes:
        keys: what stands for the names.
        lengths: The lengths of the names, in bytes.
        types: indices of the types of functions that are left out; -1 for an address.
        roles: The role of each.
    """

    def __init__(self) -> None:
        self.keys = array("q")
        self.lengths = array("I")
        self.types = array("i")
        self.roles = bytearray()

    def keys_of(self, *roles: Role) -> Iterator[int]:
        """The keys of those with one of some roles."""
        return itertools.compress(self.keys, chosen(self.roles, *roles))

    @property
    def used_types(self) -> frozenset[int]:
        """Indices of types of functions that are left out."""
        return frozenset(self.types) - {NO_FUNCTION, _OTHERWISE}


def chosen(roles: bytes | bytearray, *which: Role) -> bytes | bytearray:
    """For each role, whether it is one of some."""
    return roles.translate(_table(which))


@cache
def _table(which: tuple[Role, ...]) -> bytes:
    return bytes(role in which for role in range(256))


class Names:
    """A module's imports and exports, sorted into those that matter outside and the others.

    Attributes:
        exports: all exports.
        staying: those that matter: place, name, kind, index.
        keys: what stands for the names of all imports.
        short: the shortest that are left out, in no order: length, place, name, role.
        distinct: no two exports have one name; known when :meth:`unmet` has been asked.
        taken_back: kind, index and name of the exports that the module imports again, by key; none
            where it imports very many.
    """

    def __init__(self) -> None:
        self.exports = Exports()
        self.staying: list[tuple[int, str, Kind, int]] = []
        self.short: list[tuple[int, int, bytes, int]] = []
        self.distinct = True
        self.taken_back: dict[int, tuple[Kind, int, bytes]] = {}
        self._longest = sys.maxsize
        self.keys = array("q")
        #: By key, the type index of the function that is imported, or what stands in its place.
        self._wanted: dict[int, int] = {}

    def want(self, names: Sequence[bytes], entries: Sequence[Entry]) -> None:
        """Take the next imports: their names, and what each is, whose own name is not looked at."""
        wanted = self._wanted
        use_of = {key: _use(entry) for key, entry in different(entries).items()}
        keys = list(map(key_of, names))
        uses = list(map(use_of.__getitem__, map(id, entries)))
        if list(map(wanted.setdefault, keys, uses)) != uses:
            # Something is imported twice.
            for key, use in zip(keys, uses, strict=True):
                if use not in (wanted[key], NO_FUNCTION):
                    wanted[key] = use if wanted[key] == NO_FUNCTION else _OTHERWISE
        self.keys.fromlist(keys)

    def want_addresses(self, names: Sequence[bytes]) -> None:
        """Take the next imports, which are all for addresses."""
        keys = list(map(key_of, names))
        # Whatever else is imported by the same name says more.
        deque(map(self._wanted.setdefault, keys, itertools.repeat(NO_FUNCTION)), maxlen=0)
        self.keys.fromlist(keys)

    def sort(
        self, parts: Iterable[ExportColumns], module: Frame, known: Callable[[], frozenset[bytes]]
    ) -> None:
        """Go through the exports, when all imports have been taken.

        Everything is done by columns, as large libraries have ten thousands of exports.

        Args:
            parts: The exports, some at a time.
            module: for the types of its functions and globals.
            known: gives the mangled names that some release has.

        Raises:
            NotUsualError: something is exported that is not there.
        """
        meanings = _meanings(module)
        wanted, found = self._wanted, self.exports
        keeping = len(wanted) <= _MOST_TAKEN_BACK
        for names, kinds, indices in parts:
            start = len(found.keys)
            try:
                types = [meanings[kind][index] for kind, index in zip(kinds, indices, strict=True)]
            except IndexError:
                raise NotUsualError from None
            keys = list(map(key_of, names))
            uses = list(map(wanted.pop, keys, itertools.repeat(None)))
            if keeping:
                self.taken_back.update(
                    (keys[at], (KINDS[kinds[at]], indices[at], names[at]))
                    for at in [at for at, use in enumerate(uses) if use is not None]
                )
            roles = bytearray(map(operator.is_not, uses, itertools.repeat(None)))
            for at in sorted(_staying(names, types, uses, known)):
                if (use := uses[at]) is not None:
                    wanted[keys[at]] = use
                types[at], roles[at] = _OTHERWISE, Role.STAYS
                name = sys.intern(names[at].decode())
                self.staying.append((start + at, name, KINDS[kinds[at]], indices[at]))
            lengths = list(map(len, names))
            if min(lengths, default=self._longest) < self._longest:
                self._keep_short(names, lengths, roles, start)
            found.keys.fromlist(keys)
            found.lengths.fromlist(lengths)
            try:
                found.types.fromlist(types)
            except OverflowError:
                raise NotUsualError from None
            found.roles += roles

    def unmet(self) -> list[int]:
        """The places of those imports that the module does not take back from itself; asked once."""
        rest = list(self.exports.keys_of(Role.GIVEN, Role.STAYS))
        others = set(rest)
        met_or_not = map((others | self._wanted.keys()).__contains__, self.keys)
        found = list(itertools.compress(itertools.count(), met_or_not))
        places = [place for place in found if self.keys[place] in self._wanted]
        # Of two with a name that is imported only one is taken back: the other is among the rest.
        self.distinct = len(others) == len(rest) and len(places) == len(found)
        self.keys, self._wanted = array("q"), {}
        return places

    def _keep_short(
        self, names: Sequence[bytes], lengths: Sequence[int], roles: Sequence[int], start: int
    ) -> None:
        self.short += [
            (lengths[at], start + at, names[at], roles[at])
            for at in itertools.compress(itertools.count(), map(self._longest.__gt__, lengths))
            if roles[at] != Role.STAYS
        ]
        if len(self.short) > 4 * _SHORTEST:
            self.short = sorted(self.short)[:_SHORTEST]
            self._longest = self.short[-1][0]


def _meanings(module: Frame) -> Sequence[Sequence[int] | Mapping[int, int]]:
    """What an export is, by kind and index: as in :attr:`Exports.types`, or that it has to stay."""
    imported = module.imported.types
    functions = [_OTHERWISE] * len(imported[Kind.FUNCTION])
    functions += module.functions
    globals_ = [_OTHERWISE] * len(imported[Kind.GLOBAL])
    # The same value for nearly all, which is told faster than an equal one.
    globals_ += [NO_FUNCTION if of is ADDRESS or of == ADDRESS else _OTHERWISE for of in module.global_types]
    others = defaultdict[int, int](lambda: _OTHERWISE)
    return [{_FUNCTION: functions, _GLOBAL: globals_}.get(kind, others) for kind in range(len(KINDS))]


def _staying(
    names: Sequence[bytes],
    types: Sequence[int],
    uses: Sequence[int | None],
    known: Callable[[], frozenset[bytes]],
) -> Collection[int]:
    """Which of some exports have to stay."""
    found = {
        at
        for at, (type_, use) in enumerate(zip(types, uses, strict=True))
        if type_ == _OTHERWISE or (use != type_ and use is not None and use != NO_FUNCTION)
    }
    if min(names, default=b"") > _BEFORE_CPP and max(names) < _BEHIND_CPP:
        found.update([at for at, name in enumerate(names) if name[2] == _T and _tells(name)])
    else:
        found.update(
            at for at, name in enumerate(names) if not name.startswith(MANGLED_BYTES) or _tells(name)
        )
    if len(found) < len(names) and not known().isdisjoint(names):
        found.update(at for at, name in enumerate(names) if name in known())
    return found


def _use(entry: Entry) -> int:
    if entry.module in GOT_SPACES and entry.type == ENTRY:
        return NO_FUNCTION
    if entry.module in ENV_SPACES and isinstance(entry.type, FuncType) and entry.type_index is not None:
        return entry.type_index
    return _OTHERWISE


def _tells(name: bytes) -> bool:
    """Whether modules share the type information of a class decides what they catch, so rules look for it."""
    return name.startswith(_TYPE_INFORMATION) and names_class(name[4:])


@lru_cache(maxsize=1 << 10)
def names_class(text: bytes) -> bool:
    """The text is the mangled name of a class that is no template.

    That is identifiers, each after its length, in an ``N…E`` where they are several.
    """
    position, end = 0, len(text)
    if text.startswith(b"N"):
        position, end = 1, end - text.endswith(b"E")
    # Digit by digit: large libraries come here ten thousand times, mostly twice in short order.
    while position < end:
        length = text[position] - _ZERO
        if not 0 < length <= 9:  # noqa: PLR2004 - a digit, and no number begins with a zero
            return False
        position += 1
        while position < end and 0 <= (digit := text[position] - _ZERO) <= 9:  # noqa: PLR2004 - a digit
            length = 10 * length + digit
            position += 1
        position += length
    return position == end


def _wide_hash(name: bytes) -> int:
    """Sixty-four bits where Python's own hashes have thirty-two."""
    return hash(name) << 32 | zlib.crc32(name)


key_of = hash if sys.hash_info.width >= 64 else _wide_hash  # noqa: PLR2004 - bits
