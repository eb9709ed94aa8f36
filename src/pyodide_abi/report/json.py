"""An audit as data: ``report.schema.json`` describes the form, and a test holds the two together."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from pyodide_abi.audit.mistyped import written
from pyodide_abi.report.printable import to_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyodide_abi.audit import Binary, Finding, Report
    from pyodide_abi.linker import Prediction
    from pyodide_abi.signatures.rows import Row


def audit_to_data(report: Report) -> dict[str, Any]:
    """One report as JSON values."""
    return {
        "wheel": report.name,
        "platform": report.platform,
        "engine": report.engine,
        "modules": [_module(binary, report.calls.get(binary.path, ())) for binary in report.modules],
        "findings": [_finding(finding) for finding in report.findings],
    }


def audits_to_json(documents: Sequence[Mapping[str, Any]]) -> str:
    """The text for one or several audits: an object for one, an array for several."""
    value = documents[0] if len(documents) == 1 else list(documents)
    return to_json(value)


def unreadable_to_data(name: str, error: str) -> dict[str, Any]:
    """What stands in place of the audit of a file that cannot be read."""
    return {"wheel": name, "unreadable": error}


def schema() -> dict[str, Any]:
    """The published JSON schema of :func:`audits_to_json`."""
    text = files("pyodide_abi.report").joinpath("report.schema.json").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


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
