from __future__ import annotations

from importlib.metadata import distributions
from typing import TYPE_CHECKING

from made_wheels import make_wheel

from pyodide_abi.runtime.site import unpack

if TYPE_CHECKING:
    from pathlib import Path


def test_a_wheel_is_installed_with_its_metadata(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "pkg/__init__.py": "x = 1\n",
        "pkg-1.0.data/purelib/pure.py": "",
        "pkg-1.0.data/platlib/plat/_ext.so": b"\0asm",
        "pkg-1.0.data/scripts/tool": "#!python\n",
    }
    wheel = make_wheel(tmp_path, "pkg-1.0-py3-none-any.whl", files)
    site = tmp_path / "site"
    site.mkdir()
    unpack([wheel], site)
    assert (site / "pkg" / "__init__.py").read_text("utf-8") == "x = 1\n"
    assert (site / "pure.py").is_file()
    assert (site / "plat" / "_ext.so").read_bytes() == b"\0asm"
    assert not list(site.rglob("tool")), "a script has no place in site-packages"
    (found,) = distributions(path=[str(site)])
    assert (found.name, found.version) == ("pkg", "1.0")
    assert found.read_text("INSTALLER") == "pyodide-abi\n"
    recorded = {str(file) for file in found.files or []}
    assert {"pkg/__init__.py", "pkg-1.0.dist-info/INSTALLER"} <= recorded
