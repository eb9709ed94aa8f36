"""What fails when the engine fills memory and table and a library's own code runs (loader.md, section 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.linker.prediction import Cause, Problem
from pyodide_abi.platforms.engines import Text
from pyodide_abi.wasm import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pyodide_abi.linker.facts import Facts, Library
    from pyodide_abi.linker.main_module import MainModule
    from pyodide_abi.linker.startup import Run
    from pyodide_abi.platforms.engines import Engine


def check_segments(
    library: Library, facts: Facts, main_module: MainModule, *, call: str
) -> Iterator[Problem]:
    """Segments at constant places that are not there; ``call`` as in the engine's words."""
    engine = main_module.engine
    for segment in facts.fixed:
        end = segment.start + segment.size
        if segment.kind is Kind.MEMORY and main_module.memory_size and end > main_module.memory_size:
            text = engine.say(
                Text.DATA_OUTSIDE,
                call=call,
                segment=segment.index,
                offset=segment.start,
                length=segment.size,
                size=main_module.memory_size,
            )
            sized = engine.names(Text.DATA_OUTSIDE, "size")
        elif segment.kind is Kind.TABLE and main_module.table_length and end > main_module.table_length:
            text, sized = engine.say(Text.ELEMENTS_OUTSIDE, call=call), False
        else:
            continue
        yield Problem(cause=Cause.SEGMENT, text=text, library=library.path, sized=sized)


def check_start(
    library: Library, facts: Facts, missing: Callable[[str], bool], engine: Engine
) -> Iterator[Problem]:
    """The start function, which runs before the module's own exports can be found.

    Args:
        library: the module that is loaded.
        facts: what it declares.
        missing: nobody provides a function of that name.
        engine: The engine, for its words.
    """
    yield from _run(
        library,
        facts.startup.start,
        missing,
        lambda name: engine.say(Text.MISSING_AT_START, symbol=name),
        engine,
    )


def check_constructors(
    library: Library, facts: Facts, missing: Callable[[str], bool], main_module: MainModule
) -> Iterator[Problem]:
    """The functions that the loader calls when everything is linked; arguments as for :func:`check_start`."""
    for run in (facts.startup.relocations, facts.startup.constructors):
        if not run.calls and not run.traps:
            continue
        yield from _run(
            library,
            run,
            missing,
            lambda name: main_module.loader.unresolved_call.format(symbol=name),
            main_module.engine,
        )


def _run(
    library: Library, run: Run, missing: Callable[[str], bool], say: Callable[[str], str], engine: Engine
) -> Iterator[Problem]:
    for name in dict.fromkeys(run.calls):
        if missing(name):
            yield Problem(cause=Cause.STARTUP, text=say(name), library=library.path, symbol=name)
    if run.traps:
        yield Problem(cause=Cause.STARTUP, text=engine.say(Text.UNREACHABLE), library=library.path)
