"""The public names: every one is there, and none costs anything before it is used."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import pyodide_abi


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
    page = (Path(__file__).parents[2] / "docs" / "reference" / "api.md").read_text("utf-8")
    members = page.partition(":members: ")[2].partition("\n")[0].split(", ")
    assert sorted(members) == sorted(pyodide_abi.__all__)
