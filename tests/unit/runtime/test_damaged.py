"""A release that was changed in the cache: not held against a wheel, and fetched again."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from fake_node import BOOTED, DONE, entered, imported, left, make_node_host
from made_wheels import make_wheel

from pyodide_abi.platforms import load_platform
from pyodide_abi.runtime import releases
from pyodide_abi.runtime.account import Outcome
from pyodide_abi.runtime.program import Program, run_python
from pyodide_abi.runtime.verify import verify_wheel
from pyodide_abi.store import Store
from pyodide_abi.values import replace

if TYPE_CHECKING:
    from pathlib import Path

    from pyodide_abi.host import Host

RUNTIME = load_platform("314_0").runtimes[0]
SUFFIX = ".cpython-314-wasm32-emscripten.so"
PLACE = f"/site/pkg/one{SUFFIX}"
FINE = [BOOTED, entered(PLACE), left(PLACE), entered(PLACE), left(PLACE), imported(PLACE), DONE]
ODD = [BOOTED, entered(PLACE), left(PLACE, "SystemError", "odd"), imported(PLACE, "SystemError: odd"), DONE]
DEAD = [{"kind": "died", "text": "CompileError: section out of bounds"}, 134]


class Machine:
    """A host whose release fails in this way for as long as one of its bytes is another."""

    def __init__(self, root: Path, failing: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
        self.failing = failing
        self.fetched = 0
        self.right = b"right"
        self.said: list[str] = []
        host = make_node_host(root, self.driver, [])
        self.host: Host = replace(host, store=Store(host.store.root, self.said.append))
        monkeypatch.setattr(releases, "fetch_archive", lambda *_: b"")
        monkeypatch.setattr(releases, "unpack_archive", self.unpack)

    def unpack(self, _data: bytes, folder: Path, _package: object) -> None:
        self.fetched += 1
        for name in ("pyodide.mjs", "python_stdlib.zip"):
            (folder / name).write_bytes(b"right")

    def driver(self, request: dict[str, Any]) -> list[Any]:
        stdlib = self.host.store.root / "runtimes" / RUNTIME.version / "python_stdlib.zip"
        if stdlib.read_bytes() != self.right:
            return self.failing
        return [BOOTED, DONE] if request["probe"] is None else FINE

    def damage(self) -> None:
        """Change a byte in a way that neither size nor time show."""
        file = releases.install_release(RUNTIME.release, self.host) / "python_stdlib.zip"
        before = file.stat()
        file.write_bytes(b"wrong")
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize("failing", [ODD, DEAD])
def test_a_wheel_is_loaded_in_the_release_that_was_published(
    failing: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = Machine(tmp_path, failing, monkeypatch)
    machine.damage()
    files: dict[str, str | bytes] = {f"pkg/one{SUFFIX}": b"\0asm"}
    wheel = make_wheel(tmp_path, "pkg-1-cp314-cp314-pyemscripten_2026_0_wasm32.whl", files)
    verification = verify_wheel(wheel, [RUNTIME], machine.host)
    assert [result.outcome for result in verification.results] == [Outcome.LOADED]
    assert machine.fetched == 2
    assert "is damaged (python_stdlib.zip)" in machine.said[0]


def test_a_program_runs_in_the_release_that_was_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = Machine(tmp_path, DEAD, monkeypatch)
    machine.damage()
    finished = run_python(Program(args=("-c", "pass"), cwd=tmp_path), RUNTIME.release, machine.host)
    assert (finished.status, finished.died) == (0, "")
    assert machine.fetched == 2


def test_a_whole_release_that_fails_is_not_fetched_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = Machine(tmp_path, DEAD, monkeypatch)
    monkeypatch.setattr(machine, "right", b"never")
    finished = run_python(Program(args=("-c", "pass"), cwd=tmp_path), RUNTIME.release, machine.host)
    assert "CompileError" in finished.died
    assert machine.fetched == 1
