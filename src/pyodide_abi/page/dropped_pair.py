"""What changed between two dropped files, for the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyodide_abi.audit.compared import ComparedModule, ComparedWheel, read_compared
from pyodide_abi.errors import UsageError
from pyodide_abi.report.demangled import readable
from pyodide_abi.report.diff_files import modules_difference, wheels_difference
from pyodide_abi.report.diff_text import text_of
from pyodide_abi.report.envelope import to_envelope
from pyodide_abi.report.printable import printable

if TYPE_CHECKING:
    from pathlib import Path

#: Entries of a list that are shown; what is written for programs has all.
_MOST = 100


def differences(before: Path, after: Path) -> dict[str, Any]:
    """What changed, as :func:`~pyodide_abi.page.inside.compare` says.

    Raises:
        UsageError: One is a wheel, the other a module.
        UnreadableInputError: a file is not what its name says.
    """
    match read_compared(before), read_compared(after):
        case (ComparedModule() as older, ComparedModule() as newer):
            data = modules_difference(older, newer)
        case (ComparedWheel() as older, ComparedWheel() as newer):
            data = wheels_difference(older, newer)
        case _:
            raise UsageError(f"{before.name} and {after.name}: one is a wheel, the other a module")
    lines = text_of(data, most=_MOST, rest="the JSON has all")
    return {
        "breaks": data["breaks"],
        "lines": [{"text": printable(readable(line.text)), "style": line.style} for line in lines],
        "written": to_envelope("diff", [data], summary={"breaks": data["breaks"]}),
    }
