"""Which platform native files were built for, by what is in them instead of by their tag.

A tag comes from the configuration of a build, the contents from its compiler. Each platform is held against
what cannot be a matter of taste: symbols that none of its releases has, functions of another type, the way
of unwinding, the version of CPython that a file name states, the form of the dylink section. What fits a
platform says little; what does not fit says that it was built for another.
"""

from __future__ import annotations

import enum
import re
from typing import TYPE_CHECKING

from pyodide_abi.abi.symbols import CXX_ABI_PREFIX, CXX_PREFIX, ENV_SPACES
from pyodide_abi.audit.unwinding import signs, way_of, wrong_way
from pyodide_abi.linker import Head
from pyodide_abi.platforms import load_platforms
from pyodide_abi.platforms.known import load_surface
from pyodide_abi.platforms.loaders import init_prefixes, is_init, loader_of
from pyodide_abi.platforms.model import Unwinding
from pyodide_abi.platforms.surface import SymbolKind
from pyodide_abi.values import value
from pyodide_abi.wasm import Kind
from pyodide_abi.wording import listed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from pyodide_abi.linker import Facts, Library
    from pyodide_abi.platforms.loaders import Loader
    from pyodide_abi.platforms.model import Platform
    from pyodide_abi.platforms.surface import Symbol

#: Names of symbols that come with a version of CPython or of the C++ library.
_VERSIONED = ("Py", "_Py", CXX_PREFIX, CXX_ABI_PREFIX)
_PYTHON = re.compile(r"\.cpython-(\d)(\d+)-wasm32-emscripten\.so$")


class Sign(enum.StrEnum):
    """What speaks against a platform."""

    SYMBOL = "symbol"
    TYPE = "type"
    UNWINDING = "unwinding"
    PYTHON = "python"
    INIT = "init function"
    SECTION = "section"
    RUN_PATH = "run path"


@value
class Misfit:
    """One thing that speaks against a platform.

    Attributes:
        path: The path of the file that it was seen in.
        what: the symbol, the suffix, the run path.
    """

    sign: Sign
    path: str
    what: str

    @property
    def telling(self) -> bool:
        """Versions differ in this, and not only in what their main modules happened to be linked with."""
        return self.sign is not Sign.SYMBOL or self.what.startswith(_VERSIONED)


@value
class PlatformFit:
    """How well files fit a platform.

    Attributes:
        misfits: what speaks against it; what speaks against every platform alike is left out.
    """

    platform: Platform
    misfits: tuple[Misfit, ...]

    @property
    def reasons(self) -> tuple[str, ...]:
        """What speaks against it, in words, one for each kind of sign."""
        return tuple(_reason(self.platform, sign, self._what(sign)) for sign in Sign if self._what(sign))

    def _what(self, sign: Sign) -> list[str]:
        return list(dict.fromkeys(misfit.what for misfit in self.misfits if misfit.sign is sign))


def infer_platform(
    libraries: Sequence[Library], *, platforms: Sequence[Platform] | None = None
) -> tuple[PlatformFit, ...]:
    """Hold files against platforms.

    Args:
        libraries: files that belong together: what one provides, the others may use.
        platforms: to choose from; all known ones unless named.

    Returns:
        The best first; equally good ones from the newest to the oldest.
    """
    chosen = tuple(load_platforms() if platforms is None else platforms)
    found = {platform.name: list(_misfits(libraries, platform)) for platform in chosen}
    # What no platform has tells them not apart.
    common = set.intersection(*map(set, found.values())) if len(found) > 1 else set()
    fits = [
        PlatformFit(
            platform=platform,
            misfits=tuple(misfit for misfit in found[platform.name] if misfit not in common),
        )
        for platform in reversed(chosen)
    ]
    return tuple(sorted(fits, key=lambda fit: len(fit.misfits)))


def only_fit(fits: Sequence[PlatformFit]) -> Platform | None:
    """The one platform that nothing speaks against; None if that is none or more than one."""
    fitting = [fit.platform for fit in fits if not fit.misfits]
    return fitting[0] if len(fitting) == 1 else None


def _misfits(libraries: Sequence[Library], platform: Platform) -> Iterator[Misfit]:
    surface = load_surface(platform)
    releases = [surface.symbols(release) for release in surface.releases]
    provided = {
        name
        for library in libraries
        if library.facts
        for name in (*library.facts.exports, *library.facts.js_functions)
    }
    for library in libraries:
        for sign, what in _of_library(library, platform, releases, surface.names, provided):
            yield Misfit(sign=sign, path=library.path, what=what)


def _of_library(
    library: Library,
    platform: Platform,
    releases: Sequence[Mapping[str, Symbol]],
    names: Collection[str],
    provided: set[str],
) -> Iterator[tuple[Sign, str]]:
    loader = loader_of(platform)
    python = tuple(map(int, platform.python.version.split(".")))
    suffix = _PYTHON.search(library.path)
    if suffix and (int(suffix[1]), int(suffix[2])) != python:
        yield Sign.PYTHON, suffix[0]
    if library.head is Head.LEGACY and not loader.legacy_dylink:
        yield Sign.SECTION, "dylink"
    facts = library.facts
    if facts is None:
        return
    for entry in signs(facts, wrong_way(platform)):
        yield Sign.UNWINDING, entry.name
    if facts.run_paths and not platform.search.run_path:
        yield Sign.RUN_PATH, facts.run_paths[0]
    yield from _of_init(facts, loader)
    yield from _of_symbols(facts, releases, names, provided)


def _of_init(facts: Facts, loader: Loader) -> Iterator[tuple[Sign, str]]:
    """An init function that only other interpreters look for, and none that this one does."""
    prefixes = init_prefixes()
    found = {prefix: name for name in facts.exports for prefix in prefixes if is_init(name, prefix)}
    if found and not found.keys() & set(loader.init_prefixes):
        yield Sign.INIT, next(iter(found.values()))


def _of_symbols(
    facts: Facts, releases: Sequence[Mapping[str, Symbol]], names: Collection[str], provided: set[str]
) -> Iterator[tuple[Sign, str]]:
    for entry in facts.imports:
        if not (entry.address or (entry.module in ENV_SPACES and entry.kind is Kind.FUNCTION)):
            continue
        # Symbols of one way of unwinding are counted as that, once, not one by one.
        if entry.name in provided or entry.name in facts.weak or way_of(entry.name):
            continue
        every = (symbols.get(entry.name) for symbols in releases) if entry.name in names else ()
        offers = [offer for offer in every if offer and offer.kind is not SymbolKind.STUB]
        if not offers:
            yield Sign.SYMBOL, entry.name
        elif not entry.address and all(
            offer.kind is SymbolKind.WASM_FUNCTION and offer.type != str(entry.type) for offer in offers
        ):
            yield Sign.TYPE, entry.name


def _reason(platform: Platform, sign: Sign, what: Sequence[str]) -> str:
    names = listed(what, mark="`")
    return {
        Sign.SYMBOL: f"no release of it has {names}",
        Sign.TYPE: f"its releases have {names} with another type",
        Sign.UNWINDING: f"it unwinds in {_WAYS[platform.exceptions]}, the contents do not ({names})",
        Sign.PYTHON: f"its CPython is {platform.python.version}, file names say {names}",
        Sign.INIT: f"its CPython {platform.python.version} does not look for {names}",
        Sign.SECTION: "its loader does not read the old dylink section",
        Sign.RUN_PATH: f"its loader does not read run paths ({names})",
    }[sign]


_WAYS = {Unwinding.JAVASCRIPT: "JavaScript", Unwinding.WEBASSEMBLY: "WebAssembly"}
