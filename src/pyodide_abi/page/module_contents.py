"""What is in a module of a dropped file, in columns that a hundred thousand names fit in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyodide_abi.errors import UnreadableInputError
from pyodide_abi.files import read_file
from pyodide_abi.report.printable import printable
from pyodide_abi.report.show import Part, describe
from pyodide_abi.wheel import open_wheel

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pyodide_abi.wasm.cursor import Bytes

_PARTS = frozenset({Part.IMPORTS, Part.EXPORTS, Part.SIGNATURES, Part.PRODUCERS})


def contents_of(path: str, beside: Sequence[str], module: str) -> dict[str, Any]:
    """A module's imports, exports, needs and functions that are called through pointers.

    Args:
        path: The file that was dropped.
        beside: Files that form a set with it.
        module: The module's path, as the report has it.

    Returns:
        ``tables``: by title, the ``columns`` and the ``rows``, each a list of texts; or ``fault``: why the
        module could not be read.

    Raises:
        UnreadableInputError: There is no such module.
    """
    found: dict[str, Any] = describe(module, _read(path, beside, module), _PARTS)
    if "error" in found or "imports" not in found:
        return {"fault": printable(str(found.get("error") or f"it is {found['kind']}"))}
    dylink: dict[str, Any] = found.get("dylink") or {"needed": [], "runtime_paths": [], "section": ""}
    producers: dict[str, list[str]] = found["producers"]
    facts = [
        ("size", f"{found['size']:,} bytes"),
        ("functions", f"{found['functions']:,}"),
        ("section", dylink["section"]),
        *(("run path", each) for each in dylink["runtime_paths"]),
        *((field, ", ".join(values)) for field, values in producers.items()),
    ]
    return {
        "tables": {
            "Imports": _table(("module", "name", "kind", "type"), found["imports"]),
            "Exports": _table(("name", "kind", "type"), found["exports"]),
            "Needed": _table(("library",), [{"library": each} for each in dylink["needed"]]),
            "Signatures": _table(("table", "entry", "function", "have", "want"), found["signatures"]),
            "Facts": _table(("fact", "value"), [{"fact": fact, "value": text} for fact, text in facts]),
        }
    }


def _read(path: str, beside: Sequence[str], module: str) -> Bytes:
    file = Path(path)
    if file.suffix != ".whl":
        name = Path(module).name
        return read_file(next((Path(each) for each in beside if Path(each).name == name), file))
    with open_wheel(file) as wheel:
        for member in wheel.members:
            if wheel.installed_path(member.name) == module:
                return wheel.read(member.name)
    raise UnreadableInputError(f"{file.name} has no {module}")


def _table(columns: Sequence[str], entries: Iterable[dict[str, Any]]) -> dict[str, Any]:
    return {
        "columns": columns,
        "rows": [[printable(str(entry.get(column) or "")) for column in columns] for entry in entries],
    }
