"""Audits as SARIF 2.1.0, which code-scanning services read."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pyodide_abi import __version__
from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rules import RULES
from pyodide_abi.report import documentation
from pyodide_abi.report.demangled import readable
from pyodide_abi.report.printable import to_json, with_slashes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pyodide_abi.audit import Finding, Report, Rule

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
#: The description of the ABI, which is what every rule is about.
_ABI = "https://pyodide.org/en/stable/development/abi.html"
_ADDRESS = re.compile(r"<(https://[^>\s]+)>")
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}


def audits_to_sarif(
    reports: Sequence[Report], unreadable: Mapping[str, str], *, docs: str | None = None
) -> str:
    """The text of one run over several files.

    Args:
        reports: Reports of the files that were audited.
        unreadable: why the others were not, by their names.
        docs: The site whose pages are linked to, such as ``https://example.org/pyodide-abi``; that of the
            project by default. Where there is none, each rule has the first address that it refers to.
    """
    docs = documentation.ADDRESS if docs is None else docs
    log = {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "pyodide-abi",
                        "version": __version__,
                        "informationUri": documentation.front_page(docs) if docs else _ABI,
                        "rules": [_rule(rule, docs) for rule in RULES],
                    }
                },
                "invocations": [
                    {
                        "executionSuccessful": not unreadable,
                        "toolExecutionNotifications": [
                            {"level": "error", "message": {"text": f"{name}: {error}"}}
                            for name, error in unreadable.items()
                        ],
                    }
                ],
                "results": [result for report in reports for result in _results(report)],
            }
        ],
    }
    return to_json(log)


@functools.cache
def _rule(rule: Rule, docs: str) -> dict[str, Any]:
    sections = rule.sections()
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": sections["Why it breaks"]},
        "helpUri": documentation.rule_page(rule, docs) if docs else _first_reference(sections["References"]),
        "help": {"text": sections["How to fix"], "markdown": sections["How to fix"]},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
    }


def _first_reference(references: str) -> str:
    """The first address that a rule refers to; rules without one have the ABI's."""
    found = _ADDRESS.search(references)
    return found[1] if found else _ABI


def _results(report: Report) -> Iterator[dict[str, Any]]:
    codes = {rule.code: index for index, rule in enumerate(RULES)}
    for finding in report.findings:
        yield {
            "ruleId": finding.code,
            "ruleIndex": codes[finding.code],
            "level": _LEVELS[finding.severity],
            "message": {"text": f"{readable(finding.message)}\nfix: {readable(finding.fix)}"},
            "locations": [_location(report, finding)],
            "properties": {"releases": list(finding.releases)},
        }


def _location(report: Report, finding: Finding) -> dict[str, Any]:
    name = with_slashes(report.name)
    place = f"{name}/{finding.location.path}" if finding.location.path else name
    uri = quote(place, errors="backslashreplace")
    location: dict[str, Any] = {"physicalLocation": {"artifactLocation": {"uri": uri}}}
    symbol = finding.location.symbol
    if symbol:
        location["logicalLocations"] = [{"name": readable(symbol), "decoratedName": symbol}]
    return location
