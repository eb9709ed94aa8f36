"""The table of hollow functions."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pyodide_abi.errors import PlatformDataError
from pyodide_abi.platforms import load_platforms, load_surface
from pyodide_abi.platforms.decode import Table
from pyodide_abi.platforms.documents import documents
from pyodide_abi.platforms.hollow import FILE, How, Weight, decode_hollow, load_hollow
from pyodide_abi.report.hollow import hollow_page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyodide_abi.platforms.hollow import Hollow

ROOT = Path(__file__).parents[3]
ROW = {"names": ["f"], "group": "G", "how": "fails", "weight": "note", "effect": "fails", "instead": "go on"}


def decoded(**changes: object) -> object:
    return decode_rows({**ROW, **changes})


def decode_rows(*rows: Mapping[str, object]) -> tuple[Hollow, ...]:
    return decode_hollow(Table({"source": "seen", "hollow": [*rows]}, file=FILE))[1]


def test_a_row_is_read() -> None:
    (row,) = decode_rows({**ROW, "platforms": ["2024_0"]})
    assert row.how is How.FAILS
    assert row.weight is Weight.NOTE
    assert row.holds_on("2024_0")
    assert not row.holds_on("314_0")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"how": "lies"}, "how"),
        ({"names": []}, "names"),
        ({"names": ["f", "f"]}, "names"),
        ({"platforms": ["new"]}, "platforms"),
        ({"more": 1}, "more"),
        ({"effect": ""}, "effect"),
    ],
)
def test_a_fault_is_named(changes: dict[str, object], says: str) -> None:
    with pytest.raises(PlatformDataError, match=rf"hollow\.toml: hollow\[0\].{says}"):
        decoded(**changes)


def test_a_name_stands_once() -> None:
    with pytest.raises(PlatformDataError, match="f is there twice"):
        decode_rows(ROW, ROW)


def test_every_name_is_offered_where_it_is_said_to_be_hollow() -> None:
    for platform in load_platforms():
        newest = load_surface(platform).symbols(platform.releases[-1].version)
        missing = {
            name
            for row in load_hollow()
            if row.holds_on(platform.name)
            for name in row.names
            if name not in newest
        }
        assert not missing


def test_every_name_has_a_probe() -> None:
    folder = ROOT / "tests" / "hollow"
    text = "".join(file.read_text("utf-8") for file in folder.glob("*.c"))
    probes = set(re.findall(r"ENTRY\((\w+)\)", text))
    named = {name for row in load_hollow() for name in row.names}
    assert named - probes == {"atexit", "__cxa_atexit"}, "those are tried by tests/hollow/ends"


def test_the_page_is_in_step_with_the_table() -> None:
    page = ROOT / "docs" / "reference" / "hollow-functions.md"
    assert page.read_text("utf-8") == hollow_page(*decode_hollow(Table(documents()[FILE], file=FILE))), (
        "run: python tools/write_hollow_page.py"
    )
