"""Which findings of an audit are shown, and which of them fail: baselines, ignored files, strictness."""

from __future__ import annotations

import json
import posixpath
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from pyodide_abi.audit.finding import Severity
from pyodide_abi.errors import UnreadableInputError, UsageError
from pyodide_abi.report.printable import to_json, with_slashes
from pyodide_abi.values import replace, value

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from pathlib import Path

    from pyodide_abi.audit import Finding, Report, Rule
    from pyodide_abi.errors import PyodideAbiError

_BASELINE_VERSION = 1


@value
class Outcome:
    """What became of one file; exactly one of ``report`` and ``error`` is there.

    Attributes:
        given: What it was called.
        report: What was found.
        error: Why nothing was.
    """

    given: str
    report: Report | None = None
    error: PyodideAbiError | None = None


@value
class Policy:
    """What the user makes of findings.

    Attributes:
        strict: Warnings fail.
        errors: Codes of rules whose findings fail.
        ignored: For names of files: the codes of rules whose findings are left out.
        known: Findings that are left out because they were there before.
    """

    strict: bool
    errors: frozenset[str]
    ignored: tuple[tuple[str, frozenset[str]], ...]
    known: frozenset[tuple[str, ...]]

    def judged(self, outcome: Outcome) -> Outcome:
        """The outcome without the findings that are left out."""
        report = outcome.report
        if report is None or not (self.ignored or self.known):
            return outcome
        kept = (
            finding
            for finding in report.findings
            if not self._ignores(report, finding) and _key(report, finding) not in self.known
        )
        return replace(outcome, report=replace(report, findings=tuple(kept)))

    def fails(self, outcome: Outcome) -> bool:
        """Whether something that was found is an error to the user."""
        findings = outcome.report.findings if outcome.report else ()
        return any(
            finding.severity is Severity.ERROR
            or (self.strict and finding.severity is Severity.WARNING)
            or finding.code in self.errors
            for finding in findings
        )

    def _ignores(self, report: Report, finding: Finding) -> bool:
        given = with_slashes(report.name)
        names = {given, posixpath.basename(given), finding.location.path}
        return any(
            finding.code in codes and any(fnmatchcase(name, pattern) for name in names if name)
            for pattern, codes in self.ignored
        )


def read_policy(args: argparse.Namespace, cwd: Path) -> Policy:
    """The policy that the options state.

    Args:
        args: The options of ``audit``.
        cwd: The working folder.

    Raises:
        UsageError: a selector that means no rule, or an option that is not in its form.
        UnreadableInputError: the baseline is none.
    """
    from pyodide_abi.audit.run_rules import choose

    choose(select=args.select, ignore=args.ignore)
    return Policy(
        strict=args.strict,
        errors=_codes(choose(select=args.error)) if args.error else frozenset(),
        ignored=tuple(map(_ignored, args.per_file_ignores)),
        known=_read_baseline(cwd / args.baseline) if args.baseline else frozenset(),
    )


def write_baseline(file: Path, outcomes: Sequence[Outcome]) -> int:
    """Write all findings as known ones, in an order that makes a difference easy to read.

    Returns:
        how many there are.
    """
    from pyodide_abi.atomic import write_result

    found = {_key(one.report, finding) for one in outcomes if one.report for finding in one.report.findings}
    fields = ("project", "code", "path", "symbol")
    entries = [dict(zip(fields, key, strict=True)) for key in sorted(found)]
    write_result(file, to_json({"baseline": _BASELINE_VERSION, "findings": entries}))
    return len(entries)


def _read_baseline(file: Path) -> frozenset[tuple[str, ...]]:
    from pyodide_abi.files import read_file

    try:
        data = json.loads(read_file(file))
        found = {
            _BASELINE_VERSION: [
                (one["project"], one["code"], one["path"], one["symbol"]) for one in data["findings"]
            ]
        }
        return frozenset(found[data["baseline"]])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UnreadableInputError(
            f"{file} is no baseline", hint="'pyodide-abi audit WHEEL --write-baseline FILE' makes one"
        ) from error


def _key(report: Report, finding: Finding) -> tuple[str, ...]:
    """What a finding is known by in the next version of a wheel, too: a project's name, not a file's."""
    name = posixpath.basename(with_slashes(report.name))
    project = name.partition("-")[0] if name.endswith(".whl") else name
    return project, finding.code, finding.location.path, finding.location.symbol or ""


def _ignored(text: str) -> tuple[str, frozenset[str]]:
    from pyodide_abi.audit.run_rules import choose
    from pyodide_abi.cli.options import words

    pattern, colon, codes = text.rpartition(":")
    if not colon or not pattern or not words(codes):
        raise UsageError(
            f"--per-file-ignores {text!r} is not GLOB:CODES", hint="such as 'vendored-*.whl:ABI209,ABI210'"
        )
    return pattern, _codes(choose(select=words(codes)))


def _codes(rules: Sequence[Rule]) -> frozenset[str]:
    return frozenset(rule.code for rule in rules)
