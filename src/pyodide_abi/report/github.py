"""An audit as annotations of a GitHub Actions run (workflow commands)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.audit.finding import Severity
from pyodide_abi.report.demangled import readable
from pyodide_abi.report.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.audit import Finding, Report

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def audit_to_annotations(report: Report) -> Iterator[str]:
    """One line for each finding."""
    for finding in report.findings:
        yield _annotation(report.name, finding)


def unreadable_to_annotation(name: str, error: str) -> str:
    """The line for a file that cannot be audited."""
    return f"::error title={_property('cannot be audited')}::{_data(printable(f'{name}: {error}'))}"


def _annotation(name: str, finding: Finding) -> str:
    # No file= property: annotations attach to files of the repository, and these lie inside a wheel.
    title = _property(f"{finding.code} {finding.name}")
    place = f"{name}: {finding.location.path}" if finding.location.path else name
    said = readable(finding.message)
    text = _data(f"{printable(f'{place}: {said}')}\nfix: {printable(readable(finding.fix))}")
    return f"::{_COMMANDS[finding.severity]} title={title}::{text}"


def _data(text: str) -> str:
    # Line breaks are ours: the names in between have been made one line each.
    return "%0A".join(printable(line).replace("%", "%25") for line in text.split("\n"))


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
