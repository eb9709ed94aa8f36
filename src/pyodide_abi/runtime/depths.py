"""How deep calls may nest before an engine's stack ends, with a wheel's own functions at the bottom.

An engine's stack overflow ends the interpreter, where Python's RecursionError would not. How much of the
stack a function takes shows in how many calls fit above it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.atomic import temporary
from pyodide_abi.runtime.account import Outcome
from pyodide_abi.runtime.fresh_interpreters import Interpreters, UnstartedError
from pyodide_abi.runtime.protocol import Depth, Probe
from pyodide_abi.runtime.replies import Called, Deeper
from pyodide_abi.runtime.site import unpack
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pyodide_abi.host import Host
    from pyodide_abi.platforms.model import Runtime
    from pyodide_abi.runtime.driver import Heard
    from pyodide_abi.runtime.engine_program import EngineProgram
    from pyodide_abi.runtime.verify import Loaded, Verification
    from pyodide_abi.signatures.rows import Row

_NO_ARGUMENTS = "METH_NOARGS"


@value
class Reached:
    """How deep calls nested, in one engine and release.

    Attributes:
        engine: the engine's name.
        release: the release's version.
        entry: The function at the bottom, with its module; empty for one that does nothing.
        default: so many calls came back under Python's default limit.
        ended: what ended the next attempt: Python's RecursionError, or what the engine said at the
            interpreter's end.
        survived: Whether that was Python's RecursionError, so that the interpreter went on.
        raised: so many came back without Python's limit, until the engine's stack ended; None where that was
            not reached.
    """

    engine: str
    release: str
    entry: str
    default: int
    ended: str
    survived: bool
    raised: int | None


def measure_depths(
    verification: Verification,
    runtimes: Sequence[Runtime],
    rows: Mapping[str, Sequence[Row]],
    host: Host,
    *,
    programs: Sequence[EngineProgram],
    timeout: float,
    unlocked: bool = False,
) -> tuple[Reached, ...]:
    """Measure, in each engine and release, what a function that does nothing reaches, and a wheel's own ones.

    Args:
        verification: The verification of the same wheel: what is not loaded is not called.
        runtimes: The runtimes to call in.
        rows: The entries of its modules, by their paths; those that take no arguments are called.
        host: the machine.
        programs: The engines.
        timeout: seconds for each function.
        unlocked: the wheel may do to the machine what we can.
    """
    found: list[Reached] = []
    with temporary() as site:
        unpack([verification.wheel], site)
        for program in programs:
            interpreters = Interpreters(
                site=site, program=program, host=host, timeout=timeout, unlocked=unlocked
            )
            for runtime in runtimes:
                loaded = [
                    result
                    for result in verification.results
                    if (result.engine, result.release) == (program.engine, runtime.version)
                    and result.outcome is Outcome.LOADED
                    and result.module
                ]
                try:
                    found += _in_release(interpreters, runtime, loaded, rows)
                except UnstartedError:
                    continue  # The verification says so.
    return tuple(found)


def _in_release(
    interpreters: Interpreters, runtime: Runtime, loaded: Sequence[Loaded], rows: Mapping[str, Sequence[Row]]
) -> Iterator[Reached]:
    entries = [(result, name) for result in loaded for name in _functions(rows.get(result.path, ()))]
    # What does nothing is called in the company of the first module, whose start it needs as the others do.
    planned = [*((result, "") for result in loaded[:1]), *entries]
    probes = [
        Probe(module=result.module, path=result.path, direct=bool(result.package), call=Depth(entry=name))
        for result, name in planned
    ]
    program = interpreters.program
    for (result, name), heard in zip(planned, interpreters.each(probes, runtime), strict=True):
        told = _told(heard)
        if told is not None:
            entry = f"{result.module}.{name}" if name else ""
            default, ended, survived, raised = told
            yield Reached(
                engine=program.engine,
                release=runtime.version,
                entry=entry,
                default=default,
                ended=ended,
                survived=survived,
                raised=raised,
            )


def _functions(rows: Sequence[Row]) -> list[str]:
    """Names of functions that take no arguments, each once."""
    names = (row.entry.name.rpartition(".")[2] for row in rows if row.entry.flags == _NO_ARGUMENTS)
    return list(dict.fromkeys(names))


def _told(heard: Heard) -> tuple[int, str, bool, int | None] | None:
    """What an interpreter tells; None where no call took place."""
    rounds: list[tuple[int, str]] = []
    reached, attempt, begun = 0, 0, False
    for message in heard.messages:
        match message:
            case Deeper():
                reached, attempt, begun = attempt, message.depth, True
            case Called():
                rounds.append((reached if message.error else attempt, message.error))
                reached, attempt = 0, 0
            case _:
                pass
    if not begun or heard.completed.timed_out:
        return None
    if not rounds:
        return reached, heard.died, False, reached
    default, error = rounds[0]
    return default, error, True, reached if len(rounds) == 1 else None
