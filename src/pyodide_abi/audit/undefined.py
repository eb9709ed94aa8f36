"""Symbols that a library wants and some release does not have: one view of all predictions, for the rules."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from pyodide_abi.audit.finding import Evidence, Severity
from pyodide_abi.linker import Cause
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from pyodide_abi.audit.subject import Binary, Load
    from pyodide_abi.linker import Problem


@value
class Gap:
    """A symbol without a provider.

    Attributes:
        path: The library that wants it, below ``site-packages``.
        symbol: Its name.
        type: The type that the library wants.
        refused: By release, the loader's text where the load fails for it.
        undefined_calls: Releases where the load succeeds and the first call is fatal.
        weak: Whether the library itself calls it weak, so that only a fault of the loader makes it necessary.
    """

    path: str
    symbol: str
    type: str
    refused: Mapping[str, str]
    undefined_calls: tuple[str, ...]
    weak: bool

    @cached_property
    def releases(self) -> tuple[str, ...]:
        """All releases without it."""
        return tuple(dict.fromkeys((*self.refused, *self.undefined_calls)))

    @property
    def evidence(self) -> Evidence | None:
        """What the loader of the first release says that refuses the library for it; None where none does."""
        return next((Evidence(text, aside=True) for text in self.refused.values()), None)


def find_gaps(loads: Iterable[Load], binaries: Mapping[str, Binary]) -> tuple[Gap, ...]:
    """All gaps, one for each library and symbol.

    Where a needed library is missing, nothing is said: its symbols would all be gaps.

    Args:
        loads: Every load that counts.
        binaries: The native files by path.
    """
    types: dict[tuple[str, str], str] = {}
    refused: dict[tuple[str, str], dict[str, str]] = {}
    calls: dict[tuple[str, str], dict[str, None]] = {}
    for _, release, prediction in loads:
        causes = {problem.cause for problem in prediction.problems}
        if causes & {Cause.NEEDED_MISSING, Cause.UNREADABLE, Cause.NOT_WASM, Cause.NO_DYLINK}:
            continue
        for problem in prediction.problems:
            if problem.cause is Cause.UNDEFINED_ADDRESS and problem.symbol is not None:
                key = problem.library, problem.symbol
                types.setdefault(key, problem.wanted)
                refused.setdefault(key, {})[release] = problem.text
        for call in prediction.undefined_calls:
            key = call.library, call.symbol
            types.setdefault(key, call.type)
            calls.setdefault(key, {})[release] = None
    return tuple(
        Gap(
            path=path,
            symbol=symbol,
            type=type_,
            refused=refused.get((path, symbol), {}),
            undefined_calls=tuple(calls.get((path, symbol), ())),
            weak=_is_weak(binaries.get(path), symbol),
        )
        for (path, symbol), type_ in types.items()
    )


def _is_weak(binary: Binary | None, symbol: str) -> bool:
    return binary is not None and binary.library.facts is not None and symbol in binary.library.facts.weak


def effect_of_call(binaries: Iterable[Binary]) -> tuple[str, Severity]:
    """What the first call of a function without a provider does, to follow "its first call"."""
    end = "ends the interpreter"
    if any(binary.anatomy.provides for binary in binaries):
        # Seen in wgpudawn 0.32.0.4: the placeholder that the loader handed out finds what came there later.
        own = "the wheel's own JavaScript, which speaks of wasmImports, has provided it before"
        return f"{end} unless {own}", Severity.WARNING
    return end, Severity.ERROR


@value
class Refusal:
    """The same problem of the same library, with the releases where it arises."""

    problem: Problem
    releases: tuple[str, ...]


def find_refusals(loads: Iterable[Load], causes: Collection[Cause]) -> Iterator[Refusal]:
    """The problems of certain causes, each once, with the releases where it arises."""
    found: dict[tuple[str, Cause, str | None], tuple[Problem, list[str]]] = {}
    for _, release, prediction in loads:
        for problem in prediction.problems:
            if problem.cause in causes:
                key = (problem.library, problem.cause, problem.symbol)
                _, releases = found.setdefault(key, (problem, []))
                if release not in releases:
                    releases.append(release)
    for problem, releases in found.values():
        yield Refusal(problem=problem, releases=tuple(releases))
