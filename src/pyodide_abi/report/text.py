"""An audit for people: grouped, short, the cause before its consequences."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, TextIO, TypeAlias

from pyodide_abi.audit.finding import Severity
from pyodide_abi.linker import Outcome
from pyodide_abi.report.demangled import readable
from pyodide_abi.report.printable import printable
from pyodide_abi.wording import listed, spans

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console

    from pyodide_abi.audit import Binary, Finding, Report

_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}
#: So many findings of one rule are shown.
_SHOWN = 8
#: So many of the loader's texts are not said twice.
_MOST_ERRORS = 50
#: So many modules of the same fate have lines of their own.
_ALONE = 3

#: A text and its style.
_Piece: TypeAlias = tuple[str, str]
_Fates: TypeAlias = tuple[_Piece, ...]


def print_audit(report: Report, console: Console) -> None:
    """Write one report with its colours."""
    from rich.text import Text  # noqa: PLC0415 - only a terminal needs it, and it is slow to import

    for line in _lines(report):
        console.print(Text.assemble(*line))


#: What is said of a platform that no tag and nobody names.
_WHY = {
    "contents": ", the only one that its contents fit",
    "set": ", the only one that all files named fit",
}


def write_audit(report: Report, out: TextIO) -> None:
    """Write one report without colours."""
    out.writelines("".join(text for text, _ in line) + "\n" for line in _lines(report))


def _lines(report: Report) -> Iterator[tuple[_Piece, ...]]:
    why = _WHY.get(report.platform_from, "")
    against = f"  (platform {report.platform}{why}, {report.engine})" if report.platform else ""
    yield (printable(report.name), "bold"), (against, "")
    if report.pure:
        everywhere = "" if report.findings else "; it works on every platform"
        yield ((f"  pure: no compiled modules, so there is nothing to load{everywhere}", ""),)
    for names, fates in _together(report.modules):
        for fate, style in fates or (("not judged, as its platform is not known", ""),):
            yield ((f"  {printable(names)}: {printable(fate)}", style),)
    for release, caveats in report.caveats.items() if report.modules else ():
        for caveat in caveats:
            yield ((f"  caveat, {release}: {printable(caveat)}", _STYLES[Severity.WARNING]),)
    errors = tuple(itertools.islice(dict.fromkeys(_shown_errors(report)), _MOST_ERRORS))
    for _, group in itertools.groupby(report.findings, key=lambda finding: (finding.severity, finding.code)):
        yield from _group(list(group), report, errors)
    yield ((_verdict(report), _STYLES[Severity.ERROR] if report.failed else "green"),)


def total_text(reports: Sequence[Report], unreadable: int) -> str:
    """One line over all files: how many there are, and of which sort."""
    failed = sum(report.failed for report in reports)
    warned = sum(not report.failed and report.count(Severity.WARNING) > 0 for report in reports)
    said = [f"{failed} with errors" if failed else "", f"{warned} with warnings" if warned else ""]
    said.append(f"{unreadable} that cannot be read" if unreadable else "")
    return (
        f"{len(reports) + unreadable} files: {', '.join(filter(None, said)) or 'nothing to say against them'}"
    )


def statistics_text(reports: Sequence[Report]) -> Iterator[str]:
    """A line for each rule that found something, the most frequent first."""
    counts: dict[tuple[str, str, str], int] = {}
    for report in reports:
        for finding in report.findings:
            key = finding.severity.value, finding.code, finding.name
            counts[key] = counts.get(key, 0) + 1
    width = len(str(max(counts.values(), default=0)))
    for (severity, code, name), count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        yield f"{count:>{width}}  {severity} {code} {name}"


def _together(modules: Sequence[Binary]) -> Iterator[tuple[str, _Fates]]:
    """Modules with what becomes of them; many with the same fate are one line."""
    groups: dict[_Fates, list[str]] = {}
    for binary in modules:
        name = binary.path if binary.extension else f"{binary.path} (library)"
        groups.setdefault(tuple(_fates(binary)), []).append(name)
    for fates, names in groups.items():
        if len(names) <= _ALONE:
            yield from ((name, fates) for name in names)
        else:
            yield listed(names, _ALONE), fates


def _fates(binary: Binary) -> Iterator[_Piece]:
    """What becomes of a module, with its style; releases with the same fate together."""
    fates: dict[tuple[Outcome, str, int, bool], list[str]] = {}
    for release, plain in binary.imported.items():
        prediction = binary.judged(release)
        error = prediction.problems[0].text if prediction.problems else ""
        helped = plain.outcome is Outcome.FAILS
        fates.setdefault((prediction.outcome, error, len(prediction.undefined_calls), helped), []).append(
            release
        )
    for (outcome, error, latent, helped), releases in fates.items():
        all_of_them = f"all {len(releases)} releases" if len(releases) > 1 else releases[0]
        where = all_of_them if len(fates) == 1 else spans(releases, list(binary.imported))
        if outcome is not Outcome.FAILS and helped:
            where += " once micropip or loadPackage has installed it"
        if outcome is Outcome.FAILS:
            yield f"does not load in {where}: {error}", _STYLES[Severity.ERROR]
        elif latent:
            calls = "a call that is fatal" if latent == 1 else f"{latent} calls that are fatal"
            yield f"loads in {where}, with {calls}", _STYLES[Severity.ERROR]
        else:
            yield f"loads in {where}", ""
    refusing: dict[tuple[str, ...], list[str]] = {}
    for engine, features in binary.refused.items():
        refusing.setdefault(features, []).append(engine)
    for features, engines in refusing.items():
        refuse = "refuses" if len(engines) == 1 else "refuse"
        yield f"{', '.join(engines)} {refuse} the module: {', '.join(features)}", _STYLES[Severity.WARNING]


def _group(
    findings: Sequence[Finding], report: Report, errors: Sequence[str]
) -> Iterator[tuple[_Piece, ...]]:
    """What one rule has to say, with the file in the heading if there is only one."""
    first = findings[0]
    files = len({finding.location.path for finding in findings})
    place = f" in {first.location.path}" if first.location.path else ""
    if files > 1:
        place = f" in {files} files"
    times = f" ({len(findings)} times)" if len(findings) > files else ""
    yield (
        (f"{first.severity} {first.code}", _STYLES[first.severity]),
        (
            f" {first.name}{times}{printable(place)}",
            "",
        ),
    )
    said: dict[tuple[str, str], list[str]] = {}
    for finding in findings:
        some = 0 < len(finding.releases) < len(report.releases)
        where = f" [{spans(finding.releases, report.releases)}]" if some else ""
        said.setdefault((_new_of(finding, errors), where), []).append(finding.location.path)
    for (message, where), paths in itertools.islice(said.items(), _SHOWN):
        whose = f"{listed(paths, _ALONE)}: " if files > 1 else ""
        yield ((f"    {printable(whose)}{_said(message)}{where}", ""),)
    if len(said) > _SHOWN:
        yield ((f"    and {len(said) - _SHOWN} more; --format json lists all", ""),)
    for fix in dict.fromkeys(finding.fix for finding in findings[:_SHOWN]):
        yield ("    ", ""), ("fix: ", "bold"), (_said(fix), "")


def _shown_errors(report: Report) -> Iterator[str]:
    """The loader's texts in the modules' lines."""
    for binary in report.modules:
        for release in binary.imported:
            yield from (problem.text for problem in binary.judged(release).problems[:1])


def _new_of(finding: Finding, errors: Sequence[str]) -> str:
    """The message, without the loader's text where a module's line has it already."""
    known = finding.evidence is not None and finding.evidence.text in errors
    return finding.statement if known else finding.message


def _said(text: str) -> str:
    return printable(readable(text))


def _verdict(report: Report) -> str:
    counts = ((report.count(severity), severity) for severity in Severity)
    said = [f"{number} {severity}{'s' if number > 1 else ''}" for number, severity in counts if number]
    return f"{printable(report.name)}: {', '.join(said) if said else 'nothing to say against it'}"
