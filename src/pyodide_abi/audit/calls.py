"""Calls through pointers, of all native files of a subject in one another's company."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.signatures.outcomes import Setting
from pyodide_abi.signatures.rows import Company, rows_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyodide_abi.audit.subject import Subject
    from pyodide_abi.signatures.rows import Row


def calls_of(subject: Subject) -> Mapping[str, tuple[Row, ...]]:
    """The functions that are called through pointers, and what becomes of it, by the path of the file."""
    if not any(binary.recovered.entries for binary in subject.binaries):
        return {}
    platform = subject.platform
    python = platform.python.version if platform else ""
    settings = [Setting(release, python, subject.engine) for release in subject.releases]
    exports = {
        binary.path: binary.library.facts.exports for binary in subject.binaries if binary.library.facts
    }
    return {
        binary.path: rows_of(
            binary.recovered,
            Company(
                own=exports.get(binary.path, {}),
                others={path: names for path, names in exports.items() if path != binary.path},
                offers=subject.offers,
            ),
            settings,
        )
        for binary in subject.binaries
        if binary.recovered.entries
    }
