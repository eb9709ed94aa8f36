"""Write ``docs/reference/loader-messages.md`` from the table of known texts.

``python tools/write_message_page.py``; a test proves the page in step with the table.
"""

from __future__ import annotations

from pathlib import Path

from pyodide_abi.messages import load_messages
from pyodide_abi.report.explain import reference_page

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "loader-messages.md"


def main() -> None:
    """Write it."""
    PAGE.write_text(reference_page(load_messages()), "utf-8")
    print(PAGE)


if __name__ == "__main__":
    main()
