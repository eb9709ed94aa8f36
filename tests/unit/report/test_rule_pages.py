"""The pages in ``docs/reference/rules`` are those that the rules make."""

from __future__ import annotations

from pathlib import Path

from pyodide_abi.report.rule_pages import pages

FOLDER = Path(__file__).parents[3] / "docs" / "reference" / "rules"


def test_the_pages_are_in_step_with_the_rules() -> None:
    found = {file.name: file.read_text("utf-8") for file in FOLDER.iterdir()}
    assert found == dict(pages()), "run: python tools/write_rule_pages.py"
