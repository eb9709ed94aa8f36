"""Releases are installed whole, whoever is interrupted and however many ask at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from real_host import pyodide_abi, real_host

from pyodide_abi.errors import DigestError
from pyodide_abi.platforms import find_runtime
from pyodide_abi.runtime.releases import install_release, installed_folder
from pyodide_abi.values import replace

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.integration

RELEASE = find_runtime("314.0.7").release
VERSION = ("run", "--runtime", RELEASE.version, "--cache-dir", "cache", "--", "-V")


def unfinished(cache: Path) -> list[Path]:
    folder = cache / ".partial"
    return list(folder.iterdir()) if folder.is_dir() else []


def test_two_processes_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(pyodide_abi, *VERSION, cwd=tmp_path) for _ in range(2)]
        done = [future.result() for future in both]
    assert [process.returncode for process in done] == [0, 0], [process.stderr for process in done]
    assert {process.stdout.strip().decode() for process in done} == {f"Python {RELEASE.python}"}
    assert unfinished(tmp_path / "cache") == []


def test_killed_in_the_middle_and_started_again(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    process = subprocess.Popen(
        [sys.executable, "-m", "pyodide_abi", *VERSION],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    with process:
        deadline = time.monotonic() + 60
        while not unfinished(cache) and time.monotonic() < deadline:
            time.sleep(0.005)
        os.kill(process.pid, signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert unfinished(cache), "it was killed while it worked"
    assert installed_folder(RELEASE, real_host(cache)) is None
    done = pyodide_abi(*VERSION, cwd=tmp_path)
    assert (done.returncode, done.stdout.strip().decode()) == (0, f"Python {RELEASE.python}"), done.stderr
    assert unfinished(cache) == []


def test_offline_with_an_empty_cache(tmp_path: Path) -> None:
    done = pyodide_abi(*VERSION[:5], "--offline", *VERSION[5:], cwd=tmp_path)
    assert done.returncode == 3
    error = done.stderr.decode()
    assert f"error: the runtime release {RELEASE.version} is not in the cache" in error
    assert "without --offline" in error


def test_offline_with_a_warm_cache(tmp_path: Path) -> None:
    install_release(RELEASE, real_host())
    done = pyodide_abi("run", "--offline", "--runtime", RELEASE.version, "--", "-V", cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_what_the_registry_gives_has_to_be_what_was_pinned(tmp_path: Path) -> None:
    host = real_host(tmp_path)
    wrong = replace(RELEASE, integrity=find_runtime("314.0.0").release.integrity)
    with pytest.raises(DigestError, match="is not the published release"):
        install_release(wrong, host)
    assert installed_folder(RELEASE, host) is None
