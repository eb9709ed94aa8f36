"""Small wheels with native files, for the tests of repairs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from made_modules import side_module
from made_wheels import make_wheel

from pyodide_abi.platforms import load_platform

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PYTHONS = {"2024_0": "cp312", "2025_0": "cp313", "314_0": "cp314"}


def extension(
    name: str = "m", text: str = "", *, needed: tuple[str, ...] = (), run_paths: tuple[str, ...] = ()
) -> bytes:
    """An extension module."""
    init = f'(func (export "PyInit_{name}") (result i32) i32.const 0)'
    return side_module(text + init, needed=needed, run_paths=run_paths)


def library(
    text: str = '(func (export "answer") (result i32) i32.const 42)',
    *,
    needed: tuple[str, ...] = (),
    run_paths: tuple[str, ...] = (),
) -> bytes:
    """A library."""
    return side_module(text, needed=needed, run_paths=run_paths)


def wheel_of(folder: Path, files: Mapping[str, str | bytes], platform: str = "314_0") -> Path:
    """A wheel for a platform."""
    python = PYTHONS[platform]
    tag = load_platform(platform).tag
    return make_wheel(folder, f"spam-1.0-{python}-{python}-{tag}.whl", files)
