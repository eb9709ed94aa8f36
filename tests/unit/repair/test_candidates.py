"""Libraries in folders, and which of them will do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from made_modules import side_module

from pyodide_abi.platforms import load_platform
from pyodide_abi.repair.candidates import Shelf, best_versions, stem_of

if TYPE_CHECKING:
    from pathlib import Path

PLATFORM = load_platform("314_0")


@pytest.mark.parametrize(
    ("name", "others", "found"),
    [
        ("libfoo.so.1", ["libfoo.so.1.2", "libfoo.so", "libfoo.so.2"], ["libfoo.so.1.2", "libfoo.so"]),
        ("libfoo.so.1", ["libfood.so.1"], []),
        ("libfoo.so", ["libfoo.so.3", "libfoo.so.3.1"], ["libfoo.so.3", "libfoo.so.3.1"]),
        ("libfoo.so.1.2", ["libfoo.so.1", "libfoo.so.1.3"], ["libfoo.so.1"]),
        ("foo", ["foo.so"], []),
    ],
)  # fmt: skip
def test_versions(name: str, others: list[str], found: list[str]) -> None:
    assert sorted(best_versions(name, others)) == sorted(found)


def test_stems() -> None:
    assert stem_of("libfoo.so.1.2") == stem_of("libfoo.so") == "libfoo.so"
    assert stem_of("readme.txt") == "readme.txt"


def test_folders_are_searched_in_order(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    (first / "libfoo.so").write_bytes(b"\x7fELF" + bytes(60))
    (second / "libfoo.so").write_bytes(side_module(""))
    found, unfit = Shelf([first, tmp_path / "nowhere", second], PLATFORM).find("libfoo.so")
    assert found is not None
    assert found.file == second / "libfoo.so"
    (text,) = unfit
    assert "first/libfoo.so is not a side module: ELF" in text


def test_further_folders_are_asked_for_once_and_only_where_the_first_ones_lack_something(
    tmp_path: Path,
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder, name in ((first, "libnear.so"), (second, "libfar.so")):
        folder.mkdir()
        (folder / name).write_bytes(side_module(""))
    asked = []

    def more() -> tuple[Path, ...]:
        asked.append(1)
        return (second,)

    shelf = Shelf([first], PLATFORM, more)
    assert shelf.find("libnear.so")[0] is not None
    assert (shelf.folders, asked) == ((first,), [])
    for _ in range(2):
        found, unfit = shelf.find("libfar.so")
        assert found is not None
        assert (found.file, unfit) == (second / "libfar.so", ())
        assert (shelf.folders, asked) == ((first, second), [1])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is not a side module: empty file"),
        (b"!<arch>\n", "is not a side module: ar archive"),
        (b"\0asm\x01\0\0\0", "is not a side module: WebAssembly module"),
        (side_module('(import "env" "invoke_vi" (func (param i32 i32)))'), "another platform than 314_0"),
        (side_module('(import "env" "PyLong_AsLongLong" (func (param i64) (result i64)))'), "another type"),
        (side_module("") + b"\x01\x05", "cannot be read"),
    ],
)  # fmt: skip
def test_what_will_not_do(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "libfoo.so").write_bytes(content)
    found, (text,) = Shelf([tmp_path], PLATFORM).find("libfoo.so")
    assert found is None
    assert said in text
