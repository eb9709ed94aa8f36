"""The page in docs/reference and what the terminal shows come from the same tables."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pyodide_abi.platforms import load_platforms
from pyodide_abi.report.platforms import overview, sheets

if TYPE_CHECKING:
    from types import ModuleType

TOOL = Path(__file__).parents[3] / "tools" / "write_platform_pages.py"


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("write_platform_pages", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_what_the_tool_writes(tool: ModuleType) -> None:
    assert tool.PAGE.read_text("utf-8") == tool.page(), "run tools/write_platform_pages.py"


def test_each_row_has_a_cell_for_each_column() -> None:
    for sheet in (overview(load_platforms()), *(s for p in load_platforms() for s in sheets(p))):
        assert sheet.rows, sheet.title
        assert {len(row) for row in sheet.rows} == {len(sheet.columns)}, sheet.title


def test_the_overview_marks_the_default() -> None:
    marked = [row[0] for row in overview(load_platforms()).rows if "default" in row[1]]
    assert marked == ["314_0"]
