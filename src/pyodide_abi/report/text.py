"""An audit for people: grouped, short, the cause before its consequences."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, TextIO, TypeAlias

from pyodide_abi.audit.finding import Severity
from pyodide_abi.linker import Outcome
from pyodide_abi.report.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console

    from pyodide_abi.audit import Binary, Finding, Report

_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}
#: So many findings of one rule and one file are shown.
_SHOWN = 8

#: A text and its style.
_Piece: TypeAlias = tuple[str, str]


def print_audit(report: Report, console: Console) -> None:
    """Write one report with its colours."""
    from rich.text import Text  # noqa: PLC0415 - only a terminal needs it, and it is slow to import

    for line in _lines(report):
        console.print(Text.assemble(*line))


def write_audit(report: Report, out: TextIO) -> None:
    """Write one report without colours."""
    out.writelines("".join(text for text, _ in line) + "\n" for line in _lines(report))


def _lines(report: Report) -> Iterator[tuple[_Piece, ...]]:
    against = f"platform {report.platform}, {report.engine}" if report.platform else "no known platform"
    yield (printable(report.name), "bold"), (f"  ({against})", "")
    if report.pure:
        yield (("  pure: no compiled modules, so there is nothing to load; it works on every platform", ""),)
    for binary in report.modules:
        for style, line in _module_lines(binary):
            yield ((f"  {printable(line)}", style),)
    for _, group in itertools.groupby(
        report.findings, key=lambda finding: (finding.severity, finding.code, finding.location.path)
    ):
        yield from _group(list(group), report)
    yield ((_verdict(report), _STYLES[Severity.ERROR] if report.failed else "green"),)


def _module_lines(binary: Binary) -> Iterator[tuple[str, str]]:
    """What becomes of a module, releases with the same fate together."""
    what = binary.path if binary.extension else f"{binary.path} (not imported)"
    if not binary.imported:
        yield "", what
        return
    fates: dict[tuple[Outcome, str, int], list[str]] = {}
    for release in binary.imported:
        prediction = binary.judged(release)
        error = prediction.problems[0].text if prediction.problems else ""
        fates.setdefault((prediction.outcome, error, len(prediction.latent)), []).append(release)
    for (outcome, error, latent), releases in fates.items():
        where = f"{len(releases)} releases" if len(fates) == 1 else spans(releases, list(binary.imported))
        if outcome is Outcome.FAILS:
            yield _STYLES[Severity.ERROR], f"{what}: does not load in {where}: {error}"
        elif latent:
            yield _STYLES[Severity.ERROR], f"{what}: loads in {where}, with {latent} fatal calls latent in it"
        else:
            yield "", f"{what}: loads in {where}"


def _group(findings: Sequence[Finding], report: Report) -> Iterator[tuple[_Piece, ...]]:
    first = findings[0]
    place = f" in {printable(first.location.path)}" if first.location.path else ""
    number = f" ({len(findings)} times)" if len(findings) > 1 else ""
    yield (f"{first.severity} {first.code}", _STYLES[first.severity]), (f" {first.name}{number}{place}", "")
    for finding in findings[:_SHOWN]:
        some = 0 < len(finding.releases) < len(report.releases)
        where = f" [{spans(finding.releases, report.releases)}]" if some else ""
        yield ((f"    {printable(finding.message)}{where}", ""),)
    if len(findings) > _SHOWN:
        yield ((f"    and {len(findings) - _SHOWN} more; --format json lists all", ""),)
    for fix in dict.fromkeys(finding.fix for finding in findings[:_SHOWN]):
        yield ("    ", ""), ("fix: ", "bold"), (printable(fix), "")


def _verdict(report: Report) -> str:
    counts = ((report.count(severity), severity) for severity in Severity)
    said = [f"{number} {severity}{'s' if number > 1 else ''}" for number, severity in counts if number]
    return f"{printable(report.name)}: {', '.join(said) if said else 'nothing to say against it'}"


def spans(some: Sequence[str], all_: Sequence[str]) -> str:
    """Releases, runs of neighbours as ``first to last``."""
    wanted = set(some)
    runs = [
        list(run) for inside, run in itertools.groupby(all_, key=lambda release: release in wanted) if inside
    ]
    return ", ".join(run[0] if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs)
