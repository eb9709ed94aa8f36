"""The one form of everything that ``--format json`` writes, whatever the command.

::

    {"schema_version": 1, "tool": {"name": …, "version": …, "command": …}, "results": […], "summary": {…}}

``results`` is a list also where there is one result. A file that could not be read has an entry with
``unreadable`` in its place. ``--format jsonl`` writes the entries of ``results`` alone, each on a line.
The files in ``report/schemas`` describe the entries of each command.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyodide_abi import __version__
from pyodide_abi.report.printable import to_json, to_json_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

#: Grows where a key goes or changes its meaning; new keys leave it as it is.
SCHEMA_VERSION = 1


def to_envelope(
    command: str, results: Sequence[object], *, summary: Mapping[str, object] | None = None
) -> str:
    """The text of a command's results.

    Args:
        command: Its name.
        results: One entry for each thing that was asked about, in that order.
        summary: What is to be said of all of them, beside their number.
    """
    return to_json(
        {
            "schema_version": SCHEMA_VERSION,
            "tool": {"name": "pyodide-abi", "version": __version__, "command": command},
            "results": list(results),
            "summary": {"results": len(results), **(summary or {})},
        }
    )


def to_lines(results: Iterable[object]) -> str:
    """The text of results without an envelope, one on a line."""
    return "".join(map(to_json_line, results))


def unreadable_to_data(key: str, name: str, error: str) -> dict[str, Any]:
    """What stands in place of the result for a file that cannot be read.

    Args:
        key: What the command's results call the file.
        name: The file as it was given.
        error: Why it cannot be read.
    """
    return {key: name, "unreadable": error}


def schema(command: str) -> dict[str, Any]:
    """The published JSON schema of what a command writes.

    Args:
        command: Its name.
    """
    import json  # noqa: PLC0415 - who writes results needs no schema
    from importlib.resources import files  # noqa: PLC0415 - as above

    text = files("pyodide_abi.report").joinpath(f"schemas/{command}.schema.json").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded
