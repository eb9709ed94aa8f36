"""The public names: every one is there, and none costs anything before it is used."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

import pyodide_abi

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "api.md"


@pytest.mark.parametrize("name", pyodide_abi.__all__)
def test_every_public_name_is_there(name: str) -> None:
    thing = getattr(pyodide_abi, name)
    assert thing.__name__ == name
    assert thing.__doc__


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nope'"):
        pyodide_abi.nope  # noqa: B018 - looking it up is the test


@pytest.mark.integration
def test_importing_the_package_imports_no_part_of_it(tmp_path: Path) -> None:
    code = (
        "import sys, pyodide_abi; print(*[name for name in sys.modules if name.startswith('pyodide_abi.')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=tmp_path
    )
    assert done.stdout.split() == []


def test_completion_shows_every_name_and_the_page_has_it() -> None:
    assert {name for name in dir(pyodide_abi) if not name.startswith("__")} == {
        name for name in pyodide_abi.__all__ if not name.startswith("__")
    }
    members = PAGE.read_text("utf-8").partition(":members: ")[2].partition("\n")[0].split(", ")
    assert sorted(members) == sorted(pyodide_abi.__all__)


def test_the_page_has_whatever_public_functions_return() -> None:
    """Named as it can be imported."""
    shown = {}
    for path in re.findall(r"autoclass:: (\S+)", PAGE.read_text("utf-8")):
        home, _, name = path.rpartition(".")
        shown[name] = getattr(importlib.import_module(home), name)
    functions = [
        thing for thing in map(pyodide_abi.__getattr__, pyodide_abi.__all__) if not isinstance(thing, type)
    ]
    returned = {
        name for thing in functions for name in re.findall(r"\b[A-Z]\w+", thing.__annotations__["return"])
    }
    assert returned - {"Iterator", "None", "Path"} <= shown.keys()
    assert {"Report", "Finding"} <= shown.keys()
    assert all(kind.__doc__ for kind in shown.values())
