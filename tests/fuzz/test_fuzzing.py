"""A short fuzzing run, what longer runs have found, and that the fuzzer sees broken promises."""

from __future__ import annotations

import os
import random
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fuzz import by_chance, seeds, target
from fuzz.attempting import Fuzzer

if TYPE_CHECKING:
    from collections.abc import Mapping

FOUND = sorted(Path(__file__).with_name("found").glob("*.toml"))
_REPEATED = re.compile(r"\{(.)\*(\d+)\}")


def contents(case: Mapping[str, Any]) -> bytes:
    """The bytes of a find: ``hex``, or the ``members`` of a wheel, in which ``{x*9}`` is nine of x."""
    if "hex" in case:
        return bytes.fromhex(case["hex"])
    files = {seeds.MODULE: seeds.extension()}
    for name, text in case["members"].items():
        files[name] = _REPEATED.sub(lambda match: match[1] * int(match[2]), text).encode()
    return seeds.pack(files)


@pytest.mark.parametrize("file", FOUND, ids=lambda file: file.stem)
def test_what_was_found_once_stays_mended(file: Path, tmp_path: Path) -> None:
    case = tomllib.loads(file.read_text("utf-8"))
    assert case["note"].strip()
    place = tmp_path / case["name"]
    place.write_bytes(contents(case))
    for platform in target.PLATFORMS:
        target.read_everything(place, platform)


def test_damaged_files_end_in_errors_that_explain_themselves(tmp_path: Path) -> None:
    fuzzer = Fuzzer(tmp_path, None)
    number = by_chance.fuzz(fuzzer, seeds.made_seeds(), seed=20261122, most=200, seconds=None)
    assert number == 200
    assert not fuzzer.found
    # Inputs that are all refused at the door, or none, would prove nothing.
    assert fuzzer.endings["fine"] > 50
    assert sum(times for ending, times in fuzzer.endings.items() if "Error" in ending) > 20


def test_the_same_seed_gives_the_same_inputs() -> None:
    first, second = (by_chance.inputs(seeds.made_seeds(), random.Random(3)) for _ in range(2))  # noqa: S311 - inputs
    assert [next(first) for _ in range(50)] == [next(second) for _ in range(50)]


def _spin() -> None:
    while True:
        _do_nothing()


def _do_nothing() -> None:
    pass


class TestWatch:
    def test_work(self) -> None:
        with pytest.raises(target.BrokenPromiseError, match="more than"), target.bounded(1000):
            _spin()

    def test_files(self, tmp_path: Path) -> None:
        place = tmp_path / "made"
        with pytest.raises(target.BrokenPromiseError, match="made"), target.bounded():
            place.write_bytes(b"")
        assert not place.exists()
        place.write_bytes(b"when nobody watches")
        with pytest.raises(target.BrokenPromiseError, match=r"os\.remove"), target.bounded():
            place.unlink()
        with target.bounded():
            assert place.read_bytes()

    def test_processes(self) -> None:
        with pytest.raises(target.BrokenPromiseError, match=r"os\.system"), target.bounded():
            os.system("true")  # noqa: S605 - it is not to happen

    @pytest.mark.parametrize("letter", ["\x1b", "\x9b", "\0", "\r", "\N{RIGHT-TO-LEFT OVERRIDE}", "\u2028"])
    def test_terminals(self, letter: str) -> None:
        with pytest.raises(target.BrokenPromiseError):
            target.harmless(f"a{letter}b")
        target.harmless("ä…中\n")
