"""Plans for made wheels and what comes of them, where loaders differ; ``tests/cases/plans`` has them.

``BLESS=1`` writes what is planned today, as ``./check bless`` does.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from kept_texts import hold_kept
from plans import USES, plan, shelf
from wheels_to_repair import PYTHONS, extension, library, wheel_of

from pyodide_abi.repair.plan import Wishes
from pyodide_abi.repair.repair_wheel import repair_wheel
from pyodide_abi.report.repair import plan_to_data
from pyodide_abi.wasm import read_module
from pyodide_abi.wheel import open_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

KEPT = Path(__file__).parents[2] / "cases" / "plans"
OTHER = library('(func) (func (export "answer") (result i32) i32.const 1)')
MORE, LAST = (library(f'(func (export "{name}"))') for name in ("more", "last"))
IDLE = '(func (export "idle"))'
USER = extension(text=USES, needed=("libdep.so",))
NEAR = extension(text=USES, needed=("libdep.so",), run_paths=("$ORIGIN",))

Files = dict[str, "str | bytes"]

#: What each wheel has; a folder in front of a colon is no part of it.
WHEELS: Mapping[str, Files] = {
    "a library from outside": {"pkg/m.so": USER, "lib:libdep": library()},
    "a library from outside for users in several folders": {
        "pkg/m.so": USER,
        "pkg/sub/n.so": extension("n", USES, needed=("libdep.so",)),
        "lib:libdep": library(),
    },
    "libraries of a library from outside": {
        "pkg/m.so": extension(needed=("libfirst.so", "libalias.so")),
        "lib:libfirst": library('(import "env" "b" (func))', needed=("libsecond.so",)),
        "lib:libsecond": library('(func (export "b"))', needed=("libfirst.so",)),
        "lib:libalias": library('(func (export "b"))', needed=("libfirst.so",)),
    },
    "nowhere": {
        "pkg/m.so": extension(needed=("libgone.so", "libdep.so", "libelf.so", "../")),
        "pkg/libdep.so": library(),
        "lib:libelf": b"\x7fELF" + bytes(60),
    },
    "in the wrong folder": {"pkg/m.so": USER, "lib/libdep.so": library()},
    "in the wrong folder beside one in the right one": {
        "pkg/m.so": extension(text=USES, needed=("libdep.so", "libmore.so")),
        "pkg/libdep.so": library(),
        "lib/libmore.so": MORE,
    },
    "two of one name in wrong folders": {
        "a/m.so": extension(text=USES, needed=("libdep.so",), run_paths=("$ORIGIN/../x",)),
        "b/n.so": extension("n", USES, needed=("libdep.so",), run_paths=("$ORIGIN/../y",)),
        "x/libdep.so": library(),
        "y/libdep.so": OTHER,
    },
    "three of one name in wrong folders": {
        "m.so": extension(needed=("a.so", "b.so", "c.so"), run_paths=("$ORIGIN/x", "$ORIGIN/y", "$ORIGIN/z")),
        "x/a.so": library(needed=("libdep.so",), run_paths=("$ORIGIN/deep",)),
        "y/b.so": library(needed=("libdep.so",), run_paths=("$ORIGIN/deep",)),
        "z/c.so": library(needed=("libdep.so",), run_paths=("$ORIGIN/deep",)),
        "x/deep/libdep.so": MORE,
        "y/deep/libdep.so": LAST,
        "z/deep/libdep.so": OTHER,
    },
    "a run path decides between two of one name": {
        "pkg/m.so": extension(text=USES, needed=("libdep.so",), run_paths=("$ORIGIN/../two",)),
        "one/libdep.so": OTHER,
        "two/libdep.so": library(),
    },
    "versions and folders in names": {
        "pkg/m.so": extension(text=USES, needed=("/home/ci/libdep.so.1", "./libmore.so")),
        "pkg/libdep.so.1.2": library(),
        "pkg/libmore.so": MORE,
    },
    "copies": {
        "pkg/m.so": extension(text=USES, needed=("libdep.so.1",), run_paths=("$ORIGIN",)),
        "pkg/libdep.so": library(),
        "pkg/libdep.so.1": library(),
        "pkg/libdep.so.1.2": library(),
        "pkg/libalone.so": MORE,
        "other/libalone.so": MORE,
    },
    "run paths of no use": {
        "pkg/m.so": extension(
            text=USES, needed=("libdep.so",), run_paths=("/home/ci", "$ORIGIN/x", "$ORIGIN")
        ),
        "pkg/n.so": extension("n", run_paths=("$ORIGIN",)),
        "pkg/libdep.so": library(),
    },
    "a program may open one": {
        "pkg/m.so": USER,
        "lib/libdep.so": library(),
        "pkg/data.json": '{"path": "lib/libdep.so"}',
    },
    "a program may open any": {
        "pkg/m.so": extension(text=USES + IDLE, needed=("libdep.so.1",)),
        "lib/libdep.so.1": library(),
        "lib/libdep.so": library(),
        "pkg/load.py": "import ctypes",
    },
    "what stays together where a program may open one": {
        "a/m.so": extension(needed=("libone.so", "libtwo.so")),
        "b/n.so": extension("n", needed=("libtwo.so", "libthree.so")),
        "c/o.so": extension("o", needed=("libthree.so", "libfour.so")),
        "d/p.so": extension("p", needed=("libfive.so",)),
        "lib/libone.so": library(),
        "lib/libtwo.so": MORE,
        "lib/libthree.so": LAST,
        "lib/libfour.so": OTHER,
        "lib/libfive.so": library('(func (export "five"))'),
        "a/data.json": '{"path": "lib/libone.so"}',
    },
    "exports of no use": {
        "pkg/liblonely.so": library('(func (export "lonely"))'),
        "pkg/m.so": extension(text=f'(func (export "used")) {IDLE} (func (export "__wasm_call_ctors"))'),
        "pkg/n.so": extension("n", '(import "env" "used" (func))', needed=("m.so",), run_paths=("$ORIGIN",)),
        "pkg/libdep.so": library(f'(func (export "answer") (result i32) i32.const 42) {IDLE}'),
        "pkg/o.so": extension("o", USES, needed=("libdep.so",), run_paths=("$ORIGIN",)),
    },
    "a plugin that needs what it uses": {
        "pkg/_core.so": extension("_core", '(func (export "answer") (result i32) i32.const 42)'),
        "pkg/plugin.so": extension("plugin", USES),
    },
    "another file of that name first": {
        "pkg/m.so": extension(text=USES, needed=("libdep.so.1",)),
        "pkg/libdep.so.1.2": library(),
        "libdep.so.1.2": OTHER,
    },
    "two from outside whose names are made the same": {
        "pkg/m.so": extension(text=USES, needed=("lib a.so", "lib$a.so")),
        "lib:lib a": library(),
        "lib:lib$a": MORE,
    },
    "a library that nobody needs and that needs another": {
        "pkg/m.so": extension(),
        "pkg/libdep.so": library(),
        "pkg/libplugin.so": library(f'{USES} (func (export "plugin"))'),
    },
    "an address of its own": {
        "pkg/_core.so": extension("_core", '(func (export "own") (result i32) i32.const 42)'),
        "pkg/m.so": extension(
            text='(import "GOT.func" "own" (global (mut i32))) (func (export "own") (result i32) i32.const 1)'
        ),
    },
    "nothing to do": {"pkg/m.so": NEAR, "pkg/libdep.so": library()},
}  # fmt: skip


@pytest.mark.parametrize("name", WHEELS)
def test_plans_are_those_that_are_kept(name: str, tmp_path: Path) -> None:
    files = {path: content for path, content in WHEELS[name].items() if ":" not in path}
    outside = {path[4:]: content for path, content in WHEELS[name].items() if path.startswith("lib:")}
    folders = shelf(tmp_path / "lib", **outside)  # type: ignore[arg-type]
    lines = []
    for platform in PYTHONS:
        data = plan_to_data(plan(tmp_path / platform, files, platform, folders=folders))
        lines += [f"{platform}:", *map(_line, data["edits"])]
        lines += [
            f"  lacks {problem['needs']}: {problem['path']}: {problem['reason']}"
            for problem in data["problems"]
        ]
        if not data["problems"]:
            lines += _repaired(tmp_path / platform, platform, files, folders)
    now = "".join(f"{line}\n" for line in lines).replace(str(tmp_path), "/home/user")
    hold_kept(now, KEPT / f"{name.replace(' ', '-')}.txt")


def _repaired(folder: Path, platform: str, files: Files, folders: tuple[Path, ...]) -> Iterator[str]:
    """What the wheel has when everything has been done: its modules, and what each says of itself."""
    wishes = Wishes(folders=folders, keep_names=True)
    repaired = repair_wheel(wheel_of(folder, files, platform), wishes, folder / "new", risky=True)
    with open_wheel(repaired.path) as wheel:
        for member in wheel.members:
            if not member.name.endswith((".py", ".json")) and ".dist-info/" not in member.name:
                module = read_module(wheel.read(member.name))
                assert module.dylink is not None
                exports = " ".join(entry.name for entry in module.exports)
                needed, paths = " ".join(module.dylink.needed), " ".join(module.dylink.runtime_paths)
                told = f"exports {exports}; needs {needed or '-'}; run paths {paths or '-'}"
                yield f"  now {member.name}: {told}"


def _line(edit: dict[str, Any]) -> str:
    mends = f" ({', '.join(edit['mends'])})" if edit["mends"] else ""
    return f"  {edit['safety']} {edit['kind']} {edit['path']}: {edit['what']}: {edit['why']}{mends}"


def test_no_plan_is_kept_that_nothing_makes() -> None:
    assert {file.stem for file in KEPT.iterdir()} == {name.replace(" ", "-") for name in WHEELS}
