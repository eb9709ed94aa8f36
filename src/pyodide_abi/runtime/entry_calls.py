"""Call what a module's pointers point to, in real releases, and set it beside what the audit predicts."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from pyodide_abi.abi.symbols import INIT_PREFIXES
from pyodide_abi.atomic import temporary
from pyodide_abi.runtime.account import Outcome
from pyodide_abi.runtime.bound import LIMIT, Bound, workers
from pyodide_abi.runtime.fresh_interpreters import Interpreters
from pyodide_abi.runtime.protocol import Call, Probe
from pyodide_abi.runtime.replies import Called, Calling, Imported, Untried
from pyodide_abi.runtime.site import unpack
from pyodide_abi.signatures.outcomes import Caller, CallResult
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pyodide_abi.host import Host
    from pyodide_abi.platforms.model import Runtime
    from pyodide_abi.runtime.driver import Heard
    from pyodide_abi.runtime.engine_program import EngineProgram
    from pyodide_abi.runtime.verify import Loaded, Verification
    from pyodide_abi.signatures.entries import TableEntry
    from pyodide_abi.signatures.rows import Row

#: What engines say when a call finds no function of the type; other ends are the function's own.
_MISMATCH = (
    "signature mismatch",
    "null function",
    "table index is out of bounds",
    "indirect call to null",
    "call_indirect",
)
#: What CPython and its trampoline say of a function that gave back no result as it has to.
_NO_RESULT = (
    "Handler takes too many arguments",
    "without setting an exception",
    "without exception set",
    "without raising an exception",
    "raised unreported exception",
)
#: What CPython says, too, where a trampoline's error comes late.
_LATE = "with an exception set"
#: Slots that are called to make an instance, and what an import calls in making the module.
_MAKING, _MAKING_MODULE = frozenset({"tp_vectorcall", "tp_new", "tp_init", "tp_alloc"}), "PyModuleDef_Slot"
#: Entries that an import calls.
_INIT = INIT_PREFIXES
_IMPORTING = frozenset({"Py_mod_exec", "Py_mod_create"})


class CallSeen(enum.StrEnum):
    """What happened at a call."""

    SURVIVES = "survives"
    """The function was called, and Python goes on, with a result or an exception of the function's own."""
    RAISES = "raises"
    """Python raises a SystemError about the call itself."""
    TRAPS = "traps"
    """The engine finds no function of the type, and the interpreter comes to its end."""
    DIES = "dies"
    """The function was called and then ended the interpreter with such arguments."""
    NEVER = "never called"
    """What hands the function over came back without a call that can be seen."""
    UNTRIED = "not tried"
    """It cannot be called harmlessly."""


@value
class CalledEntry:
    """One entry in one release.

    Attributes:
        path: The path of the module, below ``site-packages``.
        rows: what the entry may be: several where it has several possible functions.
        release: the release's version.
        seen: what happened.
        text: the exception, the engine's words, or why it was not tried; empty where there is nothing to say.
    """

    path: str
    rows: tuple[Row, ...]
    release: str
    seen: CallSeen
    text: str = ""

    @property
    def name(self) -> str:
        """How Python's users know the entry; with the caller, where the function is called back."""
        entry = self.rows[0].entry
        return entry.name if entry.within is None else f"{entry.name} ({entry.table})"

    @property
    def predicted(self) -> tuple[CallResult, ...]:
        """What the audit predicts for the release, each once; empty where it predicts nothing."""
        return tuple(dict.fromkeys(row.calls[self.release] for row in self.rows if self.release in row.calls))

    @property
    def agrees(self) -> bool:
        """Whether it happened as predicted; also where nothing was seen or nothing predicted."""
        if self.seen in {CallSeen.UNTRIED, CallSeen.NEVER} or not self.predicted:
            return True
        # Whoever takes a number for an object may do anything with it.
        seen = "survives" if self.seen is CallSeen.DIES else self.seen.value
        return any(one is CallResult.GARBAGE or one.value == seen for one in self.predicted)

    @property
    def ok(self) -> bool:
        """No trap, and nothing that the audit did not predict."""
        return self.agrees and self.seen is not CallSeen.TRAPS


def call_entries(
    verification: Verification,
    runtimes: Sequence[Runtime],
    rows: Mapping[str, Sequence[Row]],
    host: Host,
    *,
    program: EngineProgram,
    jobs: int,
    timeout: float,
    unlocked: bool = False,
    limit: float = LIMIT,
) -> tuple[CalledEntry, ...]:
    """Call every entry of a wheel's modules, each in a fresh interpreter.

    Args:
        verification: The verification of the same wheel: what is not loaded is not called.
        runtimes: The runtimes to call in.
        rows: the entries, by the path of the module.
        host: the machine.
        program: the engine.
        jobs: how many interpreters at once.
        timeout: seconds for each.
        unlocked: the wheel may do to the machine what we can.
        limit: seconds for all calls together.

    Raises:
        FailedError: not all calls were done within the limit.
    """
    pairs = _pairs(verification, rows)
    with temporary() as site:
        unpack([verification.wheel], site)
        bound = Bound(limit)
        interpreters = Interpreters(
            site=site, program=program, host=host, timeout=timeout, unlocked=unlocked, bound=bound
        )
        text = f"calling what {verification.wheel.name} hands over"
        with host.progress.task(text, total=len(pairs)) as task, workers(jobs, bound) as pool:

            def some(runtime: Runtime) -> list[tuple[int, CalledEntry]]:
                here = [place for place, (loaded, _) in enumerate(pairs) if loaded.release == runtime.version]
                found = []
                endings = _endings(interpreters, runtime, [pairs[place] for place in here])
                for place, ending in zip(here, endings, strict=True):
                    loaded, group = pairs[place]
                    seen, words = _judged(ending, group, loaded.release, beside=rows[loaded.path])
                    task.advance()
                    entry = CalledEntry(
                        path=loaded.path, rows=group, release=loaded.release, seen=seen, text=words
                    )
                    found.append((place, entry))
                return found

            found = dict(pair for entries in pool.map(some, runtimes) for pair in entries)
    return tuple(found[place] for place in range(len(pairs)))


#: A module in a release, and rows that one call tells about.
_Pair = tuple["Loaded", tuple["Row", ...]]


def _pairs(verification: Verification, rows: Mapping[str, Sequence[Row]]) -> list[_Pair]:
    return [
        (loaded, group) for loaded in verification.results for group in _grouped(rows.get(loaded.path, ()))
    ]


def _grouped(rows: Iterable[Row]) -> list[tuple[Row, ...]]:
    """Rows that one call tells about."""
    groups: dict[tuple[object, ...], list[Row]] = {}
    for row in rows:
        entry = row.entry
        key = entry.table, entry.name, entry.flags, entry.within is None
        groups.setdefault(key, []).append(row)
    return [tuple(group) for group in groups.values()]


#: Whether the interpreter died, and the words; None for the first where the call did not take place.
_Ending = tuple[bool | None, str]


def _endings(interpreters: Interpreters, runtime: Runtime, pairs: Sequence[_Pair]) -> Iterator[_Ending]:
    """How each call ends, in their order."""
    planned = [_planned(loaded, group) for loaded, group in pairs]
    told = interpreters.each([plan for plan in planned if isinstance(plan, Probe)], runtime)
    for plan in planned:
        yield _of_call(next(told)) if isinstance(plan, Probe) else plan


def _planned(loaded: Loaded, group: tuple[Row, ...]) -> Probe | _Ending:
    """What an interpreter is to do, or the ending where none is needed."""
    entry = group[0].entry
    if not loaded.module:
        return None, "a library has no functions in Python"
    if entry.name.startswith(_INIT) or entry.name.rpartition(" ")[2] in _IMPORTING:
        return _of_import(loaded)
    if loaded.outcome is not Outcome.LOADED:
        return None, f"the module does not load: {loaded.outcome.value}"
    if entry.within is not None and entry.name == entry.table:
        return None, "no function that Python can call is seen to hand it over"
    return Probe(
        module=loaded.module,
        path=loaded.path,
        direct=bool(loaded.package),
        call=Call(entry=entry.name, flags=entry.flags, within=entry.within is not None),
    )


def _of_import(loaded: Loaded) -> _Ending:
    match loaded.outcome:
        case Outcome.LOADED | Outcome.RAISED:
            return False, loaded.message
        case Outcome.KILLED:
            return True, loaded.message
        case other:
            return None, f"the module does not load: {other.value}"


def _of_call(heard: Heard) -> _Ending:
    for message in heard.messages:
        if isinstance(message, Called):
            return False, message.error
        if isinstance(message, Untried):
            return None, message.reason
        if isinstance(message, Imported) and message.error:
            return None, f"the import fails: {message.error}"
    if heard.completed.timed_out:
        return None, heard.died
    if any(isinstance(message, Calling) for message in heard.messages):
        return True, heard.died
    return None, f"the interpreter ends before the call: {heard.died}"


def _judged(
    ending: _Ending, group: tuple[Row, ...], release: str, *, beside: Iterable[Row]
) -> tuple[CallSeen, str]:
    """What an ending means, in view of the other rows of the module."""
    dead, words = ending
    if dead is None:
        return CallSeen.UNTRIED, words
    predicted = {row.calls[release] for row in group if release in row.calls}
    if dead:
        # A method that hands a function to qsort traps where that function is wrong, not because of itself.
        blamed = any(
            _is_called_first(row.entry, group[0].entry) and row.calls.get(release) is CallResult.TRAPS
            for row in beside
        )
        # A stub of the linker ends in "unreachable", which other functions do as well.
        mismatch = not blamed and any(said in words for said in _MISMATCH)
        return (CallSeen.TRAPS if CallResult.TRAPS in predicted or mismatch else CallSeen.DIES), words
    # A setter's error comes late, once it seems to have gone well; others that do so ignore an error.
    late = _LATE in words and any(row.caller is Caller.SETTER for row in group)
    if words.startswith("SystemError") and (late or any(said in words for said in _NO_RESULT)):
        return CallSeen.RAISES, words
    if group[0].entry.within is not None and predicted and CallResult.SURVIVES not in predicted:
        return CallSeen.NEVER, words
    return CallSeen.SURVIVES, words


def _is_called_first(entry: TableEntry, called: TableEntry) -> bool:
    """Whether a call of one entry calls another: by its name, to make an instance, or to make the module."""
    if entry.name == called.name:
        return True
    owner, _, member = entry.name.partition(" ")
    if called.name.startswith(_INIT):
        return entry.table == _MAKING_MODULE and called.name.endswith(f"_{owner}")
    return member in _MAKING and called.name.startswith((f"{owner} ", f"{owner}."))
