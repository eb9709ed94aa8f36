"""The lock file of a distribution."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from made_wheels import make_wheel

from pyodide_abi.audit import audit_file
from pyodide_abi.distribution.lock import NAME, imports_of, lock_text
from pyodide_abi.distribution.resolution import ResolvedPackage
from pyodide_abi.distribution.work import Made, WorkStatus
from pyodide_abi.files import sha256_of
from pyodide_abi.wheel import open_wheel

if TYPE_CHECKING:
    from pathlib import Path

INFO = {"abi_version": "2026_0", "arch": "wasm32", "platform": "emscripten_5_0_3", "python": "3.14.2"}
FILE = "spam_lib-1.0-py3-none-any.whl"


def package(name: str, *needs: str) -> ResolvedPackage:
    return ResolvedPackage(name=name, version="1.0", needs=needs, sdist=None, wheels=())


def made(folder: Path, name: str, status: WorkStatus = WorkStatus.BUILT) -> Made:
    distribution = name.replace("-", "_")
    file = make_wheel(folder, f"{distribution}-1.0-py3-none-any.whl", {f"{distribution}/__init__.py": ""})
    return Made(
        name=name, version="1.0", status=status, reason="", file=file.name, sha256=sha256_of(file), size=1
    )


def test_the_audit_has_nothing_against_it(tmp_path: Path) -> None:
    release, outdir = tmp_path / "release", tmp_path / "out"
    release.mkdir()
    (release / NAME).write_text(json.dumps({"info": INFO, "packages": {"numpy": {}}}))
    results = {name: made(outdir, name) for name in ("spam-lib", "eggs")}
    results["bad"] = made(outdir, "bad", WorkStatus.FAILED)
    packages = [package("spam-lib", "eggs", "bad"), package("eggs"), package("bad")]
    (outdir / NAME).write_text(lock_text(packages, results, outdir, release))
    lock = json.loads((outdir / NAME).read_text())
    assert lock["info"] == INFO
    assert list(lock["packages"]) == ["eggs", "spam-lib"]
    entry = lock["packages"]["spam-lib"]
    assert (entry["file_name"], entry["imports"], entry["depends"]) == (FILE, ["spam_lib"], ["eggs"])
    assert audit_file(outdir / NAME).findings == ()


def test_imports_are_what_can_be_imported(tmp_path: Path) -> None:
    files = dict.fromkeys(
        [
            "single.py",
            "_native.cpython-314-wasm32-emscripten.so",
            "_stable.abi3.so",
            "pkg/__init__.py",
            "namespace/part/module.py",
            "data/table.csv",
            "not-a-name/module.py",
            "spam-1.0.data/purelib/moved.py",
            "spam-1.0.data/scripts/script.py",
            "distutils-precedence.pth",
        ],
        "",
    )
    with open_wheel(make_wheel(tmp_path, "spam-1.0-py3-none-any.whl", files)) as wheel:
        assert imports_of(wheel) == ["_native", "_stable", "moved", "namespace", "pkg", "single"]
