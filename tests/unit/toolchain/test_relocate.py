"""Unpacked packages: relative links, relative run paths, and an interpreter that follows the folder."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from toolchain_elf import make_elf
from toolchain_fakes import make_host

from pyodide_abi.errors import MissingError
from pyodide_abi.toolchain import relocate

if TYPE_CHECKING:
    from toolchain_fakes import Answer

LOADER = "ld-linux-x86-64.so.2"


def patchelf(words: tuple[str, ...]) -> Answer | None:
    """The fake copies for --output, as the real one does."""
    if Path(words[0]).name != "patchelf":
        return None
    if "--output" in words:
        output = Path(words[words.index("--output") + 1])
        output.write_bytes(Path(words[-1]).read_bytes() + words[2].encode())
    return 0, ""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    tree = tmp_path / "entry/tree"
    for folder in ("usr/bin", "usr/lib/arch", "usr/lib/llvm/bin", "etc"):
        (tree / folder).mkdir(parents=True)
    (tree / "usr/lib/arch/libm.so.6").write_bytes(make_elf(interpreter=None, needed=("libc.so.6",)))
    (tree / "usr/lib/arch/libc.so.6").write_bytes(make_elf(needed=(LOADER,)))
    (tree / f"usr/lib/arch/{LOADER}").write_bytes(make_elf(interpreter=None, needed=()))
    (tree / "usr/lib/llvm/bin/clang").write_bytes(make_elf())
    (tree / "usr/bin/script").write_text("#!/bin/sh\n")
    (tree / "usr/bin/clang").symlink_to("/usr/lib/llvm/bin/clang")
    (tree / "usr/bin/host-only").symlink_to("/usr/bin/absent")
    return tree


UNTOUCHED = frozenset({"usr/lib/arch/libm.so.6", "usr/lib/arch/libc.so.6", f"usr/lib/arch/{LOADER}"})


def test_absolute_links_lead_into_the_tree(tree: Path, tmp_path: Path) -> None:
    host, _, _ = make_host(tmp_path, patchelf)
    relocate.settle(tree, host, untouched=UNTOUCHED)
    assert (tree / "usr/bin/clang").readlink() == Path("../lib/llvm/bin/clang")
    assert (tree / "usr/bin/host-only").readlink() == Path("/usr/bin/absent")


def test_run_paths_are_relative_and_the_c_library_is_untouched(tree: Path, tmp_path: Path) -> None:
    host, runner, _ = make_host(tmp_path, patchelf)
    relocation = relocate.settle(tree, host, untouched=UNTOUCHED)
    (command,) = runner.commands
    assert command[1:] == (
        "--force-rpath",
        "--set-rpath",
        "$ORIGIN/../../arch",
        str(tree / "usr/lib/llvm/bin/clang"),
    )
    assert relocation.programs == ("usr/lib/llvm/bin/clang",)
    assert relocation.loader == f"usr/lib/arch/{LOADER}"


def test_without_a_loader_nothing_could_run(tree: Path, tmp_path: Path) -> None:
    (tree / f"usr/lib/arch/{LOADER}").unlink()
    host, _, _ = make_host(tmp_path, patchelf)
    with pytest.raises(MissingError, match="one dynamic loader"):
        relocate.settle(tree, host, untouched=UNTOUCHED)


def test_programs_follow_a_moved_folder(tree: Path, tmp_path: Path) -> None:
    host, runner, diary = make_host(tmp_path, patchelf)
    relocation = relocate.settle(tree, host, untouched=UNTOUCHED)
    relocate.point(tree, tree, relocation, host)
    program = tree / "usr/lib/llvm/bin/clang"
    program.chmod(0o755)
    runner.commands.clear()

    relocate.follow(tree, host)
    assert not runner.commands, "nothing has moved"

    moved = tmp_path / "elsewhere"
    shutil.move(tree.parent, moved)
    relocate.follow(moved / "tree", host)
    (command,) = runner.commands
    assert command[1:3] == ("--set-interpreter", str(moved / f"tree/usr/lib/arch/{LOADER}"))
    there = moved / "tree/usr/lib/llvm/bin/clang"
    assert there.read_bytes().endswith(str(moved / f"tree/usr/lib/arch/{LOADER}").encode())
    assert there.stat().st_mode & 0o777 == 0o755
    assert any("has been moved" in line for line in diary.said)
    relocate.follow(moved / "tree", host)
    assert len(runner.commands) == 1, "once is enough"


def test_an_interrupted_move_begins_again(tree: Path, tmp_path: Path) -> None:
    calls = 0

    def breaks(words: tuple[str, ...]) -> Answer | None:
        nonlocal calls
        if "--set-interpreter" in words:
            calls += 1
            if calls == 2:
                return 1, "patchelf: killed"
        return patchelf(words)

    host, _, _ = make_host(tmp_path, breaks)
    relocation = relocate.settle(tree, host, untouched=UNTOUCHED)
    relocate.point(tree, tree, relocation, host)
    moved = tmp_path / "elsewhere"
    shutil.move(tree.parent, moved)
    with pytest.raises(MissingError, match="patchelf: killed"):
        relocate.follow(moved / "tree", host)
    assert relocate.read_record(moved / "tree").place == str(tree)
    relocate.follow(moved / "tree", host)
    assert relocate.read_record(moved / "tree").place == str(moved / "tree")


def test_a_damaged_record_is_said(tree: Path, tmp_path: Path) -> None:
    host, _, _ = make_host(tmp_path, patchelf)
    (tree / ".relocation.json").write_text("{}")
    assert relocate.settled(tree)
    with pytest.raises(MissingError, match="cannot be read"):
        relocate.follow(tree, host)
