"""Write docs/reference/platforms.md from the platform data.

    python tools/write_platform_pages.py

A unit test proves that the page is what this tool writes.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pyodide_abi.platforms import load_platforms
from pyodide_abi.report.platforms import overview, sheets

if TYPE_CHECKING:
    from pyodide_abi.report.platforms import Sheet

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "platforms.md"
_HEAD = """\
# Platforms

<!-- Written by tools/write_platform_pages.py from src/pyodide_abi/platforms/data: change the data. -->

What each version of the ABI promises, as `pyodide-abi platforms NAME` prints it, every fact with its reason
and where that can be read. Which symbols each runtime release offers is data too:
`pyodide_abi.platforms.load_surface`.
"""


def page() -> str:
    """The whole page."""
    parts = [_HEAD, _table(overview(load_platforms()))]
    for platform in load_platforms():
        parts.append(f"## {platform.name}\n")
        for sheet in sheets(platform):
            parts.extend((f"### {sheet.title} of {platform.name}\n", _table(sheet)))
    return "\n".join(parts)


def _table(sheet: Sheet) -> str:
    rows = [sheet.columns, ("---",) * len(sheet.columns), *(map(_cell, row) for row in sheet.rows)]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _cell(text: str) -> str:
    """Text that Markdown does not read as anything else."""
    if text.startswith("https://"):
        return f"<{text}>"
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("_", "\\_").replace("<", "\\<")


if __name__ == "__main__":
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page(), "utf-8")
    sys.stdout.write(f"{PAGE}\n")
