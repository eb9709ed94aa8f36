"""What fails when the engine fills memory and table and a library's own code runs (loader.md, section 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.linker.prediction import Cause, Problem
from pyodide_abi.wasm import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pyodide_abi.linker.facts import Facts, Library
    from pyodide_abi.linker.runtime import Runtime
    from pyodide_abi.linker.startup import Run

_TRAP = "RuntimeError: unreachable"


def check_segments(library: Library, facts: Facts, runtime: Runtime, *, call: str) -> Iterator[Problem]:
    """Segments at constant places that are not there; ``call`` as in the engine's words."""
    for segment in facts.fixed:
        end = segment.start + segment.size
        if segment.kind is Kind.MEMORY and runtime.memory_size and end > runtime.memory_size:
            text = runtime.engine.segment_outside.format(
                segment=segment.index, offset=segment.start, length=segment.size, size=runtime.memory_size
            )
        elif segment.kind is Kind.TABLE and runtime.table_length and end > runtime.table_length:
            text = "table index is out of bounds"
        else:
            continue
        yield Problem(cause=Cause.SEGMENT, text=f"RuntimeError: {call}: {text}", library=library.path)


def check_start(library: Library, facts: Facts, missing: Callable[[str], bool]) -> Iterator[Problem]:
    """The start function, which runs before the module's own exports can be found.

    Args:
        library: it.
        facts: its.
        missing: nobody provides a function of that name.
    """
    text = "TypeError: Cannot read properties of undefined (reading '{symbol}')"
    yield from _run(library, facts.startup.start, missing, text)


def check_constructors(library: Library, facts: Facts, missing: Callable[[str], bool]) -> Iterator[Problem]:
    """The functions that the loader calls when everything is linked; arguments as for :func:`check_start`."""
    text = "Error: Dynamic linking error: cannot resolve symbol {symbol}"
    yield from _run(library, facts.startup.relocations, missing, text)
    yield from _run(library, facts.startup.constructors, missing, text)


def _run(library: Library, run: Run, missing: Callable[[str], bool], text: str) -> Iterator[Problem]:
    for name in dict.fromkeys(run.calls):
        if missing(name):
            yield Problem(
                cause=Cause.STARTUP, text=text.format(symbol=name), library=library.path, symbol=name
            )
    if run.traps:
        yield Problem(cause=Cause.STARTUP, text=_TRAP, library=library.path)
