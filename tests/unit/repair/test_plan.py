"""Plans: which edits, where to, and how safe; nothing is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from plans import USES, only, plan, shelf, some
from wheels_to_repair import extension, library

from pyodide_abi.repair.edits import (
    AddLibrary,
    ChangeNeeded,
    ChangeRunPaths,
    DropFile,
    MoveFile,
    Safety,
)

if TYPE_CHECKING:
    from pathlib import Path


PLATFORMS = ["2024_0", "2025_0", "314_0"]


def test_nothing_to_do(tmp_path: Path) -> None:
    assert not plan(tmp_path, {"pkg/m.so": extension()}).edits


@pytest.mark.parametrize(
    ("platform", "place", "path"),
    [
        ("2024_0", "spam.libs/", None),
        # Below its user, so that no path leads upwards.
        ("2025_0", "pkg/spam.libs/", "$ORIGIN/spam.libs"),
        ("314_0", "spam.libs/", "$ORIGIN/../spam.libs"),
    ],
)
def test_a_missing_library_is_brought_in(tmp_path: Path, platform: str, place: str, path: str | None) -> None:
    folders = shelf(tmp_path / "lib", libdep=library())
    files: dict[str, str | bytes] = {"pkg/m.so": extension(text=USES, needed=("libdep.so",))}
    found = plan(tmp_path / "w", files, platform, folders=folders)
    added = only(found, AddLibrary)
    name = f"libdep-{added.digest[:8]}.so"
    assert added.path == place + name
    assert added.source == folders[0] / "libdep.so"
    assert only(found, ChangeNeeded).new == (name,)
    paths = [edit.new for edit in some(found, ChangeRunPaths)]
    assert paths == ([] if path is None else [(path,)])
    assert {edit.safety for edit in found.edits} == {Safety.SAFE}
    assert only(found, ChangeNeeded).mends == ("ABI301",)


def test_users_in_several_folders_share_one_library(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "pkg/m.so": extension(text=USES, needed=("libdep.so",)),
        "pkg/sub/n.so": extension("n", USES, needed=("libdep.so",)),
    }
    folders = shelf(tmp_path / "lib", libdep=library())
    found = plan(tmp_path / "old", files, "2025_0", folders=folders)
    # Every path upwards would be another library there; the top is searched first of all.
    name = only(found, AddLibrary).path
    assert "/" not in name
    assert name.startswith("libdep-")
    assert [edit.new for edit in some(found, ChangeRunPaths)] == [("$ORIGIN/..",), ("$ORIGIN/../..",)]
    found = plan(tmp_path / "new", files, "314_0", folders=folders)
    assert only(found, AddLibrary).path.startswith("spam.libs/libdep-")


def test_libraries_of_libraries_come_too_once_each(tmp_path: Path) -> None:
    folders = shelf(
        tmp_path / "lib",
        libfirst=library('(import "env" "b" (func))', needed=("libsecond.so",)),
        libsecond=library('(func (export "b"))', needed=("libfirst.so",)),
        libalias=library('(func (export "b"))', needed=("libfirst.so",)),
    )
    files: dict[str, str | bytes] = {"pkg/m.so": extension(needed=("libfirst.so", "libalias.so"))}
    found = plan(tmp_path / "w", files, folders=folders)
    first, second = (edit.path for edit in some(found, AddLibrary))
    assert first.startswith("spam.libs/libalias-")
    assert second.startswith("spam.libs/libfirst-")
    new = {edit.path: edit.new for edit in some(found, ChangeNeeded)}
    assert new[first] == (second.rpartition("/")[2],)
    assert new[second] == (first.rpartition("/")[2],)
    paths = {edit.path: edit.new for edit in some(found, ChangeRunPaths)}
    assert paths[first] == paths[second] == ("$ORIGIN",)


def test_what_is_nowhere_is_named_with_where_was_looked(tmp_path: Path) -> None:
    folders = shelf(tmp_path / "lib", libfirst=library(needed=("libgone.so",)), libelf=b"\x7fELF" + bytes(60))
    files: dict[str, str | bytes] = {"pkg/m.so": extension(needed=("libfirst.so", "libelf.so", "../"))}
    first, second, third = plan(tmp_path / "w", files, folders=folders).problems
    assert (first.path, first.name) == ("pkg/m.so", "libelf.so")
    assert "is not a side module: ELF" in first.reason
    assert second.name == "../"
    assert "not the name of a library" in second.reason
    assert third.path == str(folders[0] / "libfirst.so")
    assert str(folders[0]) in third.reason


def test_what_somebody_else_provides_is_left_alone(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "pkg/m.so": extension(needed=("libother.so",), run_paths=("/home/ci", "$ORIGIN/x"))
    }
    found = plan(tmp_path, files, exclude=("libother.so",))
    assert not found.problems
    assert not some(found, ChangeNeeded)
    assert only(found, ChangeRunPaths).new == ("$ORIGIN/x",)


def test_run_paths_are_the_smallest_that_do(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "pkg/m.so": extension(
            text=USES, needed=("libdep.so",), run_paths=("/home/ci", "$ORIGIN/x", "$ORIGIN")
        ),
        "pkg/n.so": extension("n", run_paths=("$ORIGIN",)),
        "pkg/libdep.so": library(),
    }
    found = plan(tmp_path / "new", files)
    assert [(edit.path, edit.new) for edit in some(found, ChangeRunPaths)] == [
        ("pkg/m.so", ("$ORIGIN",)),
        ("pkg/n.so", ()),
    ]
    assert some(found, ChangeRunPaths)[0].mends == ("ABI304",)
    found = plan(tmp_path / "old", files, "2024_0")
    assert {edit.new for edit in some(found, ChangeRunPaths)} == {()}
    assert some(found, ChangeRunPaths)[0].mends == ("ABI303",)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_library_in_the_wrong_folder(tmp_path: Path, platform: str) -> None:
    files: dict[str, str | bytes] = {
        "pkg/m.so": extension(text=USES, needed=("libdep.so",)),
        "lib/libdep.so": library(),
    }
    found = plan(tmp_path, files, platform)
    moved = [edit.to for edit in some(found, MoveFile)]
    paths = [edit.new for edit in some(found, ChangeRunPaths)]
    assert (moved, paths) == {
        "2024_0": (["spam.libs/libdep.so"], []),
        "2025_0": (["pkg/spam.libs/libdep.so"], [("$ORIGIN/spam.libs",)]),
        "314_0": ([], [("$ORIGIN/../lib",)]),
    }[platform]
    assert {edit.why for edit in some(found, MoveFile)} <= {"to be found, once, by pkg/m.so"}


def test_the_folder_of_libraries_comes_first_where_installers_look_into_it(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "pkg/m.so": extension(text=USES, needed=("libdep.so",)),
        "lib/libdep.so": library('(func) (func (export "answer") (result i32) i32.const 1)'),
        "spam.libs/libdep.so": library(),
    }
    found = plan(tmp_path, files, "2024_0")
    assert not found.problems
    assert not some(found, MoveFile)


def test_a_library_that_another_one_hides_is_named_as_its_user_records_it(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "pkg/m.so": extension(text=USES, needed=("libdep.so.1",)),
        "pkg/libdep.so.1.2": library(),
        "libdep.so.1.2": library('(func) (func (export "answer") (result i32) i32.const 1)'),
    }
    (problem,) = plan(tmp_path, files).problems
    assert (problem.path, problem.name) == ("pkg/m.so", "libdep.so.1")
    assert problem.reason == "the loader takes libdep.so.1.2 for it, which is another file of that name"


@pytest.mark.parametrize(
    "text", ["import ctypes", "from cffi import FFI", '{"path": "lib/libdep.so"}', "x = 'libdep'"]
)
def test_what_a_program_may_open_is_not_moved_without_a_word(tmp_path: Path, text: str) -> None:
    files: dict[str, str | bytes] = {
        "pkg/m.so": extension(text=USES, needed=("libdep.so",)),
        "lib/libdep.so": library(),
        "pkg/load.py": text,
    }
    found = plan(tmp_path / "2024", files, "2024_0")
    assert only(found, MoveFile).safety is Safety.RISKY
    # It is found through a path upwards, which is better than to break the program.
    found = plan(tmp_path / "2025", files, "2025_0")
    assert not some(found, MoveFile)
    assert only(found, ChangeRunPaths).new == ("$ORIGIN/../lib",)


def test_what_is_left_undone_takes_nothing_with_it(tmp_path: Path) -> None:
    """One library may be opened by name, so that its user is not edited: then no other one moves."""
    more = library('(func (export "more"))')
    files: dict[str, str | bytes] = {
        "pkg/m.so": extension(text=USES, needed=("libdep.so", "libmore.so", "libtwin.so.1")),
        "lib/libdep.so": library(),
        "lib/libmore.so": more,
        "pkg/libtwin.so": library("(func)"),
        "pkg/libtwin.so.1": library("(func)"),
        "pkg/data.json": '{"path": "lib/libdep.so"}',
    }
    found = plan(tmp_path, files, "2024_0")
    assert {(edit.path, edit.safety) for edit in some(found, MoveFile)} == {
        ("lib/libdep.so", Safety.RISKY),
        ("lib/libmore.so", Safety.RISKY),
    }
    assert only(found, DropFile).safety is Safety.RISKY


def test_names_with_versions_and_folders(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "pkg/m.so": extension(text=USES, needed=("/home/ci/libdep.so.1", "./libmore.so")),
        "pkg/libdep.so.1.2": library(),
        "pkg/libmore.so": library("(func)"),
    }
    found = plan(tmp_path, files)
    assert only(found, ChangeNeeded).new == ("libdep.so.1.2", "libmore.so")
    assert only(found, ChangeRunPaths).new == ("$ORIGIN",)


def test_copies_become_one(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "pkg/m.so": extension(text=USES, needed=("libdep.so.1",), run_paths=("$ORIGIN",)),
        "pkg/libdep.so": library(),
        "pkg/libdep.so.1": library(),
        "pkg/libdep.so.1.2": library(),
        "pkg/libalone.so": library("(func)"),
        "other/libalone.so": library("(func)"),
    }
    found = plan(tmp_path / "a", files)
    assert [(edit.path, edit.same_as) for edit in some(found, DropFile)] == [
        ("pkg/libdep.so", "pkg/libdep.so.1"),
        ("pkg/libdep.so.1.2", "pkg/libdep.so.1"),
    ]
    files["pkg/x.py"] = "import ctypes"
    assert not some(plan(tmp_path / "b", files), DropFile)


def test_two_libraries_of_one_name_are_not_taken_for_each_other(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "pkg/m.so": extension(text=USES, needed=("libdep.so",)),
        "n/n.so": extension("n", USES, needed=("libdep.so",)),
        "pkg/lib/libdep.so": library(),
        "n/libdep.so": library('(func) (func (export "answer") (result i32) i32.const 1)'),
    }
    found = plan(tmp_path, files)
    assert not found.problems
    assert {edit.path: edit.new for edit in some(found, ChangeRunPaths)} == {
        "n/n.so": ("$ORIGIN",),
        "pkg/m.so": ("$ORIGIN/lib",),
    }
    files["pkg/more/libdep.so"] = files["n/libdep.so"]
    (problem,) = plan(tmp_path, files).problems
    assert "several files have that name" in problem.reason


def test_a_plugin_gets_to_need_what_it_uses(tmp_path: Path) -> None:
    exports = '(func (export "answer") (result i32) i32.const 42)'
    files: dict[str, str | bytes] = {
        "pkg/_core.so": extension("_core", exports),
        "pkg/plugin.so": extension("plugin", USES),
    }
    found = plan(tmp_path / "a", files)
    change = only(found, ChangeNeeded)
    assert (change.path, change.new, change.mends) == ("pkg/plugin.so", ("_core.so",), ("ABI201",))
    assert only(found, ChangeRunPaths).new == ("$ORIGIN",)
    files["pkg/_extra.so"] = extension("_extra", '(func (export "more"))')
    files["pkg/plugin.so"] = extension("plugin", f'{USES} (import "env" "more" (func))')
    assert only(plan(tmp_path / "both", files), ChangeNeeded).new == ("_core.so", "_extra.so")
    files["pkg/plugin.so"] = extension("plugin", USES)
    # Which of two is meant cannot be known, nor whether another type is.
    assert not some(
        plan(tmp_path / "b", {**files, "pkg/_more.so": extension("_more", exports)}), ChangeNeeded
    )
    other = '(func (export "answer") (result i64) i64.const 42)'
    assert not some(plan(tmp_path / "c", {**files, "pkg/_core.so": extension("_core", other)}), ChangeNeeded)


def test_an_extension_module_elsewhere_would_be_loaded_twice(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "pkg/_core.so": extension("_core", '(func (export "answer") (result i32) i32.const 42)'),
        "pkg/plugins/plugin.so": extension("plugin", USES),
    }
    assert not some(plan(tmp_path / "a", files, "2025_0"), ChangeNeeded)
    assert only(plan(tmp_path / "b", files, "314_0"), ChangeRunPaths).new == ("$ORIGIN/..",)
