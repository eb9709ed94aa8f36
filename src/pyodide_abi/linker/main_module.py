"""The main module of a release, which loading does not change, and how each side module by itself meets it.

A library that many modules need is looked at once: answers are kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.abi.symbols import EM_JS_PREFIX, GOT_INTERNAL, MAIN_OBJECTS, MEMORY, TABLE
from pyodide_abi.linker.checks.imports import PAGE, check_imports, minimum_of
from pyodide_abi.linker.facts import ENTRY
from pyodide_abi.linker.offers import OBJECT_PROPERTIES
from pyodide_abi.linker.prediction import UndefinedCall
from pyodide_abi.values import value
from pyodide_abi.wasm import FuncType, GlobalType, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pyodide_abi.linker.budget import Budget
    from pyodide_abi.linker.checks.imports import Refusal
    from pyodide_abi.linker.facts import Facts, Import, Library
    from pyodide_abi.linker.offers import Offer, Offers
    from pyodide_abi.platforms.engines import Engine
    from pyodide_abi.platforms.loaders import Loader
    from pyodide_abi.wasm import ExternType

_TEXT_OF_ENTRY = str(ENTRY)


@value
class Addresses:
    """What a library does to the global offset table, and what else it defines.

    Attributes:
        wanted: types by name, in the order of the imports.
        given: names of functions and globals that it exports.
        own: all names that it defines.
        odd: exports that the loader may trip over, in order: immutable 64-bit globals, and what is neither a
            function nor a global.
    """

    wanted: Mapping[str, str]
    given: frozenset[str]
    own: frozenset[str]
    odd: tuple[tuple[str, ExternType], ...]


class MainModule:
    """The main module of one release in one engine: all that is there before the first side module.

    Attributes:
        offers: The symbols of the main module and its JavaScript.
        loader: The generation of the loader.
        engine: The JavaScript engine.
        budget: The work that predictions may still do.
    """

    def __init__(self, *, offers: Offers, loader: Loader, engine: Engine, budget: Budget) -> None:
        self.offers = offers
        self.budget = budget
        self.loader = loader
        self.engine = engine
        table, memory = offers.find(TABLE), offers.find(MEMORY)
        self.table_length = minimum_of(table) if table else 0
        self.memory_size = minimum_of(memory) * PAGE if memory else 0
        self._refusals: dict[tuple[str, str], list[Refusal]] = {}
        self._absent: dict[str, tuple[Import, ...]] = {}
        self._undefined_calls: dict[tuple[str, str], UndefinedCall] = {}
        self._addresses: dict[str, Addresses] = {}

    def refusals(self, library: Library, call: str) -> list[Refusal]:
        """What the engine says of a library's imports; ``call`` as for :func:`check_imports`."""
        known = self._refusals.get((library.path, call))
        if known is None:
            known = self._refusals[library.path, call] = self.check_imports(library, self.offers.find, call)
        return known

    def check_imports(
        self, library: Library, find: Callable[[str], Offer | None], call: str
    ) -> list[Refusal]:
        """What the engine says of imports that are looked up in another way; see :func:`check_imports`."""
        return check_imports(library, find=find, engine=self.engine, loader=self.loader, call=call)

    def absent_functions(self, library: Library, facts: Facts) -> tuple[Import, ...]:
        """The function imports that the runtime does not provide; other libraries may."""
        known = self._absent.get(library.path)
        if known is None:
            known = self._absent[library.path] = tuple(
                entry
                for entry in facts.imports
                if entry.kind is Kind.FUNCTION and not entry.address and self.offers.find(entry.name) is None
            )
        return known

    def undefined_call(self, library: Library, entry: Import) -> UndefinedCall:
        """A function import that nobody provides; made once, as many may need the library."""
        key = library.path, entry.name
        known = self._undefined_calls.get(key)
        if known is None:
            self.budget.spend_report()
            known = UndefinedCall(symbol=entry.name, type=str(entry.type), library=library.path)
            self._undefined_calls[key] = known
        return known

    def addresses(self, library: Library, facts: Facts) -> Addresses:
        """What a library does to the global offset table."""
        known = self._addresses.get(library.path)
        if known is None:
            known = self._addresses[library.path] = _addresses(facts, self.loader)
        return known


def _addresses(facts: Facts, loader: Loader) -> Addresses:
    given: set[str] = set()
    odd: list[tuple[str, ExternType]] = []
    # A relocatable main module exports none of its objects, so that its loader needs no word about them.
    internal = GOT_INTERNAL if loader.data_is_number else GOT_INTERNAL | MAIN_OBJECTS
    for name, type_ in facts.exports.items():
        match type_:
            case GlobalType(value="i64", mutable=False):
                odd.append((name, type_))
            case _ if name in internal or name.startswith(EM_JS_PREFIX):
                pass
            case FuncType():
                given.add(name)
            case GlobalType():
                if _has_address(type_, loader):
                    given.add(name)
            case _:
                odd.append((name, type_))
    return Addresses(
        # The table is a JavaScript object: what every object has is found there, and is no entry.
        wanted={
            entry.name: _TEXT_OF_ENTRY if entry.type is ENTRY else str(entry.type)
            for entry in facts.imports
            if entry.address and entry.name not in OBJECT_PROPERTIES
        },
        given=frozenset(given),
        own=facts.js_functions.union(facts.exports),
        odd=tuple(odd),
    )


def _has_address(type_: GlobalType, loader: Loader) -> bool:
    """Whether the loader takes an exported global's value for an address."""
    if loader.data_is_number:
        return type_.value in {"i32", "f32", "f64"}
    return not type_.mutable
