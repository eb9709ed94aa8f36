"""Write ``docs/reference/hollow-functions.md`` from the table of hollow functions.

``python tools/write_hollow_page.py``; a test proves the page in step with the table.
"""

from __future__ import annotations

from pathlib import Path

from pyodide_abi.platforms.decode import Table
from pyodide_abi.platforms.documents import documents
from pyodide_abi.platforms.hollow import FILE, decode_hollow
from pyodide_abi.report.hollow import hollow_page

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "hollow-functions.md"


def main() -> None:
    """Write it."""
    PAGE.write_text(hollow_page(*decode_hollow(Table(documents()[FILE], file=FILE))), "utf-8")
    print(PAGE)


if __name__ == "__main__":
    main()
