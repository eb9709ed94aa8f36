"""Does a runtime keep what its platform promises? Everything that is not a symbol: what it is and says."""

from __future__ import annotations

import enum
import re
from typing import TYPE_CHECKING

from pyodide_abi.abi.symbols import CPP_EXCEPTION, LONGJMP, TABLE
from pyodide_abi.platforms.model import Unwinding
from pyodide_abi.platforms.surface import SymbolKind
from pyodide_abi.platforms.versions import version_key
from pyodide_abi.values import value
from pyodide_abi.wording import listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pyodide_abi.platforms import Symbol
    from pyodide_abi.platforms.model import Platform, Release
    from pyodide_abi.runtime.learning.reading import Reading
    from pyodide_abi.runtime.learning.recognising import Recognition


class Aspect(enum.StrEnum):
    """What a promise is about."""

    SYMBOL = "symbol"
    PYTHON = "CPython"
    COMPILER = "compiler"
    UNWINDING = "unwinding"
    MEMORY = "memory"
    TABLE = "table"
    LOADER = "loader"
    SEARCH = "library search"
    SUFFIX = "suffix"
    VARIABLE = "sysconfig"
    TAG = "tag"
    LIBRARY = "static library"


class Harm(enum.StrEnum):
    """What it does that a promise is not kept."""

    ERROR = "error"
    """Some module or wheel that fits the platform does not work."""
    WARNING = "warning"
    """Some may not, or that cannot be told."""


@value
class BrokenPromise:
    """A promise of a platform that a runtime does not keep.

    Attributes:
        what: the symbol, tag, variable… that it is about; empty where the aspect says it all.
        promised: what the platform promises, or its releases have.
        found: what the runtime has.
        effect: what becomes of a module or wheel that relies on it.
    """

    aspect: Aspect
    harm: Harm
    what: str
    promised: str
    found: str
    effect: str


@value
class Checked:
    """A runtime, as far as it can break a promise.

    Attributes:
        reading: what it says and offers, in the reference engine.
        recognition: The recognition of its loader.
        platform: The platform whose promises are held against it.
        before: the newest release of the platform that it follows; None where it is the first.
        offered: the symbols of that release.
    """

    reading: Reading
    recognition: Recognition
    platform: Platform
    before: Release | None
    offered: Mapping[str, Symbol]


def broken_facts(checked: Checked) -> list[BrokenPromise]:
    """The promises that a runtime breaks, its symbols apart."""
    return [broken for look in _LOOKS for broken in look(checked)]


def _python(checked: Checked) -> Iterator[BrokenPromise]:
    promised, found = checked.platform.python.version, checked.reading.python
    if not found.startswith(f"{promised}."):
        yield _error(
            Aspect.PYTHON,
            "",
            promised,
            found,
            "extension modules are made for one feature release of CPython",
        )


def _compiler(checked: Checked) -> Iterator[BrokenPromise]:
    promised, found = checked.platform.emscripten, checked.reading.emscripten
    if promised != found:
        effect = "Emscripten promises nothing between its versions: structures, calls and loader may differ"
        yield _error(Aspect.COMPILER, "Emscripten", promised, found, effect)


def _unwinding(checked: Checked) -> Iterator[BrokenPromise]:
    platform, symbols = checked.platform, checked.reading.symbols
    pairs = (
        ("C++ exceptions", CPP_EXCEPTION, platform.exceptions),
        ("setjmp/longjmp", LONGJMP, platform.longjmp),
    )
    for what, tag, promised in pairs:
        kind, type_ = symbols.get(tag, (None, None))
        found = Unwinding.WEBASSEMBLY if kind is SymbolKind.TAG else Unwinding.JAVASCRIPT
        if found is not promised:
            effect = "modules that unwind do not load, or end the interpreter"
            yield _error(Aspect.UNWINDING, what, promised.value, found.value, effect)
        elif kind is SymbolKind.TAG and type_ != "(i32)->()":
            yield _error(
                Aspect.UNWINDING, tag, "(i32)->()", str(type_), "modules that import the tag do not load"
            )


def _memory(checked: Checked) -> Iterator[BrokenPromise]:
    yield from _limits(checked, Aspect.MEMORY, "memory", "modules that need so much memory do not load")


def _table(checked: Checked) -> Iterator[BrokenPromise]:
    yield from _limits(
        checked, Aspect.TABLE, TABLE, "modules whose functions need room in the table do not load"
    )


def _limits(checked: Checked, aspect: Aspect, name: str, effect: str) -> Iterator[BrokenPromise]:
    """What may grow no less far than before, and is otherwise of the same kind."""
    before = checked.offered.get(name)
    kind, type_ = checked.reading.symbols.get(name, (None, None))
    if before is None or before.type is None:
        return
    if kind is not before.kind or type_ is None:
        yield _error(aspect, name, before.type, "none", "no module loads")
        return
    old, new = (_highest(text) for text in (before.type, type_))
    if _others(before.type) != _others(type_):
        yield _error(aspect, name, before.type, type_, "modules that import it as it was do not load")
    elif new is not None and (old is None or new < old):
        yield _error(aspect, name, before.type, type_, effect)


def _highest(type_: str) -> int | None:
    found = re.search(r"max=(\d+)", type_)
    return int(found[1]) if found else None


def _others(type_: str) -> list[str]:
    return [word for word in type_.split() if not word.startswith(("min=", "max="))]


def _loader(checked: Checked) -> Iterator[BrokenPromise]:
    recognition, promised = checked.recognition, checked.platform.loader
    if recognition.generation == promised:
        return
    if recognition.generation is None:
        changed = f"{listed(recognition.changed, most=6)} differ from those of {recognition.seen}"
        effect = "what it does with a module is not known; the differential cases of pyodide-abi tell"
        yield _warning(Aspect.LOADER, "", f"generation {promised}", changed, effect)
    else:
        effect = "it finds libraries and words its refusals otherwise"
        found = f"generation {recognition.generation}"
        yield _error(Aspect.LOADER, "", f"generation {promised}", found, effect)


def _search(checked: Checked) -> Iterator[BrokenPromise]:
    promised, found = checked.platform.search.library_path, checked.reading.library_path
    if [folder for folder in found if folder in promised] != list(promised):
        yield _error(
            Aspect.SEARCH,
            "LD_LIBRARY_PATH",
            ":".join(promised),
            ":".join(found),
            "libraries there are not found",
        )


def _suffixes(checked: Checked) -> Iterator[BrokenPromise]:
    promised = checked.before.suffixes if checked.before else checked.platform.python.suffixes
    found = checked.reading.suffixes
    for suffix in (*checked.platform.python.suffixes, *promised):
        if suffix not in found:
            effect = "no import finds a module of that name"
            yield _error(Aspect.SUFFIX, suffix, suffix, ", ".join(found), effect)
    kept = [suffix for suffix in found if suffix in promised]
    if len(kept) == len(promised) and kept != list(promised):
        effect = "of two files for one module, an import takes the other one"
        yield _warning(Aspect.SUFFIX, "", ", ".join(promised), ", ".join(kept), effect)


def _variables(checked: Checked) -> Iterator[BrokenPromise]:
    platform, before, reading = checked.platform, checked.before, checked.reading
    promised = {
        "EXT_SUFFIX": platform.python.suffixes[0],
        "SOABI": platform.python.suffixes[0].removeprefix(".").removesuffix(".so"),
        "SIZEOF_VOID_P": "4",
        "SIZEOF_SIZE_T": "4",
        "SIZEOF_LONG": "4",
        "PYODIDE_ABI_VERSION": before.abi_version if before else None,
        "PYEMSCRIPTEN_PLATFORM_VERSION": before.pyemscripten_platform_version if before else None,
        "PYEMSCRIPTEN_ABI_VERSION": before.pyemscripten_abi_version if before else None,
    }
    for name, wanted in promised.items():
        found = reading.said(name)
        if wanted is not None and found != wanted:
            effect = "builds and installers that ask for it take the runtime for another"
            yield _error(Aspect.VARIABLE, name, wanted, found or "none", effect)


def _tags(checked: Checked) -> Iterator[BrokenPromise]:
    accepted, before = checked.reading.accepted, checked.before
    if before is None:
        return
    for tag in checked.platform.tags:
        for installer, takers in (("micropip", tag.releases), ("packaging", tag.packaging)):
            if before.version not in takers:
                continue
            if accepted is None:
                yield _warning(
                    Aspect.TAG,
                    tag.tag,
                    f"{installer} takes it",
                    "not asked",
                    f"{installer} was not to be had",
                )
            elif tag.tag not in accepted[installer]:
                effect = f"{installer} of the runtime refuses wheels with it"
                yield _error(Aspect.TAG, tag.tag, f"{installer} takes it", "it does not", effect)


def _libraries(checked: Checked) -> Iterator[BrokenPromise]:
    found = checked.reading.libraries
    for library in checked.platform.libraries:
        if library.version is None:
            continue
        there = found.get(library.name)
        if there is None:
            effect = "modules that use its functions end the interpreter when they call them"
            yield _error(Aspect.LIBRARY, library.name, library.version, "none", effect)
        elif version_key(there) < version_key(library.version):
            effect = "functions and constants that came since are missing"
            yield _error(Aspect.LIBRARY, library.name, library.version, there, effect)
        elif there != library.version:
            effect = "modules were compiled with the headers of the other version"
            yield _warning(Aspect.LIBRARY, library.name, library.version, there, effect)


_LOOKS: Sequence[Callable[[Checked], Iterator[BrokenPromise]]] = (
    _python,
    _compiler,
    _unwinding,
    _memory,
    _table,
    _loader,
    _search,
    _suffixes,
    _variables,
    _tags,
    _libraries,
)


def _error(aspect: Aspect, what: str, promised: str, found: str, effect: str) -> BrokenPromise:
    return BrokenPromise(
        aspect=aspect, harm=Harm.ERROR, what=what, promised=promised, found=found, effect=effect
    )


def _warning(aspect: Aspect, what: str, promised: str, found: str, effect: str) -> BrokenPromise:
    return BrokenPromise(
        aspect=aspect, harm=Harm.WARNING, what=what, promised=promised, found=found, effect=effect
    )
