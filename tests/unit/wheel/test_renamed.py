"""A wheel whose file was given another name is told its own."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pytest

from pyodide_abi.errors import WheelError
from pyodide_abi.wheel import open_wheel
from pyodide_abi.wheel.filename import parse_wheel_name
from pyodide_abi.wheel.renamed import own_name

if TYPE_CHECKING:
    from pathlib import Path

WHEEL = "Wheel-Version: 1.0\nGenerator: ham\nRoot-Is-Purelib: false\n"


def wheel(
    folder: Path, text: str, *, name: str = "spam.whl", folders: tuple[str, ...] = ("spam-1.0",)
) -> Path:
    path = folder / name
    with zipfile.ZipFile(path, "w") as archive:
        for one in folders:
            archive.writestr(f"{one}.dist-info/WHEEL", text)
    return path


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (
            "Tag: cp314-cp314-pyemscripten_2026_0_wasm32\n",
            "spam-1.0-cp314-cp314-pyemscripten_2026_0_wasm32.whl",
        ),
        ("Tag: py2-none-any\nTag: py3-none-any\n", "spam-1.0-py2.py3-none-any.whl"),
        ("Build: 3\nTag: py3-none-any\n", "spam-1.0-3-py3-none-any.whl"),
    ],
)
def test_the_name_comes_from_inside(tmp_path: Path, text: str, name: str) -> None:
    assert own_name(wheel(tmp_path, WHEEL + text)) == name


@pytest.mark.parametrize("text", ["", "Tag: py3\n", "Tag: py3-none-a b\n", "Tag: py3-none-any\nTag: x\n"])
def test_tags_that_are_none_name_nothing(tmp_path: Path, text: str) -> None:
    assert own_name(wheel(tmp_path, WHEEL + text)) == ""


def test_nothing_is_guessed(tmp_path: Path) -> None:
    text = f"{WHEEL}Tag: py3-none-any\n"
    assert own_name(wheel(tmp_path, text, folders=("spam-1.0", "ham-2"))) == ""
    assert own_name(wheel(tmp_path, text, folders=())) == ""
    assert own_name(wheel(tmp_path, text, folders=("spam",))) == ""
    assert own_name(wheel(tmp_path, text, folders=("../spam-1.0",))) == ""
    assert own_name(wheel(tmp_path, text + " " * 100_001)) == ""
    assert own_name(wheel(tmp_path, "\xff")) == ""
    (tmp_path / "text.whl").write_text("no archive")
    assert own_name(tmp_path / "text.whl") == ""


@pytest.mark.parametrize(
    "name",
    [
        "spam.whl",
        "spam-1.0-py3-none-any (1).whl",
        "spam-1.0 (1)-py3-none-any.whl",
        "spam-1.0-py3-none-any(2).whl",
    ],
)
def test_opening_says_it(tmp_path: Path, name: str) -> None:
    path = wheel(tmp_path, f"{WHEEL}Tag: py3-none-any\n", name=name)
    with pytest.raises(WheelError, match="not the name of a wheel") as caught:
        open_wheel(path)
    assert caught.value.hint.endswith("give the file its own name back: spam-1.0-py3-none-any.whl")


@pytest.mark.parametrize(
    "tags", ["py3-none-any.", "py3-no ne-any", ".py3-none-any", "py3--any", "py3-none-ä"]
)
def test_a_tag_is_made_of_letters_digits_and_underscores(tags: str) -> None:
    with pytest.raises(WheelError, match="not the name of a wheel"):
        parse_wheel_name(f"spam-1.0-{tags}.whl")
