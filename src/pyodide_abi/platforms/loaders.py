"""How the loaders of the Emscripten versions differ (loader.md, sections 1 to 6).

They are read from ``data/loaders.toml``. The loader is Emscripten's ``libdylink.js`` with CPython's
``dlopen`` in front of it. The platform data says which generation a platform's runtimes have.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from pyodide_abi.platforms.decode import Table, table_of
from pyodide_abi.platforms.documents import documents
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from pyodide_abi.platforms.model import Platform

_FILE = "loaders.toml"


@value
class Loader:
    """One generation of the loader.

    Attributes:
        generation: counted from 1, as the platform data has it.
        legacy_dylink: takes a section named ``dylink`` as well as ``dylink.0``.
        empty_is_missing: an import takes an empty file for a missing one.
        no_magic: a file that is no WebAssembly.
        dylink_not_first: a module whose first section is not a custom one.
        no_dylink: a module whose first section is another custom one.
        unresolved_call: a call, during a load, of a function that nobody provides, ``{symbol}``.
        load_failed: what an import's error starts with; ``{path}`` is the file's place in the runtime.
        undefined_address: a required ``GOT`` entry that nobody defines.
        wrong_address: a ``GOT`` entry defined as something without an address.
        not_found: a needed library that is nowhere and whose name ends in ``.so``.
        not_found_other: The same, with another ending.
        normalises_needed: ``./x.so`` is looked for as ``x.so``.
        data_is_number: data symbols of the main module are JavaScript numbers, not ``WebAssembly.Global``.
        late_invoke: ``invoke_*`` and ``__cxa_find_matching_catch_*`` are made when first called.
        needed_accumulates: all lists of needed libraries count, not the last alone.
        weak_stays_null: a weak address that nobody defines is settled as null for good.
        weak_set_shared: the set of weak symbols is one for the whole process, overwritten by each load.
        object_export_fails: exporting a memory, table or tag under a name of the main module fails.
        bigint_export_fails: exporting a 64-bit immutable global fails.
        init_prefixes: Prefixes of the functions that make a module, in the order of the search.
        init_typed: the engine calls ``PyInit_`` with its exact type, without a JavaScript call between.
        keyed_by_name: a needed library is known by the name it was asked for, not by its path, and sought
            where the library that all is loaded for would have it.
        all_stars: every star is taken off the name of an ``EM_JS`` function's parameter, not the first alone.
    """

    generation: int
    legacy_dylink: bool
    empty_is_missing: bool
    no_magic: str
    dylink_not_first: str
    no_dylink: str
    unresolved_call: str
    load_failed: str
    undefined_address: str
    wrong_address: str
    not_found: str
    not_found_other: str
    normalises_needed: bool
    data_is_number: bool
    late_invoke: bool
    needed_accumulates: bool
    weak_stays_null: bool
    weak_set_shared: bool
    object_export_fails: bool
    bigint_export_fails: bool
    init_prefixes: tuple[str, ...]
    init_typed: bool
    keyed_by_name: bool
    all_stars: bool

    @property
    def failure(self) -> str:
        """What stands in front of the file's path in an import's error."""
        return self.load_failed.partition("{path}")[0]


@functools.cache
def load_loaders() -> tuple[Loader, ...]:
    """All generations, the first one first.

    Raises:
        PlatformDataError: our own data has a fault.
    """
    return parse_loaders(documents()[_FILE])


def init_prefixes() -> frozenset[str]:
    """What the functions that make a module begin with, in some generation."""
    return frozenset(prefix for loader in load_loaders() for prefix in loader.init_prefixes)


def is_init(name: str, prefix: str) -> bool:
    """A symbol is an init function with that prefix, of a module with an ASCII name or another."""
    return name.startswith((f"{prefix}_", f"{prefix}U_"))


def loader_of(platform: Platform) -> Loader:
    """The loader of a platform's runtimes.

    Raises:
        PlatformDataError: the platform names a generation that is not described.
    """
    loaders = load_loaders()
    if platform.loader > len(loaders):
        Table({}, file=f"{platform.name}.toml").fail(
            "loader.generation",
            f"generation {platform.loader} of the loader is not described",
            hint=f"say in {_FILE} what it changed",
        )
    return loaders[platform.loader - 1]


def parse_loaders(document: Mapping[str, Any] | str) -> tuple[Loader, ...]:
    """All generations from their file, its values or its text.

    Raises:
        PlatformDataError: a fault; the message starts with the dotted path.
    """
    root = table_of(document, _FILE)
    generations = range(1, root.number("generations") + 1)
    facts = {fact: _by_generation(root.table(fact), generations, read) for fact, read in _FACTS.items()}
    root.finish()
    return tuple(
        Loader(generation=generation, **{fact: values[place] for fact, values in facts.items()})
        for place, generation in enumerate(generations)
    )


def _by_generation(table: Table, generations: range, read: Callable[[Table, str], Any]) -> list[Any]:
    """A fact in each generation: what it was since the last one that changed it."""
    table.text("reason")
    table.text("source")
    found = [read(table, "since_1")]
    for generation in generations[1:]:
        key = f"since_{generation}"
        found.append(read(table, key) if table.has(key) else found[-1])
    table.finish()
    return found


_FACTS: Mapping[str, Callable[[Table, str], Any]] = {
    "legacy_dylink": Table.flag,
    "empty_is_missing": Table.flag,
    "no_magic": Table.text,
    "dylink_not_first": Table.text,
    "no_dylink": Table.text,
    "unresolved_call": Table.text,
    "load_failed": Table.text,
    "undefined_address": Table.text,
    "wrong_address": Table.text,
    "not_found": Table.text,
    "not_found_other": Table.text,
    "normalises_needed": Table.flag,
    "data_is_number": Table.flag,
    "late_invoke": Table.flag,
    "needed_accumulates": Table.flag,
    "weak_stays_null": Table.flag,
    "weak_set_shared": Table.flag,
    "object_export_fails": Table.flag,
    "bigint_export_fails": Table.flag,
    "init_prefixes": Table.texts,
    "init_typed": Table.flag,
    "keyed_by_name": Table.flag,
    "all_stars": Table.flag,
}
