"""What of a wheel is tried, and how."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from made_wheels import make_wheel

from pyodide_abi.platforms import load_platform
from pyodide_abi.runtime.attempts import imports_of
from pyodide_abi.wheel import open_wheel

if TYPE_CHECKING:
    from pathlib import Path

MODULE = b"\0asm\1\0\0\0"
SUFFIX = ".cpython-314-wasm32-emscripten.so"


@pytest.mark.parametrize(
    ("files", "imported"),
    [
        ({f"a/b{SUFFIX}": MODULE, "a/__init__.py": b""}, [("a.b", f"a/b{SUFFIX}")]),
        # A package that opens its libraries itself.
        ({"a/lib/libx.so": MODULE, "a/__init__.py": b""}, [("a", "a/__init__.py")]),
        ({"a.libs/libx.so": MODULE, "b/__init__.py": b""}, [("b", "b/__init__.py")]),
        # A package is imported with its module.
        (
            {f"a/b{SUFFIX}": MODULE, "a/libx.so": MODULE, "a/__init__.py": b""},
            [("a.b", f"a/b{SUFFIX}")],
        ),
        ({"a/__init__.py": b""}, []),
    ],
)
def test_what_is_imported_of_an_installed_wheel(
    files: dict[str, bytes], imported: list[tuple[str, str]], tmp_path: Path
) -> None:
    wheel = make_wheel(tmp_path, "x-1-cp314-cp314-pyemscripten_2026_0_wasm32.whl", dict(files))
    with open_wheel(wheel) as opened:
        found = imports_of(opened, [load_platform("314_0")])
    assert [(attempt.module, attempt.path) for attempt in found] == imported
