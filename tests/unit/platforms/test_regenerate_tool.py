"""The maintainer's tool sees every difference; that it boots the real releases is an integration test."""

from __future__ import annotations

import importlib.util
import sys
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pyodide_abi.platforms import load_platform, load_platforms, load_surface
from pyodide_abi.platforms.surface import SymbolKind
from pyodide_abi.values import replace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

TOOL = Path(__file__).parents[3] / "tools" / "regenerate_platforms.py"
PLATFORM = load_platform("314_0")
RELEASE = PLATFORM.releases[-1]
KEY = (RELEASE.version, "node24")


@pytest.fixture(scope="module")
def tool() -> Iterator[ModuleType]:
    spec = importlib.util.spec_from_file_location("regenerate_platforms", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look up their module by its name.
    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    yield module
    monkeypatch.undo()


def measured(tool: ModuleType, **changes: object) -> Any:
    """As if the newest release said what is written, apart from the changes."""
    symbols = load_surface(PLATFORM).symbols(RELEASE.version)
    facts: dict[str, object] = {
        "release": RELEASE,
        "emscripten": PLATFORM.emscripten,
        "library_path": PLATFORM.search.library_path,
        "symbols": {name: (symbol.kind, symbol.type) for name, symbol in symbols.items()},
    }
    return tool.Measured(**(facts | changes))


def test_no_difference_where_there_is_none(tool: ModuleType) -> None:
    same = {KEY: measured(tool)}
    assert tool._differences(PLATFORM, same) == []
    assert tool._contradictions(PLATFORM, same) == []


def test_a_fact_that_differs(tool: ModuleType) -> None:
    other = replace(RELEASE, micropip="9.9")
    (line,) = tool._differences(PLATFORM, {KEY: measured(tool, release=other)})
    assert line.startswith("314_0: 314.0.7 in node24: written Release(")
    assert "micropip='9.9'" in line


def test_symbols_that_came_went_and_changed(tool: ModuleType) -> None:
    symbols = measured(tool).symbols
    del symbols["malloc"]
    symbols["free"] = (SymbolKind.WASM_FUNCTION, "(i64)->()")
    symbols["new_one"] = (SymbolKind.JS_FUNCTION, None)
    lines = tool._differences(PLATFORM, {KEY: measured(tool, symbols=symbols)})
    assert [line.split(": ", 3)[2] for line in lines] == ["free", "malloc", "new_one"]
    assert lines[1].endswith("is None")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"emscripten": "5.0.4"}, "Emscripten 5.0.4, not 5.0.3"),
        ({"library_path": ("/lib",)}, "LD_LIBRARY_PATH"),
        ({"release": replace(RELEASE, python="3.15.0")}, "CPython 3.15.0, not 3.14"),
    ],
)
def test_what_people_wrote_is_contradicted(tool: ModuleType, changes: dict[str, object], words: str) -> None:
    (line,) = tool._contradictions(PLATFORM, {KEY: measured(tool, **changes)})
    assert words in line


@pytest.mark.parametrize("platform", load_platforms(), ids=lambda platform: platform.name)
def test_the_written_releases_have_the_form_that_the_tool_gives_them(tool: ModuleType, platform: Any) -> None:
    text = files("pyodide_abi.platforms").joinpath("data", f"{platform.name}.toml").read_text("utf-8")
    _, marker, written = text.partition(tool.MARKER)
    assert marker
    assert written == "\n" + "\n".join(tool._toml(release, platform) for release in platform.releases)
