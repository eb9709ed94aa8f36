"""The bodies of those functions that are worth following, out of code that comes piece by piece."""

from __future__ import annotations

import functools
import itertools
import re
from typing import TYPE_CHECKING

from pyodide_abi.abi.symbols import (
    APPLY_DATA_RELOCS,
    CALL_CTORS,
    GOT_MEM,
    GOT_SPACES,
    INIT_PREFIXES,
    MANGLED_BYTES,
    MANGLED_PREFIXES,
)
from pyodide_abi.errors import WasmError
from pyodide_abi.signatures.layouts import load_layouts
from pyodide_abi.wasm import Kind, SectionId
from pyodide_abi.wasm.bodies import windows
from pyodide_abi.wasm.cursor import Cursor
from pyodide_abi.wasm.encode import unsigned
from pyodide_abi.wasm.instruction_starts import behind_locals, reaches

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pyodide_abi.wasm import Module, Section
    from pyodide_abi.wasm.bodies import Window
    from pyodide_abi.wasm.cursor import Bytes
    from pyodide_abi.wasm.frame import Frame

#: Instructions that are followed in a module, or what takes as long, if it is the only one.
MOST = 600_000
#: Bodies are searched for calls of so many functions at most.
MOST_SOUGHT = 1_000
#: Code up to this size, in bytes, is kept whole; of longer code, so much is kept.
_MOST_KEPT = 5_000_000
_CALL, _GLOBAL_GET = b"\x10", b"\x23"
#: Bytes of an index that linkers leave room for.
PADDED = 5
#: Constructors of static objects call these, and are followed where they matter; what these are given is
#: never called.
FOLLOWED_ANYWAY = frozenset({"__cxa_atexit", "__cxa_thread_atexit"})
#: A call with the room that linkers leave for an index, and how many functions are looked at for one.
_PADDED_CALL, _LOOKED_AT = re.compile(rb"\x10[\x80-\xff]{2}\x80\x80\x00"), 100
_HOOKS = (APPLY_DATA_RELOCS, CALL_CTORS)


class Kept:
    """Takes bodies as they come.

    Attributes:
        most: Instructions that may still be followed, or what takes as long.
        bodies: The bodies by index among the functions that the module defines.
        callers: those of them that seem to call a function that takes tables.
        roots: indices of these functions.
        uses: code that uses a variable which holds a function to call back; None where there is none.
        whole: all bodies are kept.
        own: kind, index and name of the module's own export that an imported address is, by the global that
            holds it.
    """

    def __init__(self, most: int | None = None) -> None:
        self.most = MOST if most is None else most
        self.bodies: dict[int, bytes] = {}
        self.callers: set[int] = set()
        self.roots: list[int] = []
        self.uses: re.Pattern[bytes] | None = None
        self._pattern: re.Pattern[bytes] | None = None
        self._wanted: frozenset[int] = frozenset()
        self.whole = False
        self.own: Mapping[int, tuple[Kind, int, bytes]] = {}
        self._left = _MOST_KEPT

    @property
    def optimised(self) -> bool:
        """Nothing shows that the code was not optimised: optimisers take away the room that linkers leave."""
        return not any(map(_PADDED_CALL.search, itertools.islice(self.bodies.values(), _LOOKED_AT)))

    @property
    def idle(self) -> bool:
        """Nothing is to be found in this module."""
        return self._pattern is None

    def begin(self, module: Frame, exports: Mapping[str, int], section: Section) -> bool:
        """Say whether there is anything to see.

        Args:
            module: The module, of which all is known that stands before the code.
            exports: indices of the exported functions by name.
            section: the code.
        """
        imports = module.imported.functions
        known = frozenset(name.encode() for name in load_layouts().roots if name not in FOLLOWED_ANYWAY)
        roots = [index for index, name in enumerate(imports) if name in known][:MOST_SOUGHT]
        if not roots:
            return False
        self.roots = roots
        variables = {name.encode() for name in load_layouts().variables}
        uses = [
            index
            for index, (space, name) in module.imported.globals.items()
            if space == GOT_MEM and name in variables
        ]
        self.uses = uses_of(uses) if uses else None
        self._pattern = calls_of(roots)
        if self.uses is not None:
            self._pattern = re.compile(b"|".join((self._pattern.pattern, self.uses.pattern)))
        wanted = {
            index for name, index in exports.items() if name in _HOOKS or name.startswith(INIT_PREFIXES)
        }
        wanted |= set() if module.start is None else {module.start}
        self._wanted = frozenset(index - len(imports) for index in wanted)
        self.whole = section.size <= _MOST_KEPT
        return True

    def take(self, window: Window) -> None:
        """Keep of the next bodies what matters."""
        assert self._pattern is not None
        if not window.ends:
            return
        for match in self._pattern.finditer(window.data, 0, window.ends[-1]):
            self.most -= 1
            if self.most < 0:
                break
            place = window.place_of(match.start())
            if place is not None:
                self.callers.add(window.first + place)
        every = range(window.first, window.last)
        for index in every if self.whole else sorted((self.callers | self._wanted).intersection(every)):
            self.most -= 1
            start, end = window.starts[index - window.first], window.ends[index - window.first]
            self._left -= end - start
            if self._left >= 0:
                self.bodies[index] = bytes(window.data[start:end])


def keep_bodies(module: Module, most: int | None = None) -> Kept:
    """Those of a module that is held whole.

    Args:
        module: The module.
        most: as for :class:`Kept`.

    Raises:
        WasmError: a section is malformed.
    """
    kept = Kept(most)
    section = module.find(SectionId.CODE)
    if section is not None and kept.begin(module, exported_functions(module), section):
        kept.own = _own_addresses(module)
        for window in windows([module.view(section)], section):
            kept.take(window)
    return kept


def _own_addresses(module: Module) -> dict[int, tuple[Kind, int, bytes]]:
    exported = {
        name: (entry.kind, entry.index, name) for entry in module.exports for name in [entry.name.encode()]
    }
    return {
        index: exported[name]
        for index, (space, name) in module.imported.globals.items()
        if space in GOT_SPACES and name in exported
    }


def names_to_follow(names: Iterable[bytes]) -> list[bytes]:
    """Names of imports, empty in place of mangled ones of which nothing is known."""
    followed = _names_followed()
    return [b"" if name.startswith(MANGLED_BYTES) and name not in followed else name for name in names]


@functools.cache
def _names_followed() -> frozenset[bytes]:
    """The mangled names of imported functions of which it is known what they do."""
    layouts = load_layouts()
    names = (*layouts.allocating, *layouts.strings)
    return frozenset({name.encode() for name in names if name.startswith(MANGLED_PREFIXES)})


def exported_functions(module: Module) -> dict[str, int]:
    """Indices of the functions that a module exports, by name."""
    return {entry.name: entry.index for entry in module.exports if entry.kind is Kind.FUNCTION}


def calls_of(functions: Iterable[int]) -> re.Pattern[bytes]:
    """Calls of functions, as far as their bytes show; others have such bytes as well."""
    firsts: dict[bytes, list[bytes]] = {}
    for index in functions:
        for form in encodings(index):
            firsts.setdefault(form[1:], []).append(b"\\x%02x" % form[0])
    # A set of first bytes is looked up at once, where alternatives are tried one after another.
    forms = [b"[%s]%s" % (b"".join(first), re.escape(rest)) for rest, first in firsts.items()]
    return re.compile(_CALL + b"(?:" + b"|".join(forms) + b")")


def uses_of(globals_: Iterable[int]) -> re.Pattern[bytes]:
    """Uses of globals, as far as their bytes show."""
    forms = [re.escape(_GLOBAL_GET + form) for index in globals_ for form in encodings(index)]
    return re.compile(b"|".join(forms))


def calling(functions: Iterable[int]) -> Callable[[Bytes], bool]:
    """Whether a body calls one of some functions, for sure; a body that cannot be read does not."""
    seem = calls_of(functions)

    def calls(body: Bytes) -> bool:
        walk: Cursor | None = None
        try:
            for match in seem.finditer(body):
                walk = walk or behind_locals(Cursor(body, within="code section"))
                if reaches(walk, match.start()):
                    return True
        except WasmError:
            return False
        return False

    return calls


def encodings(index: int) -> set[bytes]:
    """An index in the shortest encoding and in that which linkers leave."""
    parts = [index >> 7 * place & 0x7F | 0x80 for place in range(PADDED)]
    return {unsigned(index), bytes([*parts[:-1], parts[-1] & 0x7F])}


def decoded(form: bytes, *, negative: int = 0) -> int:
    """The number of an encoding, which is read as that of one below zero where ``negative`` is not 0."""
    number = -1 if negative else 0
    # A module's addresses are decoded by the hundred thousand.
    for byte in reversed(form):
        number = number << 7 | byte & 0x7F
    return number
