"""Python refuses to read a number of more than 4,300 digits, and a wheel's versions may have one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from assembling import make_wheel

from pyodide_abi.audit import audit_file

if TYPE_CHECKING:
    from pathlib import Path

LONG = "9" * 5000
WHEEL = "x-1-cp314-cp314-pyemscripten_2026_0_wasm32.whl"


@pytest.mark.parametrize(
    "header",
    [
        *(
            f"Requires-Python: {clause}"
            for clause in (f">=3.{LONG}", f"<{LONG}", f"=={LONG}.*", f"!=3.1.{LONG}")
        ),
        f"Requires-Dist: numpy>={LONG}",
        f"Requires-Dist: numpy==1.{LONG}.*",
        f'Requires-Dist: numpy<1; python_version > "{LONG}"',
    ],
)
def test_in_requirements_it_is_passed_over(tmp_path: Path, header: str) -> None:
    metadata = f"Metadata-Version: 2.1\nName: x\nVersion: 1\n{header}\n"
    file = make_wheel(tmp_path, WHEEL, {"x.py": b"", "x-1.dist-info/METADATA": metadata.encode()})
    assert not audit_file(file).findings


def test_in_the_version_it_is_another_one(tmp_path: Path) -> None:
    metadata = f"Metadata-Version: 2.1\nName: x\nVersion: {LONG}\n"
    file = make_wheel(tmp_path, WHEEL, {"x.py": b"", "x-1.dist-info/METADATA": metadata.encode()})
    assert [finding.code for finding in audit_file(file).findings] == ["ABI412"]
