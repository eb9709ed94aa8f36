"""Wheels of the index: their modules are edited and edited back, and repaired they load as before."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from real_host import pyodide_abi, real_host
from real_wheels import PINNED, real_wheel

from pyodide_abi.platforms import platform_of_tag
from pyodide_abi.runtime.account import Outcome
from pyodide_abi.runtime.verify import verify_wheel
from pyodide_abi.wasm import read_module
from pyodide_abi.wasm.edit import ModuleEdit, edit_module
from pyodide_abi.wheel import open_wheel

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.integration


@pytest.mark.parametrize(("name", "tag", "python"), PINNED)
def test_every_module_is_edited_and_edited_back(name: str, tag: str, python: str) -> None:
    with open_wheel(real_wheel(name, tag, python)) as wheel:
        modules = [member.name for member in wheel.members if member.name.endswith(".so")]
        assert modules
        for path in modules:
            data = wheel.read(path)
            module = read_module(data)
            dylink = module.dylink
            assert dylink is not None
            assert edit_module(module, ModuleEdit()) == data
            more = ModuleEdit(needed=(*dylink.needed, "libmore.so"), run_paths=("/nowhere",))
            edited = edit_module(module, more)
            assert edited != data
            back = ModuleEdit(needed=dylink.needed, run_paths=dylink.runtime_paths)
            assert edit_module(read_module(edited), back) == data


@pytest.mark.parametrize(
    ("name", "tag", "python", "status"),
    [
        ("awkward-cpp", "pyemscripten_2025_0_wasm32", "3.13", 0),
        ("awkward-cpp", "pyemscripten_2026_0_wasm32", "3.14", 0),
        # Its console functions are nobody's: an error that bytes do not mend.
        ("cadquery-ocp-novtk-ocp-wasm", "pyemscripten_2026_0_wasm32", "3.14", 1),
    ],
)
def test_repaired_they_load_as_before_and_are_not_larger(
    name: str, tag: str, python: str, status: int, tmp_path: Path
) -> None:
    wheel = real_wheel(name, tag, python)
    done = pyodide_abi("repair", wheel, "-w", tmp_path / "new", "--format", "json", cwd=tmp_path)
    assert done.returncode == status, done.stderr
    (said,) = json.loads(done.stdout)["results"]
    assert said["size"]["after"] <= said["size"]["before"]
    new = tmp_path / "new" / wheel.name
    platform = platform_of_tag(tag)
    assert platform is not None
    verification = verify_wheel(new, platform.runtimes[-1:], real_host(), jobs=2)
    assert {result.outcome for result in verification.results} == {Outcome.LOADED}
    again = pyodide_abi("repair", new, "-w", tmp_path / "again", cwd=tmp_path)
    assert (b"no edit of bytes mends it" if status else b"nothing to repair") in again.stdout
    assert (tmp_path / "again" / wheel.name).read_bytes() == new.read_bytes()
