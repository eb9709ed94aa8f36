"""A wheel says which compiler made it, where that is not the platform's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from made_builds import made_target

from pyodide_abi.build.wheels import _other_compiler
from pyodide_abi.values import replace

if TYPE_CHECKING:
    from pathlib import Path


def test_only_another_compiler_is_told(tmp_path: Path) -> None:
    target = made_target(tmp_path)
    assert _other_compiler(target) == ()
    other = replace(target, toolchain=replace(target.toolchain, emscripten="6.0.5"))
    assert _other_compiler(other) == (("Compiled-With", "Emscripten 6.0.5; 314_0 names 5.0.3"),)
