"""The loader's state in one interpreter, and what a load does to it (loader.md, sections 1 to 5).

Each step says what is wrong as if the loader went on. Who wants all of it goes through all of it; who wants
the state that the loader leaves behind stops at the first.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from pyodide_abi.abi.symbols import MADE_WHEN_CALLED
from pyodide_abi.linker.checks.addresses import GotRequester
from pyodide_abi.linker.checks.engine_limits import check_sizes
from pyodide_abi.linker.checks.head import check_head
from pyodide_abi.linker.checks.imports import check_features
from pyodide_abi.linker.checks.javascript import check_javascript
from pyodide_abi.linker.checks.segments import check_constructors, check_segments, check_start
from pyodide_abi.linker.got import GlobalOffsetTable
from pyodide_abi.linker.load_stack import NeededLoad, OpenLoad, finish
from pyodide_abi.linker.name_set import NameSet
from pyodide_abi.linker.offers import Offer, Value, offer_of_export
from pyodide_abi.linker.prediction import Cause, Problem
from pyodide_abi.linker.search import Arrival
from pyodide_abi.platforms.engines import Text
from pyodide_abi.platforms.installers import ORDINARY
from pyodide_abi.values import replace
from pyodide_abi.wasm import GlobalType

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence

    from pyodide_abi.linker.checks.imports import Refusal
    from pyodide_abi.linker.facts import Facts, Library
    from pyodide_abi.linker.load_stack import Steps
    from pyodide_abi.linker.main_module import MainModule
    from pyodide_abi.linker.prediction import UndefinedCall
    from pyodide_abi.linker.search import Search
    from pyodide_abi.platforms.engines import Engine
    from pyodide_abi.platforms.installers import Mode
    from pyodide_abi.platforms.loaders import Loader


#: So many names are requested from the table of addresses in the time in which one is compared.
_QUICK = 16


class Interpreter:
    """An interpreter while it loads libraries, one after another, each with what it needs.

    Attributes:
        main_module: What the main module and JavaScript provide.
        search: The rule by which needed libraries are found.
        files: Every library there is, by its path in the runtime.
        loaded: The key of each library in the loader's table (LDSO), in the order in which loading began: its
            path, in one generation the name it was asked for. A library with two keys is loaded twice.
        places: The path of each loaded library, by key.
        aliases: Keys of loaded libraries, by their further names.
        needs: The keys of the libraries that each loaded library needs.
        got: The global offset table.
        unfinished: Keys of libraries whose load failed; the loader takes them for loaded.
        instantiated: Keys of libraries of which the engine made an instance.
        missing: Needed libraries that this load did not find.
        missing_before: Needed libraries that earlier loads did not find; the loader takes them for loaded.
        scope: Names that the libraries of this load offer to one another's calls (the loader's localScope).
        seen: The libraries whose symbols this load sees already, by key, and whether all loads do.
        scopes: The scope that each library was loaded in, by key.
        merged: Symbols that libraries loaded with RTLD_GLOBAL have added to the main module's.
        mode: The flags of this load.
        requested: The path of the library that ``dlopen`` was called for.
        weak: The weak symbols of the library whose section was read last.
    """

    def __init__(self, *, main_module: MainModule, search: Search, files: Mapping[str, Library]) -> None:
        self.main_module = main_module
        self.search = search
        self.files = files
        self.loaded: list[str] = []
        self.places: dict[str, str] = {}
        self.aliases: dict[str, str] = {}
        self.needs: dict[str, list[str]] = {}
        self.got = GlobalOffsetTable(main_module=main_module, find=self.find)
        self.unfinished: set[str] = set()
        self.instantiated: set[str] = set()
        self.missing: set[str] = set()
        self.missing_before: set[str] = set()
        self.scope = NameSet()
        self.seen: set[tuple[str, bool]] = set()
        self.scopes: dict[str, NameSet] = {}
        self.merged: dict[str, Offer] = {}
        self.mode: Mode = ORDINARY
        self.requested = ""
        self.weak: frozenset[str] = frozenset()

    @property
    def loader(self) -> Loader:
        """The generation of the loader."""
        return self.main_module.loader

    @property
    def engine(self) -> Engine:
        """The JavaScript engine."""
        return self.main_module.engine

    @property
    def call(self) -> str:
        """The call of the JavaScript interface that makes an instance, as the engine names it."""
        calls = self.engine.calls
        return calls.instance if self.search.arrival is Arrival.IMPORT else calls.instantiate

    @property
    def compile_call(self) -> str:
        """Likewise the one that compiles a module."""
        calls = self.engine.calls
        return calls.module if self.search.arrival is Arrival.IMPORT else calls.instantiate

    def begin(self) -> None:
        """Start another load: its libraries see the names of this load only."""
        self.scope = NameSet()
        self.seen = set()
        self.requested = ""
        self.missing_before |= self.missing
        self.missing = set()

    def fork(self) -> Interpreter:
        """Another one in the same state."""
        other = Interpreter(main_module=self.main_module, search=self.search, files=self.files)
        other.loaded = [*self.loaded]
        other.places = {**self.places}
        other.aliases = {**self.aliases}
        other.needs = {**self.needs}
        other.got = self.got.copy(find=other.find)
        other.unfinished = {*self.unfinished}
        other.instantiated = {*self.instantiated}
        other.missing = {*self.missing}
        other.missing_before = {*self.missing_before}
        other.scope = self.scope.copy()
        other.seen = {*self.seen}
        other.scopes = {**self.scopes}
        other.merged = {**self.merged}
        other.mode = self.mode
        other.requested = self.requested
        other.weak = self.weak
        return other

    def load(self, place: str, *, key: str = "") -> Iterator[Problem]:
        """Load a library that is there, with what it needs first.

        Args:
            place: The library's path.
            key: The library's key in the loader's table, if that is not the path.
        """
        self.requested = self.requested or place
        first = self._begin(NeededLoad(key or place, place))
        for problem in finish(first, begin=self._begin, end=self._end):
            self.main_module.budget.spend_report()
            yield problem

    def _begin(self, needed: NeededLoad) -> OpenLoad:
        key, place = needed
        self.loaded.append(key)
        self.places[key] = place
        self.needs[key] = []
        self.unfinished.add(key)
        self.scopes[key] = self.scope if self.mode.local_scope else NameSet()
        return OpenLoad(key, self._load(key, self.files[place]))

    def _end(self, load: OpenLoad) -> None:
        if load.sound:
            self.unfinished.discard(load.key)
            self._merge_symbols(load.key)

    def find(self, name: str) -> Offer | None:
        """What the loader has under a name: the runtime's symbols come first."""
        return self.main_module.offers.find(name) or self.merged.get(name)

    def needed_closure(self, key: str) -> list[str]:
        """A loaded library and all that it needs, itself first."""
        found = {key: None}
        waiting = [key]
        for one in waiting:
            further = [needed for needed in dict.fromkeys(self.needs.get(one, ())) if needed not in found]
            found.update(dict.fromkeys(further))
            waiting += further
        return waiting

    def _load(self, key: str, library: Library) -> Steps:
        self.main_module.budget.spend_load()
        unfit = self.check_head(library)
        if unfit is not None:
            yield unfit
            return
        self.weak = library.dylink.weak
        complete = yield from self._load_needed(library, key)
        facts = library.facts
        compile_call = self.compile_call
        excess = check_sizes(library, self.engine, call=compile_call)
        if excess is not None:
            yield excess
        if facts is None and excess is None:
            text = f"CompileError: {compile_call}: {library.fault}"
            yield Problem(cause=Cause.UNREADABLE, text=text, library=library.path, exact=False)
        if facts is None:
            # What it needs and offers cannot be known.
            return
        # The engine's complaints are known from an earlier load, unless names have come to the runtime's.
        looked_up = len(facts.imports) if self.merged else len(facts.imports) // _QUICK
        self.main_module.budget.spend_compare(len(facts.fixed) + looked_up)
        unknown = check_features(library, facts, self.engine, call=compile_call)
        if unknown is not None:
            yield unknown
        yield from self._reserve(library, facts)
        refusals = self._refusals(library)
        yield from self._read_imports(library, facts, [one for one in refusals if one.turn == 0])
        yield from (one.problem for one in refusals if one.turn > 0)
        too_long = check_sizes(library, self.engine, call=self.call, late=True)
        if too_long is not None:
            yield too_long
        yield from check_segments(library, facts, self.main_module, call=self.call)
        yield from check_start(library, facts, lambda name: self._missing(name, key), self.engine)
        self.instantiated.add(key)
        yield from self._update_got(library, facts)
        if complete and not self.mode.allow_undefined:
            # With a needed library missing, whatever is undefined would be a mere consequence.
            yield from self.got.report_undefined()
        yield from check_javascript(library, facts, self.loader, self.engine)
        own = self.main_module.addresses(library, facts).own
        yield from check_constructors(
            library, facts, lambda name: name not in own and self._missing(name, key), self.main_module
        )
        self.scopes[key].update(own)

    def _refusals(self, library: Library) -> Sequence[Refusal]:
        if not self.merged:
            return self.main_module.refusals(library, self.call)
        return self.main_module.check_imports(library, self.find, self.call)

    def _missing(self, name: str, key: str) -> bool:
        """The loader finds nothing when a library calls such a function while it is being loaded."""
        made_late = self.loader.late_invoke and name.startswith(MADE_WHEN_CALLED)
        return not made_late and name not in self.scopes[key] and self.find(name) is None

    def _merge_symbols(self, key: str) -> None:
        """Add a loaded library's symbols to those of all, or of this load, by its flags (mergeLibSymbols)."""
        facts = self.files[self.places[key]].facts
        again = key, self.mode.rtld_global
        if facts is None or key in self.unfinished or again in self.seen:
            return
        self.seen.add(again)
        if self.mode.rtld_global:
            for name, type_ in facts.exports.items():
                if self.find(name) is None:
                    self.merged[name] = offer_of_export(type_, number=self.loader.data_is_number)
            for name in facts.js_functions:
                self.merged.setdefault(name, Offer(Value.UNTYPED_FUNCTION))
        elif self.mode.local_scope:
            self.scope.update(self.main_module.addresses(self.files[self.places[key]], facts).own)

    def undefined_calls(self, keys: Iterable[str]) -> Iterator[UndefinedCall]:
        """Function imports of loaded libraries that nobody provides when they are called."""
        for key in keys:
            library = self.files[self.places[key]]
            if library.facts is None or key not in self.instantiated:
                continue  # What has no instance calls nothing.
            missing = self.main_module.absent_functions(library, library.facts)
            self.main_module.budget.spend_compare(len(missing) * self.scopes[key].parts)
            for entry in missing:
                made_late = self.loader.late_invoke and entry.name.startswith(MADE_WHEN_CALLED)
                if not made_late and entry.name not in self.scopes[key] and entry.name not in self.merged:
                    yield self.main_module.undefined_call(library, entry)

    def check_head(self, library: Library) -> Problem | None:
        """What the loader says of a file's first bytes."""
        imported = self.search.arrival is Arrival.IMPORT
        return check_head(library, self.loader, self.engine, imported=imported)

    def _load_needed(self, library: Library, key: str) -> Generator[Problem | NeededLoad, bool | None, bool]:
        """Have the needed libraries loaded; true if all of them are there and loaded without a problem."""
        dylink = library.dylink
        before = self.mode
        complete = True
        requirer = self.requested if self.loader.keyed_by_name else self.places[key]
        if self.mode.needed_rtld_global:
            self.mode = replace(self.mode, rtld_global=True)
        for name in dylink.needed if self.loader.needed_accumulates else dylink.needed_last:
            self.main_module.budget.spend_search()
            place = self.search.find(name, requirer=requirer, run_paths=dylink.run_paths)
            known = self.aliases.get(name, name) if self.loader.keyed_by_name else place
            if known in self.places:
                # Loaded before, by another load perhaps: this one sees its own names, not what it needs.
                self.needs[key].append(known)
                self._merge_symbols(known)
            elif place is not None and known is not None:
                self.needs[key].append(known)
                complete = bool((yield NeededLoad(known, place))) and complete
            elif name not in self.missing_before:
                self.missing.add(name)
                text = self.loader.not_found if name.endswith(".so") else self.loader.not_found_other
                shown = posixpath.normpath(name) if self.loader.normalises_needed else name
                complete = False
                yield self._refused(library, Cause.NEEDED_MISSING, text.format(name=shown), symbol=name)
        self.mode = before
        return complete

    def _reserve(self, library: Library, facts: Facts) -> Iterator[Problem]:
        size = facts.memory.table_size if facts.memory else 0
        if size + self.main_module.table_length > self.engine.largest_table:
            text = self.engine.say(Text.TABLE_GROWTH, size=size)
            yield self._refused(library, Cause.TABLE, text)

    def _read_imports(self, library: Library, facts: Facts, refusals: Iterable[Refusal]) -> Iterator[Problem]:
        """The engine's first pass over the imports asks for their values, which makes entries in the table.

        Args:
            library: the module that is instantiated.
            facts: what it declares.
            refusals: the complaints of that pass, in the order of the imports.
        """
        # In two generations the weak set is one variable that each load overwrites, so that a module with
        # needed libraries is judged by the set of the last one loaded.
        weak = self.weak if self.loader.weak_set_shared else facts.weak
        addresses = self.main_module.addresses(library, facts)
        requester = GotRequester(library.path, addresses.wanted)
        complaints = {one.index: one for one in refusals}
        if not complaints:
            self.got.request(addresses.wanted, requester, weak)
            return
        for entry in facts.imports:
            refusal = complaints.get(entry.index)
            found = refusal is None or refusal.found
            if found and entry.address and entry.name in addresses.wanted:
                self.got.request([entry.name], requester, weak)
            if refusal is not None:
                yield refusal.problem

    def _update_got(self, library: Library, facts: Facts) -> Iterator[Problem]:
        """Give the exports their addresses, which is where odd ones fail (relocateExports, updateGOT)."""
        addresses = self.main_module.addresses(library, facts)
        for name, type_ in addresses.odd:
            if isinstance(type_, GlobalType):
                if self.loader.bigint_export_fails:
                    yield self._refused(
                        library, Cause.EXPORT, self.engine.say(Text.BIGINT_ADDRESS), symbol=name
                    )
            elif self.loader.object_export_fails:
                self.got.request_object(name, GotRequester(library.path, {name: str(type_)}))
        self.got.define(addresses.given)

    def _refused(self, library: Library, cause: Cause, text: str, *, symbol: str | None = None) -> Problem:
        return Problem(cause=cause, text=text, library=library.path, symbol=symbol)
