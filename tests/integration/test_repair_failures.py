"""A repair that is killed, has no room, may not write or is not alone: nothing half done, nothing lost."""

from __future__ import annotations

import ctypes
import os
import random
import resource
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from patience import HANGS, WORK_HANGS
from real_host import pyodide_abi
from wheels_to_repair import extension, library, wheel_of

from pyodide_abi.audit import audit_file
from pyodide_abi.wheel import open_wheel

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.integration

MEBIBYTE = 1 << 20


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """A wheel that takes its time to write: it needs a library, and is of bytes that do not compress."""
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "libdep.so").write_bytes(library())
    noise = random.Random(1).randbytes(8 * MEBIBYTE)  # noqa: S311 - no secret
    module = extension(text='(import "env" "answer" (func (result i32)))', needed=("libdep.so",))
    # A custom section without a name, whose size is written in five bytes.
    size = bytes((len(noise) + 1 >> shift & 0x7F) | 0x80 for shift in (0, 7, 14, 21)) + b"\0"
    files: dict[str, str | bytes] = {"pkg/m.so": module + b"\0" + size + b"\0" + noise}
    return wheel_of(tmp_path / "dist", files)


def command(wheel: Path, *words: str) -> list[str]:
    folder = str(wheel.parent.parent / "lib")
    return [sys.executable, "-m", "pyodide_abi", "repair", "-q", "-L", folder, *words, str(wheel)]


def wheels_in(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.whl")) if folder.exists() else []


def test_killed_at_any_moment(wheel: Path) -> None:
    before = wheel.read_bytes()
    started = time.monotonic()
    subprocess.run(command(wheel, "-w", str(wheel.parent / "whole")), check=True, timeout=HANGS)
    whole = time.monotonic() - started
    right = (wheel.parent / "whole" / wheel.name).read_bytes()
    killed = 0
    for moment in range(2, 6):
        for words in (["-w", str(wheel.parent / "new")], ["--in-place"]):
            process = subprocess.Popen(command(wheel, *words), start_new_session=True)
            try:
                process.wait(whole * moment / 6)
            except subprocess.TimeoutExpired:
                process.kill()
                killed += process.wait() == -signal.SIGKILL
            found = wheel.read_bytes()
            assert found in (before, right)
            wheel.write_bytes(before)
            # Under the name of a wheel there are whole wheels only, the folder of a killed repair included.
            for left in wheels_in(wheel.parent):
                assert left.read_bytes() in (before, right), left
    assert killed >= 4
    for words in (["-w", str(wheel.parent / "new")], ["--in-place"]):
        assert subprocess.run(command(wheel, *words), check=False, timeout=HANGS).returncode == 0
    assert wheel.read_bytes() == right
    assert not list(wheel.parent.rglob(".*")), "what the killed ones left is gone"


def test_a_file_that_may_not_grow(wheel: Path, tmp_path: Path) -> None:
    """A disk that is full in the middle of the wheel, as the system reports it."""
    before = wheel.read_bytes()

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (3 * MEBIBYTE, 3 * MEBIBYTE))

    for words in (["-w", str(tmp_path / "new")], ["--in-place"]):
        done = subprocess.run(
            command(wheel, *words), preexec_fn=limit, capture_output=True, check=False, timeout=HANGS
        )
        assert done.returncode == 2
        folder = tmp_path / "new" if "-w" in words else wheel.parent
        assert f"error: {folder}: File too large" in done.stderr.decode()
        assert b"Traceback" not in done.stderr
        assert wheel.read_bytes() == before
        assert not wheels_in(tmp_path / "new")
        assert os.listdir(wheel.parent) == [wheel.name]  # noqa: PTH208 - hidden ones too


def bow_to_permissions() -> None:
    """Give up what lets the superuser write where nobody may (capabilities(7)); others have it not."""
    drop_from_bounding_set, dac_override = 24, 1
    ctypes.CDLL(None).prctl(drop_from_bounding_set, dac_override, 0, 0, 0)


def test_a_folder_that_may_not_be_written(wheel: Path, tmp_path: Path) -> None:
    before = wheel.read_bytes()
    closed = tmp_path / "closed"
    closed.mkdir()
    closed.chmod(0o555)
    wheel.parent.chmod(0o555)
    try:
        for words in (["-w", str(closed)], ["--in-place"]):
            done = subprocess.run(
                command(wheel, *words),
                preexec_fn=bow_to_permissions,
                capture_output=True,
                check=False,
                timeout=HANGS,
            )
            assert done.returncode == 2
            assert b"Permission denied" in done.stderr
            assert b"Traceback" not in done.stderr
    finally:
        wheel.parent.chmod(0o755)
    assert wheel.read_bytes() == before
    assert not list(closed.iterdir())


@pytest.mark.parametrize("words", [["-w", "new"], ["--in-place"]])
def test_two_at_once(wheel: Path, words: list[str]) -> None:
    before = wheel.read_bytes()
    processes = [subprocess.Popen(command(wheel, *words), cwd=wheel.parent) for _ in range(3)]
    assert [process.wait(timeout=WORK_HANGS) for process in processes] == [0, 0, 0]
    made = wheel if words == ["--in-place"] else wheel.parent / "new" / wheel.name
    assert not audit_file(made).failed
    with open_wheel(made) as opened:
        assert not opened.verify_record()
    assert made == wheel or wheel.read_bytes() == before
    assert not list(wheel.parent.rglob(".*"))


def test_as_cibuildwheel_calls_it(wheel: Path, tmp_path: Path) -> None:
    """``repair-wheel-command = "pyodide-abi repair -w {dest_dir} {wheel}"``: one wheel in an empty folder."""
    place = tmp_path / "repaired wheel"
    place.mkdir()
    environ = {"PYODIDE_ABI_LIB_DIR": str(tmp_path / "lib")}
    done = pyodide_abi("repair", "-w", place, wheel, cwd=tmp_path, environ=environ)
    assert done.returncode == 0, done.stderr
    assert [path.name for path in place.iterdir()] == [wheel.name]
