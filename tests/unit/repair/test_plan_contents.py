"""Plans for what a wheel holds beside its libraries: needless exports, sections, times and tags."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from plans import USES, only, plan, shelf, some
from wheels_to_repair import extension, library, wheel_of

from pyodide_abi.errors import UsageError
from pyodide_abi.repair.edits import (
    AddLibrary,
    DropExports,
    DropSections,
    Normalise,
    Retag,
    Safety,
)
from pyodide_abi.repair.plan import Wishes
from pyodide_abi.repair.repair_wheel import plan_wheel

if TYPE_CHECKING:
    from pathlib import Path


def test_exports_that_nobody_imports_go(tmp_path: Path) -> None:
    text = '(func (export "used")) (func (export "idle")) (func (export "__wasm_call_ctors"))'
    files: dict[str, str | bytes] = {
        "pkg/m.so": extension(text=text),
        "pkg/n.so": extension("n", '(import "env" "used" (func))', needed=("m.so",), run_paths=("$ORIGIN",)),
    }
    found = only(plan(tmp_path / "a", files), DropExports)
    assert (found.path, found.names, found.safety) == ("pkg/m.so", ("idle",), Safety.SAFE)
    files["pkg/x.py"] = "from ctypes import CDLL"
    assert only(plan(tmp_path / "b", files), DropExports).safety is Safety.RISKY
    files["pkg/x.py"] = ""
    files["pkg/o.so"] = extension("o", '(import "env" "dlsym" (func (param i32 i32) (result i32)))')
    assert only(plan(tmp_path / "c", files), DropExports).safety is Safety.RISKY


def test_libraries_keep_what_others_may_want(tmp_path: Path) -> None:
    text = '(func (export "answer") (result i32) i32.const 42) (func (export "idle"))'
    alone: dict[str, str | bytes] = {"pkg/m.so": extension(), "pkg/libdep.so": library(text)}
    assert not some(plan(tmp_path / "a", alone), DropExports)
    needed = {**alone, "pkg/m.so": extension(text=USES, needed=("libdep.so",), run_paths=("$ORIGIN",))}
    assert only(plan(tmp_path / "b", needed), DropExports).safety is Safety.RISKY
    folders = shelf(tmp_path / "lib", libdep=library(text))
    brought = {"pkg/m.so": needed["pkg/m.so"]}
    found = plan(tmp_path / "c", brought, folders=folders)
    assert only(found, DropExports).safety is Safety.SAFE
    assert only(found, DropExports).path == only(found, AddLibrary).path


def test_sections_for_debuggers_go(tmp_path: Path) -> None:
    module = extension() + b"\0\x0c\x0b.debug_info" + b"\0\x05\x04name" + b"\0\x05\x04more"
    found = only(plan(tmp_path / "a", {"pkg/m.so": module}, keep_names=False), DropSections)
    assert set(found.names) == {"name", ".debug_info"}
    assert only(plan(tmp_path / "b", {"pkg/m.so": module}), DropSections).names == (".debug_info",)


def test_tags(tmp_path: Path) -> None:
    found = plan(tmp_path, {"pkg/m.so": extension()}, "2025_0", tags=("pyemscripten_2025_0_wasm32",))
    assert only(found, Retag).new == "spam-1.0-cp313-cp313-pyemscripten_2025_0_wasm32.whl"
    with pytest.raises(UsageError, match="is not a name of the platform"):
        plan(tmp_path, {"pkg/m.so": extension()}, "2025_0", tags=("pyemscripten_2026_0_wasm32",))


def test_times_are_normal_or_not(tmp_path: Path) -> None:
    found = plan(tmp_path, {"pkg/m.so": extension()}, timestamp=1_700_000_000)
    assert only(found, Normalise).safety is Safety.SAFE


def test_what_is_no_wheel_of_ours(tmp_path: Path) -> None:
    path = wheel_of(tmp_path, {"pkg/m.so": extension()})
    other = path.with_name("spam-1.0-cp314-cp314-linux_x86_64.whl")
    path.rename(other)
    with pytest.raises(UsageError, match="names none of our platforms") as caught:
        plan_wheel(other, Wishes())
    assert caught.value.hint is not None
    assert "--tag pyemscripten_2026_0_wasm32" in caught.value.hint


@pytest.mark.parametrize("wrong", ["linux_x86_64", "pyodide_2025_0_wasm32"])
def test_a_wrong_tag_gives_way_to_the_one_that_the_contents_fit(wrong: str, tmp_path: Path) -> None:
    module = "pkg/m.cpython-314-wasm32-emscripten.so"
    path = wheel_of(tmp_path, {module: extension()})
    other = path.rename(path.with_name(f"spam-1.0-cp314-cp314-{wrong}.whl"))
    plan = plan_wheel(other, Wishes(tags=("pyemscripten_2026_0_wasm32",), keep_names=True))
    retag = only(plan, Retag)
    assert retag.new == "spam-1.0-cp314-cp314-pyemscripten_2026_0_wasm32.whl"
    assert retag.why == "the platform that its contents fit"
    assert plan.platform == "314_0"


@pytest.mark.parametrize(
    ("name", "module", "tag", "said"),
    [
        # The contents speak against the tag that is wished for.
        ("linux_x86_64", "m.cpython-314-wasm32-emscripten.so", "pyodide_2025_0_wasm32", "names none"),
        # Nothing speaks against its own.
        ("pyodide_2026_0_wasm32", "m.abi3.so", "pyodide_2025_0_wasm32", "is not a name of the platform"),
        ("linux_x86_64", "m.cpython-314-wasm32-emscripten.so", "linux_aarch64", "names none"),
    ],
)
def test_a_tag_that_the_contents_do_not_fit_is_refused(
    name: str, module: str, tag: str, said: str, tmp_path: Path
) -> None:
    path = wheel_of(tmp_path, {f"pkg/{module}": extension()})
    other = path.rename(path.with_name(f"spam-1.0-cp314-cp314-{name}.whl"))
    with pytest.raises(UsageError, match=said):
        plan_wheel(other, Wishes(tags=(tag,)))


def test_a_wheel_for_another_machine_gets_no_tag_of_ours(tmp_path: Path) -> None:
    path = wheel_of(tmp_path, {"pkg/m.cpython-314-wasm32-emscripten.so": b"\x7fELF" + bytes(60)})
    other = path.rename(path.with_name("spam-1.0-cp314-cp314-linux_x86_64.whl"))
    with pytest.raises(UsageError, match="names none of our platforms") as caught:
        plan_wheel(other, Wishes(tags=("pyemscripten_2026_0_wasm32",)))
    assert caught.value.hint == "'pyodide-abi platforms' lists them"


@pytest.mark.parametrize(
    ("tags", "suffix", "new"),
    [
        ("cp313-cp313", "cpython-314-wasm32-emscripten", "cp314-cp314"),
        ("cp314-cp314", "cpython-314-wasm32-emscripten", "cp314-cp314"),
        ("cp312-abi3", "abi3", "cp312-abi3"),
    ],
)
def test_a_tag_of_another_platform_brings_its_cpython(
    tags: str, suffix: str, new: str, tmp_path: Path
) -> None:
    only_new = extension(text='(import "env" "PyUnicodeWriter_Create" (func (param i32) (result i32)))')
    path = wheel_of(tmp_path, {f"pkg/m.{suffix}.so": only_new})
    other = path.rename(path.with_name(f"spam-1.0-{tags}-pyemscripten_2025_0_wasm32.whl"))
    plan = plan_wheel(other, Wishes(tags=("pyemscripten_2026_0_wasm32",)))
    assert only(plan, Retag).new == f"spam-1.0-{new}-pyemscripten_2026_0_wasm32.whl"


@pytest.mark.parametrize(("suffix", "written"), [("cpython-314-wasm32-emscripten", False), ("abi3", True)])
def test_a_wrong_name_is_not_written_into_the_wheel(suffix: str, *, written: bool, tmp_path: Path) -> None:
    path = wheel_of(tmp_path, {f"pkg/m.{suffix}.so": extension()})
    other = path.rename(path.with_name("spam-1.0-cp313-cp313-pyemscripten_2025_0_wasm32.whl"))
    assert bool(some(plan_wheel(other, Wishes()), Retag)) is written
