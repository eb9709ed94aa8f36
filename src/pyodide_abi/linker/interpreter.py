"""The loader's state in one interpreter, and what a load does to it (loader.md, sections 1 to 5).

Each step says what is wrong as if the loader went on. Who wants all of it goes through all of it; who wants
the state that the loader leaves behind stops at the first.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from pyodide_abi.linker.checks.addresses import MADE_LATE, Asker, check_address
from pyodide_abi.linker.checks.head import check_head
from pyodide_abi.linker.checks.imports import check_features
from pyodide_abi.linker.checks.segments import check_constructors, check_segments, check_start
from pyodide_abi.linker.name_set import Pool
from pyodide_abi.linker.offers import Offer, Value, offer_of_export
from pyodide_abi.linker.prediction import Cause, Problem
from pyodide_abi.linker.search import Arrival
from pyodide_abi.platforms.engines import Text
from pyodide_abi.platforms.installers import ORDINARY
from pyodide_abi.values import replace
from pyodide_abi.wasm import GlobalType

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pyodide_abi.linker.checks.imports import Refusal
    from pyodide_abi.linker.facts import Facts, Library
    from pyodide_abi.linker.prediction import Latent
    from pyodide_abi.linker.runtime import Runtime
    from pyodide_abi.linker.search import Search
    from pyodide_abi.platforms.engines import Engine
    from pyodide_abi.platforms.installers import Mode
    from pyodide_abi.platforms.loaders import Loader


class Interpreter:
    """An interpreter while it loads libraries, one after another, each with what it needs.

    Attributes:
        runtime: what the main module and JavaScript provide.
        files: every library there is, by its path in the runtime.
        loaded: what each library is known by to the loader, in the order in which loading began: its path,
            in one generation the name it was asked for. A library known by two is loaded twice.
        places: their paths.
        aliases: further names of loaded libraries.
        needs: what each of them needs, likewise.
        addresses: names that some loaded library defines.
        undefined: entries of the global offset table without an address so far, in order, with who asked
            first, or first insisted.
        required: those of them that not every user calls weak.
        unfinished: those whose load did not end well; the loader takes them for loaded.
        made: those of which the engine made an instance.
        absent: needed libraries that this load did not find.
        sought: those that earlier loads did not find; the loader takes them for loaded.
        scope: names that the libraries of this load offer to one another's calls.
        scopes: the scope that each library was loaded in.
        merged: what libraries that were loaded for all have added to the runtime's symbols.
        mode: how the libraries of this load treat one another.
        leader: the library that this load is for.
        weak: the weak symbols of the library whose section was read last.
    """

    def __init__(self, *, runtime: Runtime, search: Search, files: Mapping[str, Library]) -> None:
        self.runtime = runtime
        self.search = search
        self.files = files
        self.loaded: list[str] = []
        self.places: dict[str, str] = {}
        self.aliases: dict[str, str] = {}
        self.needs: dict[str, list[str]] = {}
        self.addresses = Pool()
        self.undefined: dict[str, Asker] = {}
        self.required: set[str] = set()
        self.unfinished: set[str] = set()
        self.made: set[str] = set()
        self.absent: set[str] = set()
        self.sought: set[str] = set()
        self.scope = Pool()
        self.scopes: dict[str, Pool] = {}
        self.merged: dict[str, Offer] = {}
        self.mode: Mode = ORDINARY
        self.leader = ""
        self.weak: frozenset[str] = frozenset()

    @property
    def loader(self) -> Loader:
        """The generation of the loader."""
        return self.runtime.loader

    @property
    def engine(self) -> Engine:
        """The JavaScript engine."""
        return self.runtime.engine

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
        self.scope = Pool()
        self.leader = ""
        self.sought |= self.absent
        self.absent = set()

    def fork(self) -> Interpreter:
        """Another one in the same state."""
        other = Interpreter(runtime=self.runtime, search=self.search, files=self.files)
        other.loaded = [*self.loaded]
        other.places = {**self.places}
        other.aliases = {**self.aliases}
        other.needs = {**self.needs}
        other.addresses = self.addresses.copy()
        other.undefined = {**self.undefined}
        other.required = {*self.required}
        other.unfinished = {*self.unfinished}
        other.made = {*self.made}
        other.absent = {*self.absent}
        other.sought = {*self.sought}
        other.scope = self.scope.copy()
        other.scopes = {**self.scopes}
        other.merged = {**self.merged}
        other.mode = self.mode
        other.leader = self.leader
        other.weak = self.weak
        return other

    def load(self, place: str, *, key: str = "") -> Iterator[Problem]:
        """Load a library that is there, with what it needs first.

        Args:
            place: its path.
            key: what it is known by from now on, if not by that.
        """
        key = key or place
        self.leader = self.leader or place
        library = self.files[place]
        self.loaded.append(key)
        self.places[key] = place
        self.needs[key] = []
        self.unfinished.add(key)
        self.scopes[key] = self.scope if self.mode.scope else Pool()
        sound = True
        for problem in self._load(key, library):
            sound = False
            self.runtime.patience.tell()
            yield problem
        if sound:
            self.unfinished.discard(key)
            self._share(key)

    def find(self, name: str) -> Offer | None:
        """What the loader has under a name: the runtime's symbols come first."""
        return self.runtime.offers.find(name) or self.merged.get(name)

    def company(self, key: str) -> list[str]:
        """A loaded library and all that it needs, itself first."""
        found = [key]
        for one in found:
            found += [needed for needed in self.needs.get(one, ()) if needed not in found]
        return found

    def _load(self, key: str, library: Library) -> Iterator[Problem]:
        unfit = self.check_head(library)
        if unfit is not None:
            yield unfit
            return
        self.weak = library.dylink.weak
        complete = True
        for problem in self._load_needed(library, key):
            complete = False
            yield problem
        facts = library.facts
        calls = self.engine.calls
        compile_call = calls.module if self.search.arrival is Arrival.IMPORT else calls.instantiate
        if facts is None:
            yield Problem(
                cause=Cause.UNREADABLE,
                text=f"CompileError: {compile_call}: {library.fault}",
                library=library.path,
                exact=False,
            )
            # What it needs and offers cannot be known.
            return
        unknown = check_features(library, facts, self.engine, call=compile_call)
        if unknown is not None:
            yield unknown
        yield from self._reserve(library, facts)
        refusals = self._refusals(library)
        yield from self._look_up(library, facts, [one for one in refusals if one.turn == 0])
        yield from (one.problem for one in refusals if one.turn > 0)
        yield from check_segments(library, facts, self.runtime, call=self.call)
        yield from check_start(library, facts, lambda name: self._missing(name, key), self.engine)
        self.made.add(key)
        yield from self._offer(library, facts)
        if complete and not self.mode.tolerant:
            # With a needed library missing, whatever is undefined would be a mere consequence.
            yield from self.report_undefined()
        own = self.runtime.addresses(library, facts).own
        yield from check_constructors(
            library, facts, lambda name: name not in own and self._missing(name, key), self.runtime
        )
        self.scopes[key].take(own)

    def _refusals(self, library: Library) -> Sequence[Refusal]:
        if not self.merged:
            return self.runtime.refusals(library, self.call)
        return self.runtime.check_imports(library, self.find, self.call)

    def _missing(self, name: str, key: str) -> bool:
        """The loader finds nothing when a library calls such a function while it is being loaded."""
        made_late = self.loader.late_invoke and name.startswith(MADE_LATE)
        return not made_late and name not in self.scopes[key] and self.find(name) is None

    def _share(self, key: str) -> None:
        """Let the others see a loaded library's symbols, as far as they are to."""
        facts = self.files[self.places[key]].facts
        if facts is None or key in self.unfinished:
            return
        if self.mode.everywhere:
            for name, type_ in facts.exports.items():
                if self.find(name) is None:
                    self.merged[name] = offer_of_export(type_, number=self.loader.data_is_number)
            for name in facts.js_functions:
                self.merged.setdefault(name, Offer(Value.UNTYPED_FUNCTION))
        elif self.mode.scope:
            self.scope.take(self.runtime.addresses(self.files[self.places[key]], facts).own)

    def latent(self, keys: Iterable[str]) -> Iterator[Latent]:
        """Function imports of loaded libraries that nobody provides when they are called."""
        for key in keys:
            library = self.files[self.places[key]]
            if library.facts is None or key not in self.made:
                continue  # What has no instance calls nothing.
            absent = self.runtime.absent_functions(library, library.facts)
            self.runtime.patience.compare(len(absent))
            for entry in absent:
                made_late = self.loader.late_invoke and entry.name.startswith(MADE_LATE)
                if not made_late and entry.name not in self.scopes[key] and entry.name not in self.merged:
                    yield self.runtime.latent(library, entry)

    def check_head(self, library: Library) -> Problem | None:
        """What the loader says of a file's first bytes."""
        imported = self.search.arrival is Arrival.IMPORT
        return check_head(library, self.loader, self.engine, imported=imported)

    def _load_needed(self, library: Library, key: str) -> Iterator[Problem]:
        dylink = library.dylink
        before = self.mode
        requirer = self.leader if self.loader.keyed_by_name else self.places[key]
        if self.mode.needed_everywhere:
            self.mode = replace(self.mode, everywhere=True)
        for name in dylink.needed if self.loader.needed_accumulates else dylink.needed_last:
            self.runtime.patience.seek()
            place = self.search.find(name, requirer=requirer, run_paths=dylink.run_paths)
            known = self.aliases.get(name, name) if self.loader.keyed_by_name else place
            if known in self.places:
                # Loaded before, by another load perhaps: this one sees its own names, not what it needs.
                self.needs[key].append(known)
                self._share(known)
            elif place is not None and known is not None:
                self.needs[key].append(known)
                yield from self.load(place, key=known)
            elif name not in self.sought:
                self.absent.add(name)
                text = self.loader.not_found if name.endswith(".so") else self.loader.not_found_other
                shown = posixpath.normpath(name) if self.loader.normalises_needed else name
                yield self._refused(library, Cause.NEEDED_MISSING, text.format(name=shown), symbol=name)
        self.mode = before

    def _reserve(self, library: Library, facts: Facts) -> Iterator[Problem]:
        size = facts.memory.table_size if facts.memory else 0
        if size + self.runtime.table_length > self.engine.largest_table:
            text = self.engine.say(Text.TABLE_GROWTH, size=size)
            yield self._refused(library, Cause.TABLE, text)

    def _look_up(self, library: Library, facts: Facts, refusals: Iterable[Refusal]) -> Iterator[Problem]:
        """The engine's first pass over the imports asks for their values, which makes entries in the table.

        Args:
            library: the module that is instantiated.
            facts: what it declares.
            refusals: the complaints of that pass, in the order of the imports.
        """
        # In two generations the weak set is one variable that each load overwrites, so that a module with
        # needed libraries is judged by the set of the last one loaded.
        weak = self.weak if self.loader.weak_set_shared else facts.weak
        addresses = self.runtime.addresses(library, facts)
        asker = Asker(library.path, addresses.wanted)
        complaints = {one.index: one for one in refusals}
        if not complaints:
            self._want(self.addresses.lacking(addresses.wanted), asker, weak)
            return
        for entry in facts.imports:
            refusal = complaints.get(entry.index)
            found = refusal is None or refusal.found
            if (
                found
                and entry.address
                and entry.name in addresses.wanted
                and entry.name not in self.addresses
            ):
                self._want([entry.name], asker, weak)
            if refusal is not None:
                yield refusal.problem

    def _want(self, names: Iterable[str], asker: Asker, weak: frozenset[str]) -> None:
        wanted = dict.fromkeys(names, asker)
        required = wanted.keys() - weak
        if self.undefined:
            # Who asked first stays where it is, but for one who could do without.
            known = self.undefined.keys() - (required - self.required)
            self.undefined |= {name: asker for name in wanted if name not in known}
        else:
            self.undefined = wanted
        self.required |= required

    def _offer(self, library: Library, facts: Facts) -> Iterator[Problem]:
        """Give the exports their addresses, which is where odd ones fail."""
        addresses = self.runtime.addresses(library, facts)
        for name, type_ in addresses.odd:
            if isinstance(type_, GlobalType):
                if self.loader.bigint_export_fails:
                    yield self._refused(
                        library, Cause.EXPORT, self.engine.say(Text.BIGINT_ADDRESS), symbol=name
                    )
            elif self.loader.object_export_fails:
                self.undefined.setdefault(name, Asker(library.path, {name: str(type_)}))
        self.addresses.take(addresses.given)
        given = addresses.given
        met = given.intersection(self.undefined)
        for name in met:
            del self.undefined[name]
        self.required -= met

    def report_undefined(self) -> Iterator[Problem]:
        """Give the entries of the table that are still open their addresses, as far as there are any."""
        for name, asker in list(self.undefined.items()):
            problem = check_address(
                name, self.find(name), asker, required=name in self.required, runtime=self.runtime
            )
            if problem is not None:
                yield problem
            elif self.find(name) is None and not self.loader.weak_stays_null:
                # A later library may still define it, or want it for sure.
                continue
            else:
                self.addresses.add(name)
            del self.undefined[name]
            self.required.discard(name)

    def _refused(self, library: Library, cause: Cause, text: str, *, symbol: str | None = None) -> Problem:
        return Problem(cause=cause, text=text, library=library.path, symbol=symbol)
