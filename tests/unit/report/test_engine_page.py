"""The page of engines in docs/reference is what the data say."""

from __future__ import annotations

import importlib.util
from pathlib import Path

TOOL = Path(__file__).parents[3] / "tools" / "write_engine_page.py"


def test_the_page_is_what_the_tool_writes() -> None:
    spec = importlib.util.spec_from_file_location("write_engine_page", TOOL)
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    assert tool.PAGE.read_text("utf-8") == tool.page(), "run tools/write_engine_page.py"
    assert "| webkit | yes | node20 | 9999999 |" in tool.page()
