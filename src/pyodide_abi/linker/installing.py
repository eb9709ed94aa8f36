"""How the releases' own installer loads a wheel's libraries ahead (loader.md, sections 4 and 5).

``loadPackage`` and micropip unpack a wheel and then load every library in it, in the order of the archive,
each by itself. What happens there decides what later imports find: a library that failed counts as loaded,
its demands stay in the table of addresses, and those behind it are not loaded ahead at all. What each
release's installer does of this is data (``platforms/data/installers.toml``).
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from pyodide_abi.platforms.installers import ORDINARY
from pyodide_abi.values import replace, value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pyodide_abi.linker.interpreter import Interpreter
    from pyodide_abi.linker.prediction import Problem
    from pyodide_abi.platforms.installers import Installer

_LIBRARY = re.compile(r"\.so(.\d+)*$")
#: What the installer takes for a module of another interpreter (its PLATFORM_TAG_REGEX).
_FOREIGN = re.compile(r"\.(cpython|pypy|jython)-\d\d")


@value
class Stop:
    """What an installation ended with.

    Attributes:
        key: the library that was being loaded, as the interpreter knows it; empty if it was none.
        text: as the installer says it.
        problem: the loader's.
        rejected: the call of the installer itself fails; otherwise it only says so.
    """

    key: str
    text: str
    problem: Problem
    rejected: bool = False

    @property
    def words(self) -> str:
        """The text, and whether it is an error that the caller gets."""
        return f"rejected: {self.text}" if self.rejected else self.text


def loaded_ahead(path: str, suffixes: Iterable[str]) -> bool:
    """The installer loads such a file ahead.

    Args:
        path: The file's path.
        suffixes: The suffixes of extension modules, as the release's interpreter has them.
    """
    tag = _tag(path)
    return tag is not None and not _is_foreign(tag, suffixes)


def for_another_interpreter(path: str, suffixes: Iterable[str]) -> bool:
    """The name of an extension module says that the release's interpreter is not meant.

    Args:
        path: The file's path.
        suffixes: The suffixes of extension modules, as the release's interpreter has them.
    """
    tag = _tag(path)
    return tag is not None and _is_foreign(tag, suffixes)


def _tag(path: str) -> str | None:
    """What stands before ``.so``; None in the name of another file."""
    name = posixpath.basename(path)
    parts = ["." + part for part in name.lstrip(".").split(".")[1:]]
    return parts[parts.index(".so") - 1] if _LIBRARY.search(name) and ".so" in parts else None


def _is_foreign(tag: str, suffixes: Iterable[str]) -> bool:
    return bool(_FOREIGN.match(tag)) and tag not in {suffix.removesuffix(".so") for suffix in suffixes}


def install(interpreter: Interpreter, order: Sequence[str], installer: Installer) -> Stop | None:
    """Load the libraries ahead, and say what stopped it.

    Args:
        interpreter: a fresh one; imports can follow.
        order: paths of the libraries in the order of the archive.
        installer: The installer of the release.
    """
    stop = None
    if installer.needed_first:
        stop = next(_unfit(interpreter, order), None)
        order, shared = _needed_first(interpreter, order)
    else:
        shared = set()
    for place in order if stop is None else ():
        if place in interpreter.places:
            continue
        interpreter.begin()
        interpreter.mode = replace(installer.mode, rtld_global=place in shared)
        problem = next(interpreter.load(place), None)
        if problem is None:
            if installer.all_names or place in shared:
                interpreter.aliases.setdefault(posixpath.basename(place), place)
        elif not (installer.passes_over and problem.text == interpreter.loader.no_magic):
            # The installer is a program, for which the memory grows or not: in 0.27.8 it had 64 pages more
            # than at the start, in 0.26.0 as many.
            claimed = replace(problem, exact=problem.exact and not problem.sized)
            said = _said(installer, place, problem, no_module=problem.text == interpreter.loader.no_magic)
            stop = Stop(key=place, text=said, problem=claimed)
            break
    if installer.mode.allow_undefined:
        stop = next(_still_open(interpreter), stop)
    interpreter.mode = ORDINARY
    return stop


def _unfit(interpreter: Interpreter, order: Sequence[str]) -> Iterator[Stop]:
    """The earliest installer reads what every library needs before it loads the first."""
    for place in order:
        problem = interpreter.check_head(interpreter.files[place])
        if problem is not None:
            yield Stop(key="", text=_message(problem.text), problem=problem)


def _needed_first(interpreter: Interpreter, order: Sequence[str]) -> tuple[Sequence[str], set[str]]:
    needed = {name for place in order for name in interpreter.files[place].dylink.needed}
    shared = {place for place in order if posixpath.basename(place) in needed}
    return sorted(order, key=lambda place: place not in shared), shared


def _still_open(interpreter: Interpreter) -> Iterator[Stop]:
    """What an installer that allowed undefined addresses meets at its end, when it resolves all of them."""
    for problem in interpreter.got.report_undefined():
        asked = (
            key
            for key in interpreter.loaded
            if interpreter.files[interpreter.places[key]].path == problem.library
        )
        key = next(asked, "")
        yield Stop(key=key, text=problem.text, problem=problem, rejected=True)


def _said(installer: Installer, place: str, problem: Problem, *, no_module: bool) -> str:
    if no_module and installer.no_module is not None:
        return installer.no_module.format(path=place)
    reason = installer.loader_reason.format(path=place, text=problem.text, message=_message(problem.text))
    if installer.reason_bytes is not None:
        reason = reason.encode()[: installer.reason_bytes].decode("utf-8", "replace").strip()
    return installer.failed.format(path=place, reason=reason)


def _message(text: str) -> str:
    """An error's message, without its class."""
    return text.partition(": ")[2]
