"""An audit as data: ``schemas/audit.schema.json`` describes the form, and a test holds the two together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.mistyped import written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyodide_abi.audit import Binary, Finding, Report
    from pyodide_abi.linker import Prediction
    from pyodide_abi.signatures.rows import Row


def audit_to_data(report: Report) -> dict[str, Any]:
    """One report as JSON values."""
    caveats = {release: list(texts) for release, texts in report.caveats.items()}
    return {
        "wheel": report.name,
        "platform": report.platform,
        "engine": report.engine,
        **({"caveats": caveats} if caveats else {}),
        "modules": [_module(binary, report.calls.get(binary.path, ())) for binary in report.modules],
        "findings": [_finding(finding) for finding in report.findings],
    }


def summary_of(reports: Sequence[Report], unreadable: int) -> dict[str, Any]:
    """What is to be said of all files together.

    Args:
        reports: Of those that were audited.
        unreadable: How many others there are.
    """
    counts = {f"{severity}s": sum(report.count(severity) for report in reports) for severity in Severity}
    rules: dict[str, int] = {}
    for report in reports:
        for finding in report.findings:
            rules[finding.code] = rules.get(finding.code, 0) + 1
    return {
        "failed": sum(report.failed for report in reports),
        "unreadable": unreadable,
        **counts,
        "rules": dict(sorted(rules.items())),
    }


def signature_to_data(row: Row) -> dict[str, Any]:
    """A function that is called through a pointer."""
    return {
        "table": row.entry.table,
        "entry": row.entry.name,
        "function": row.function,
        "have": None if row.have is None else written(row.have),
        "want": written(row.entry.prototype.type),
        "certainty": row.certainty.value,
        "calls": {release: result.value for release, result in row.calls.items()},
    }


def _module(binary: Binary, rows: Sequence[Row]) -> dict[str, Any]:
    loads = {release: _load(prediction) for release, prediction in binary.imported.items()}
    module: dict[str, Any] = {"path": binary.path, "loads": loads}
    if binary.refused:
        module["engines"] = {
            engine: f"refuses: {', '.join(features)}" for engine, features in binary.refused.items()
        }
    preload = {
        release: _load(prediction)
        for release, prediction in binary.installed.items()
        if _end(prediction) != _end(binary.imported[release])
    }
    if preload:
        module["preload"] = preload
    module["signatures"] = list(map(signature_to_data, rows))
    module["signatures_complete"] = binary.recovered.complete
    return module


def _end(prediction: Prediction) -> tuple[object, ...]:
    """What counts as an ending of its own; the words differ between an import and an installer."""
    if prediction.problems:
        return prediction.problems[0].cause, prediction.problems[0].symbol
    return (frozenset(latent.symbol for latent in prediction.undefined_calls),)


def _load(prediction: Prediction) -> dict[str, Any]:
    return {
        "outcome": prediction.outcome.value,
        "error": prediction.error,
        "latent": sorted({latent.symbol for latent in prediction.undefined_calls}),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity.value,
        "path": finding.location.path,
        "symbol": finding.location.symbol,
        "releases": list(finding.releases),
        "message": finding.message,
        "fix": finding.fix,
        "evidence": finding.evidence.text if finding.evidence else None,
    }
