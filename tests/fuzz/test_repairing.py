"""Damaged and hostile files under repair: errors that explain themselves, or a sound wheel."""

from __future__ import annotations

import random
from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING

import pytest
from counting import calls
from fuzz import by_chance, seeds
from fuzz.test_hostile import ARCHIVES, MODULES

from pyodide_abi.cli.main import main
from pyodide_abi.errors import PyodideAbiError
from pyodide_abi.repair.patch import Patch, patch_module
from pyodide_abi.repair.plan import Wishes
from pyodide_abi.repair.repair_wheel import repair_wheel
from pyodide_abi.wasm import read_module
from pyodide_abi.wheel import open_wheel

if TYPE_CHECKING:
    from pathlib import Path

#: One input may take so many calls of functions: a hundred times what an ordinary one takes.
CALLS = 20_000_000
PATCH = Patch(
    replace_needed=(("libham.so", "libjam.so"),),
    add_needed=("libmore.so",),
    set_run_paths=("$ORIGIN",),
    drop_exports=("__wasm_call_ctors",),
    drop_sections=("name",),
)


def repair(wheel: Path, folder: Path) -> str:
    """How a repair ends; a wheel that it makes is sound, and stays as it is when repaired again."""
    before = wheel.read_bytes()
    wishes = Wishes(exclude=("*",))
    try:
        done = repair_wheel(wheel, wishes, folder, risky=True)
    except PyodideAbiError as error:
        assert not list(folder.iterdir())
        return type(error).__name__
    finally:
        assert wheel.read_bytes() == before
    with open_wheel(done.path) as new:
        assert not new.verify_record()
    again = repair_wheel(done.path, wishes, folder / "again", risky=True)
    assert again.made == ()
    assert [path.name for path in folder.iterdir() if path.is_file()] == [wheel.name]
    return "fine" if done.made else "nothing to do"


def patch(data: bytes) -> str:
    """How a patch ends; what it makes says what it should."""
    try:
        patched = patch_module(data, PATCH)
    except PyodideAbiError as error:
        return type(error).__name__
    dylink = read_module(patched.data).dylink
    assert dylink is not None
    assert dylink.needed == patched.needed
    assert dylink.runtime_paths == ("$ORIGIN",)
    return "fine"


def test_damaged_files_are_repaired_or_refused(tmp_path: Path) -> None:
    endings: Counter[str] = Counter()
    source = random.Random(20261122)  # noqa: S311 - inputs
    for number, seed in enumerate(islice(by_chance.inputs(seeds.made_seeds(), source), 100)):
        folder = tmp_path / str(number)
        folder.mkdir()
        if seed.name.endswith(".whl"):
            (folder / seed.name).write_bytes(seed.data)
            (folder / "new").mkdir()
            endings[f"repair: {repair(folder / seed.name, folder / 'new')}"] += 1
        else:
            endings[f"patch: {patch(seed.data)}"] += 1
    # Inputs that are all refused at the door, or none, would prove nothing.
    assert endings["repair: fine"] > 2
    assert endings["repair: WheelError"] > 2
    assert endings["patch: fine"] > 2
    assert sum(times for ending, times in endings.items() if ending.startswith("patch: ")) > 15


@pytest.mark.parametrize("name", ARCHIVES)
def test_a_hostile_archive_is_refused(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make, _ = ARCHIVES[name]
    (tmp_path / seeds.WHEEL).write_bytes(make())
    assert main(["repair", "-q", seeds.WHEEL, "--exclude", "*"], {}, tmp_path) == 2
    lines = capsys.readouterr().err.splitlines()
    assert [line[:6] for line in lines if not line.startswith("  ")] == ["error:"]
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [seeds.WHEEL]


@pytest.mark.parametrize("name", MODULES)
def test_a_hostile_module_does_no_harm(name: str, tmp_path: Path) -> None:
    wheel = tmp_path / seeds.WHEEL
    wheel.write_bytes(seeds.pack({seeds.MODULE: MODULES[name]}))
    (tmp_path / "new").mkdir()
    assert repair(wheel, tmp_path / "new") in {"fine", "nothing to do"}
    assert calls(lambda: patch(MODULES[name])) < CALLS
