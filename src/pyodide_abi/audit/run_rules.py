"""Run the rules over a subject and put what they say in order."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from pyodide_abi.audit.case import case_of
from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rules import RULES
from pyodide_abi.errors import UsageError
from pyodide_abi.values import replace, value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding
    from pyodide_abi.audit.rule import Rule
    from pyodide_abi.audit.subject import Binary, Subject
    from pyodide_abi.signatures.rows import Row

#: So many findings of one rule are listed. A module can be made to lack a million functions.
_MOST_FINDINGS = 5_000


@value
class Report:
    """What an audit found.

    Attributes:
        name: The name of the file.
        pure: a wheel without native files: there is nothing to load.
        platform: The platform's name; None where the subject names none that we know.
        releases: The releases of that platform, as on npm.
        engine: that the predictions are for.
        platform_from: What names the platform, as in the subject.
        modules: native files with their predictions.
        findings: the worst first, causes before consequences.
        calls: functions that are called through pointers, by the path of their module.
        caveats: What could not be read of a release that was learned, by release.
    """

    name: str
    pure: bool
    platform: str | None
    releases: tuple[str, ...]
    engine: str
    platform_from: str
    modules: tuple[Binary, ...]
    findings: tuple[Finding, ...]
    calls: Mapping[str, tuple[Row, ...]] = {}
    caveats: Mapping[str, tuple[str, ...]] = {}

    def count(self, severity: Severity) -> int:
        """How many findings are this bad."""
        return sum(finding.severity is severity for finding in self.findings)

    @property
    def failed(self) -> bool:
        """There is an error."""
        return self.count(Severity.ERROR) > 0


def audit(subject: Subject, *, select: Sequence[str] = (), ignore: Sequence[str] = ()) -> Report:
    """Judge a subject.

    Args:
        subject: from :func:`~pyodide_abi.audit.pipeline.open_subject`.
        select: rules to run, by name, code or the start of one (``ABI2``); empty for all.
        ignore: rules not to run, likewise.

    Raises:
        UsageError: a selector that means no rule.
    """
    rules = choose(select=select, ignore=ignore)
    case = case_of(subject)
    findings = [finding for rule in rules if rule.fits(subject) for finding in _bounded(rule, case)]
    # Rules are in the order of the loader, so a stable sort keeps causes before their consequences.
    findings.sort(key=lambda finding: finding.severity.rank)
    return Report(
        name=subject.file.name,
        pure=not subject.binaries and subject.lock is None,
        platform=subject.platform.name if subject.platform else None,
        releases=subject.releases,
        engine=subject.engine,
        platform_from=subject.platform_from,
        modules=subject.binaries,
        findings=tuple(findings),
        calls=case.calls,
        caveats=subject.platform.caveats if subject.platform else {},
    )


def _bounded(rule: Rule, case: Case) -> Iterator[Finding]:
    found = iter(rule.check(case))
    yield from itertools.islice(found, _MOST_FINDINGS)
    further = next(found, None)
    if further is not None:
        yield replace(
            further, statement=f"{further.message}; and more of this, which is not listed", evidence=None
        )


def choose(*, select: Sequence[str] = (), ignore: Sequence[str] = ()) -> tuple[Rule, ...]:
    """The rules that selectors mean.

    Raises:
        UsageError: a selector that means no rule.
    """
    for selector in (*select, *ignore):
        if not any(rule.matches(selector) for rule in RULES):
            import difflib  # noqa: PLC0415 - seldom needed

            names = [name for rule in RULES for name in (rule.name, rule.code)]
            close = difflib.get_close_matches(selector, names, n=1)
            raise UsageError(
                f"there is no rule '{selector}'",
                hint="commas stand between rules: ABI201,ABI402"
                if " " in selector
                else f"did you mean '{close[0]}'?"
                if close
                else "a code such as ABI201, its start, or a name",
            )
    return tuple(
        rule
        for rule in RULES
        if (not select or any(map(rule.matches, select))) and not any(map(rule.matches, ignore))
    )
