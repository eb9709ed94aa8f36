"""The manual page in docs/reference is what the parsers say."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from pyodide_abi.cli.commands import COMMANDS

TOOL = Path(__file__).parents[3] / "tools" / "write_man_page.py"


def test_the_page_is_what_the_tool_writes() -> None:
    spec = importlib.util.spec_from_file_location("write_man_page", TOOL)
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    page = tool.PAGE.read_text("utf-8")
    assert page == tool.page(), "run tools/write_man_page.py"
    for entry in COMMANDS:
        assert f".SS {entry.name}\n" in page
    assert "\\fB\\-\\-remove\\-unreachable\\fR" in page
    assert not [line for line in page.splitlines() if line.startswith("'")]
