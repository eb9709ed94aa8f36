"""Write ``docs/reference/rules/``: a page for each rule, from the docstring of its file.

``python tools/write_rule_pages.py``; a test proves the pages in step with the rules.
"""

from __future__ import annotations

from pathlib import Path

from pyodide_abi.report.rule_pages import pages

FOLDER = Path(__file__).parents[1] / "docs" / "reference" / "rules"


def main() -> None:
    """Write all pages and delete those of rules that are no more."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    wanted = pages()
    for old in FOLDER.glob("*.md"):
        if old.name not in wanted:
            old.unlink()
    for name, text in wanted.items():
        (FOLDER / name).write_text(text, "utf-8")
    print(f"{len(wanted)} pages in {FOLDER}")


if __name__ == "__main__":
    main()
