"""Symbols that a library wants and some release does not have: one view of all predictions, for the rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.audit.finding import Severity
from pyodide_abi.linker import Cause
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from pyodide_abi.audit.subject import Subject
    from pyodide_abi.linker import Problem


class Gap:
    """A symbol without a provider.

    Attributes:
        path: of the library that wants it, below ``site-packages``.
        type: as it wants it.
        refused: by release, the loader's text where the load fails for it.
        latent: releases where the load succeeds and the first call is fatal.
    """

    def __init__(self, *, path: str, symbol: str, type: str) -> None:  # noqa: A002 - as elsewhere
        self.path = path
        self.symbol = symbol
        self.type = type
        self.refused: dict[str, str] = {}
        self.undefined_calls: list[str] = []

    @property
    def releases(self) -> tuple[str, ...]:
        """All releases without it."""
        return tuple(dict.fromkeys((*self.refused, *self.undefined_calls)))


def find_gaps(subject: Subject) -> Mapping[tuple[str, str], Gap]:
    """All gaps, by the library's path and the symbol.

    Where a needed library is missing, nothing is said: its symbols would all be gaps.
    """
    gaps: dict[tuple[str, str], Gap] = {}

    def gap(path: str, symbol: str, type_: str) -> Gap:
        return gaps.setdefault((path, symbol), Gap(path=path, symbol=symbol, type=type_))

    for _, release, prediction in subject.predictions():
        causes = {problem.cause for problem in prediction.problems}
        if causes & {Cause.NEEDED_MISSING, Cause.UNREADABLE, Cause.NOT_WASM, Cause.NO_DYLINK}:
            continue
        for problem in prediction.problems:
            if problem.cause is Cause.UNDEFINED_ADDRESS and problem.symbol is not None:
                gap(problem.library, problem.symbol, problem.wanted).refused[release] = problem.text
        for latent in prediction.undefined_calls:
            found = gap(latent.library, latent.symbol, latent.type)
            if release not in found.undefined_calls:
                found.undefined_calls.append(release)
    return gaps


def is_weak(subject: Subject, gap: Gap) -> bool:
    """The library itself calls the symbol weak, so that only a fault of the loader makes it necessary."""
    return any(
        gap.symbol in binary.library.facts.weak
        for binary in subject.binaries
        if binary.path == gap.path and binary.library.facts is not None
    )


def effect_of_call(subject: Subject) -> tuple[str, Severity]:
    """What the first call of a function without a provider does, to follow "its first call"."""
    end = "ends the interpreter"
    if any(binary.anatomy.provides for binary in subject.binaries):
        # Seen in wgpudawn 0.32.0.4: the placeholder that the loader handed out finds what came there later.
        own = "the wheel's own JavaScript, which speaks of wasmImports, has provided it before"
        return f"{end} unless {own}", Severity.WARNING
    return end, Severity.ERROR


@value
class Refusal:
    """The same problem of the same library, with the releases where it arises."""

    problem: Problem
    releases: tuple[str, ...]


def find_refusals(subject: Subject, causes: Collection[Cause]) -> Iterator[Refusal]:
    """The problems of certain causes, each once, with the releases where it arises."""
    found: dict[tuple[str, Cause, str | None], tuple[Problem, list[str]]] = {}
    for _, release, prediction in subject.predictions():
        for problem in prediction.problems:
            if problem.cause in causes:
                key = (problem.library, problem.cause, problem.symbol)
                _, releases = found.setdefault(key, (problem, []))
                if release not in releases:
                    releases.append(release)
    for problem, releases in found.values():
        yield Refusal(problem=problem, releases=tuple(releases))
