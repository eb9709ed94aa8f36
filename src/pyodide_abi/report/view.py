"""An audit as a person sees it in a browser: a matrix of loads, and findings by rule.

The page and the HTML report draw it; data for programs are in :mod:`~pyodide_abi.report.json`.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, TypeAlias

from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rules import RULES
from pyodide_abi.linker import Outcome
from pyodide_abi.report.demangled import readable
from pyodide_abi.report.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pyodide_abi.audit import Binary, Finding, Report

Data: TypeAlias = dict[str, Any]

#: So many findings of one rule are shown, and so many names in one cell; a report as data has all.
_MOST_FINDINGS, _MOST_NAMES = 200, 40


def view_of(report: Report) -> Data:
    """One report."""
    return {
        "name": report.name,
        "platform": report.platform,
        "platformFrom": report.platform_from,
        "engine": report.engine,
        "pure": report.pure,
        "failed": report.failed,
        "releases": list(report.releases),
        "counts": {str(severity): report.count(severity) for severity in Severity},
        "matrix": matrix_of(report.modules),
        "rules": list(_rules(report.findings)),
    }


def matrix_of(modules: Iterable[Binary]) -> Data:
    """What becomes of each module in each release.

    Returns:
        ``fates``, each once: ``outcome`` (``loads``, ``calls`` where calls would be fatal, ``fails``), the
        loader's ``text``, the ``names`` that such calls are of and how many ``more`` there are, and whether
        the load succeeds only ``installed``, which loads libraries ahead. ``modules``: ``path``, whether
        ``import`` takes it (``extension``), ``loads`` (the number of a fate for each release, in their order)
        and ``refused``, the features for which an engine refuses it.
    """
    numbers: dict[tuple[object, ...], int] = {}
    fates: list[Data] = []
    rows: list[Data] = []
    for binary in modules:
        loads: list[int] = []
        for release in binary.imported:
            key, fate = _fate(binary, release)
            if key not in numbers:
                numbers[key] = len(fates)
                fates.append(fate)
            loads.append(numbers[key])
        rows.append(
            {
                "path": binary.path,
                "extension": binary.extension,
                "loads": loads,
                "refused": {engine: list(features) for engine, features in binary.refused.items()},
            }
        )
    return {"fates": fates, "modules": rows}


def _fate(binary: Binary, release: str) -> tuple[tuple[object, ...], Data]:
    prediction = binary.judged(release)
    text = prediction.problems[0].text if prediction.problems else ""
    names = sorted({call.symbol for call in prediction.undefined_calls})
    fails = prediction.outcome is Outcome.FAILS
    helped = not fails and binary.imported[release].outcome is Outcome.FAILS
    fate = {
        "outcome": "fails" if fails else "calls" if names else "loads",
        "text": _said(text),
        "names": [] if fails else [_said(name) for name in names[:_MOST_NAMES]],
        "more": 0 if fails else max(len(names) - _MOST_NAMES, 0),
        "installed": helped,
    }
    return (prediction.outcome, text, tuple(names), helped), fate


def _rules(findings: Sequence[Finding]) -> Iterable[Data]:
    """Findings by rule, in the order of the report."""
    summaries = {rule.code: rule.summary for rule in RULES}
    for (severity, code), group in itertools.groupby(findings, key=lambda one: (one.severity, one.code)):
        found = list(group)
        yield {
            "severity": str(severity),
            "code": code,
            "name": found[0].name,
            "summary": summaries[code],
            "fixes": list(dict.fromkeys(_said(finding.fix) for finding in found[:_MOST_FINDINGS])),
            "findings": [
                {
                    "path": finding.location.path,
                    "message": _said(finding.statement),
                    "evidence": _said(finding.evidence.text) if finding.evidence else "",
                    "releases": list(finding.releases),
                }
                for finding in found[:_MOST_FINDINGS]
            ],
            "more": max(len(found) - _MOST_FINDINGS, 0),
        }


def _said(text: str) -> str:
    """A text whose names cannot act on a reader; its lines stay lines."""
    return "\n".join(printable(readable(line)) for line in text.split("\n"))
