"""The commands that are for every system, in an interpreter without what only POSIX has.

The console has one of Windows' code pages.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from assembling import assemble, make_wheel
from patience import HANGS

pytestmark = pytest.mark.integration

WHEEL = "spam-1-cp314-cp314-pyemscripten_2026_0_wasm32.whl"
MODULE = "x.cpython-314-wasm32-emscripten.so"
AS_WINDOWS = Path(__file__).parents[1] / "as_windows.py"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    word = "".join(f"\\{byte:02x}" for byte in "λ中".encode())
    module = assemble(f'%dylink (import "env" "{word}" (func)) %init')
    make_wheel(tmp_path, WHEEL, {MODULE: module, "spam.dylibs/libd.so": assemble("%dylink")})
    (tmp_path / MODULE).write_bytes(module)
    (tmp_path / "console.txt").write_text("Error: bad export type for 'λ中': undefined\r\n", "utf-8")
    return tmp_path


@pytest.mark.parametrize("encoding", ["cp1252", "cp65001"])
@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["audit", WHEEL], 1),
        (["audit", WHEEL, "--format", "sarif", "--output", "found.sarif", "--jobs", "2"], 1),
        (["audit", WHEEL, "--write-baseline", "known.json"], 0),
        (["audit", MODULE, "--platform", "314_0", "--format", "html", "--output", "found.html"], 1),
        (["audit", "-", "--platform", "314_0"], 1),
        (["show", WHEEL, "--all"], 0),
        (["diff", WHEEL, WHEEL], 0),
        (["diff", "0.29.3", "0.29.4"], 0),
        (["explain", "console.txt"], 0),
        (["explain", "ABI201"], 0),
        (["repair", "--plan", WHEEL], 0),
        (["repair", "-w", "mended", WHEEL], 1),
        (["patch", "--add-rpath", "$ORIGIN", MODULE], 0),
        (["page", "--out", "page"], 0),
        (["platforms", "314_0"], 0),
        (["completion", "bash"], 0),
        (["runtime", "list"], 0),
    ],
    ids=lambda value: " ".join(value[:3]) if isinstance(value, list) else None,
)
def test_commands_for_every_system(words: list[str], status: int, encoding: str, folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, AS_WINDOWS, *words],
        cwd=folder,
        env={"HOME": os.environ["HOME"], "PYTHONIOENCODING": encoding, "PYTHONPATH": ":".join(sys.path)},
        input=(folder / MODULE).read_bytes(),
        capture_output=True,
        timeout=HANGS,
        check=False,
    )
    said = done.stderr.decode(encoding)
    assert done.returncode == status, said
    assert "fault of pyodide-abi" not in said
    assert b"Traceback" not in done.stdout + done.stderr
    done.stdout.decode(encoding)
    assert not [path.name for path in folder.iterdir() if "partial" in path.name]
