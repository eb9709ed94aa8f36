"""Emscripten and CPython from Debian's archive: the real ones, in the shared cache and in a new one."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from patience import WORK_HANGS
from platformdirs import user_cache_path

from pyodide_abi.host import Host, Silence
from pyodide_abi.platforms import load_platform
from pyodide_abi.process import SystemRunner
from pyodide_abi.store import Store
from pyodide_abi.toolchain import Source, find_python, find_toolchain, find_uv
from pyodide_abi.wasm import read_module

if TYPE_CHECKING:
    from pyodide_abi.toolchain import Toolchain

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("toolchain-debian")]

FLAGS = ("-O2", "-fPIC", "-fwasm-exceptions", "-sSUPPORT_LONGJMP=wasm", "-sSIDE_MODULE=2")
CXX = """\
#include <csetjmp>
#include <stdexcept>
#include <string>
static std::jmp_buf place;
extern "C" int caught(int value) {
    try {
        if (value > 2) throw std::runtime_error(std::to_string(value));
    } catch (const std::exception &error) {
        return error.what()[0];
    }
    if (setjmp(place)) return -1;
    if (value) longjmp(place, value);
    return 0;
}
"""


def make_host(folder: Path, **environ: str) -> Host:
    return Host(
        environ={**os.environ, **environ}, runner=SystemRunner(), store=Store(folder), progress=Silence()
    )


@pytest.fixture(scope="module")
def shared() -> Host:
    return make_host(user_cache_path("pyodide-abi", appauthor=False))


@pytest.fixture(scope="module")
def toolchain(shared: Host) -> Toolchain:
    return find_toolchain(load_platform("2026_5"), shared, mismatch_allowed=True, source=Source.DEBIAN)


def run(host: Host, *argv: str | Path, cwd: Path | None = None) -> str:
    # Nothing of the toolchain may be needed from the environment.
    environ = {"PATH": os.defpath, "HOME": host.environ.get("HOME", "/")}
    done = host.runner.run(argv, environ=environ, cwd=cwd, timeout=WORK_HANGS)
    assert done.returncode == 0, done.stderr
    return done.stdout


def compile_module(toolchain: Toolchain, folder: Path, host: Host) -> Path:
    (folder / "sample.cpp").write_text(CXX)
    output = folder / "sample.so"
    run(host, toolchain.emxx, *FLAGS, "-sEXPORTED_FUNCTIONS=_caught", "sample.cpp", "-o", output, cwd=folder)
    return output


def test_it_makes_side_modules(toolchain: Toolchain, shared: Host, tmp_path: Path) -> None:
    module = read_module(compile_module(toolchain, tmp_path, shared).read_bytes())
    assert module.dylink is not None
    assert "caught" in {export.name for export in module.exports}


def test_every_program_runs(toolchain: Toolchain, shared: Host) -> None:
    for program in (
        toolchain.clang,
        toolchain.clangxx,
        toolchain.wasm_ld,
        toolchain.llvm_ar,
        toolchain.llvm_nm,
    ):
        assert toolchain.llvm in run(shared, program, "--version")
    assert "version" in run(shared, toolchain.binaryen / "wasm-opt", "--version")
    assert run(shared, toolchain.emcc, "-dumpversion").strip() == toolchain.emscripten
    assert "emar" not in run(shared, toolchain.emar, "--version")
    assert (toolchain.emscripten_root / "cmake/Modules/Platform/Emscripten.cmake").is_file()


def test_nothing_is_left_to_be_made_at_the_first_compilation(toolchain: Toolchain, tmp_path: Path) -> None:
    (tmp_path / "a.c").write_text("int f(void) { return 1; }\n")
    environ = {"PATH": os.defpath}
    done = SystemRunner().run([toolchain.emcc, *FLAGS, "a.c", "-o", "a.so"], environ=environ, cwd=tmp_path)
    assert done.returncode == 0
    assert "cache" not in done.stderr, "Emscripten says when it fills its cache"


def test_it_can_be_moved(toolchain: Toolchain, tmp_path: Path) -> None:
    """A copy under another name (of hard links: rewritten files are replaced, so the original is safe)."""
    before = toolchain.emcc.read_text()
    place = tmp_path / "other cache" / "toolchains" / toolchain.root.name
    shutil.copytree(toolchain.root, place, symlinks=True, copy_function=os.link)
    host = make_host(tmp_path / "other cache", PATH=os.defpath)
    moved = find_toolchain(load_platform("2026_5"), host, mismatch_allowed=True, source=Source.DEBIAN)
    assert moved.root == place
    for file in (moved.emcc, place / "emscripten.config"):
        assert str(toolchain.root) not in file.read_text()
    compile_module(moved, tmp_path, host)
    maps = run(host, moved.clang, "-print-resource-dir")
    assert Path(maps.strip()).resolve().is_relative_to(place)
    assert toolchain.emcc.read_text() == before


def test_it_serves_as_an_emcc_on_the_path(toolchain: Toolchain, tmp_path: Path) -> None:
    """The source ``path``, with a real ``emcc``: it is a launcher, so it has to be asked for everything."""
    host = make_host(tmp_path / "cache", PATH=f"{toolchain.emcc.parent}:{os.defpath}")
    found = find_toolchain(load_platform("2026_5"), host, mismatch_allowed=True, source=Source.PATH)
    assert (found.source, found.emscripten, found.llvm) == (Source.PATH, toolchain.emscripten, toolchain.llvm)
    assert found.emcc == toolchain.emcc
    for name in ("clang", "clangxx", "wasm_ld", "llvm_ar", "llvm_nm", "binaryen", "node", "emscripten_root"):
        assert getattr(found, name) == getattr(toolchain, name)


def test_the_system_is_not_changed(toolchain: Toolchain) -> None:
    """The libraries that clang loads are the unpacked ones; the host's own are not touched or used."""
    loader = next((toolchain.root / "tree/usr").glob("lib*/**/ld-linux-*.so.*"))
    listed = run(make_host(toolchain.root), loader, "--list", toolchain.clang.resolve())
    libraries = [line.split("=>")[1].split()[0] for line in listed.splitlines() if "=>" in line]
    assert libraries
    assert all(Path(one).resolve().is_relative_to(toolchain.root) for one in libraries)


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Host:
    """A machine with no CPython but the one that runs this, and no way to fetch one but Debian's archive."""
    folder = tmp_path_factory.mktemp("bare")
    return make_host(
        folder / "cache", PATH=os.defpath, HOME=str(folder), PYENV_ROOT="", UV_PYTHON_DOWNLOADS="never"
    )


SCRIPT = """\
import os, sys
from pathlib import Path
from pyodide_abi.cli.session import TerminalProgress
from pyodide_abi.host import Host
from pyodide_abi.process import SystemRunner
from pyodide_abi.store import Store
from pyodide_abi.toolchain import find_python
store, environ = Store(Path(sys.argv[1])), dict(os.environ)
host = Host(environ=environ, runner=SystemRunner(), store=store, progress=TerminalProgress(environ))
print(find_python("3.15", host).executable)
"""


def start(host: Host) -> subprocess.Popen[str]:
    argv = [sys.executable, "-c", SCRIPT, str(host.store.root)]
    return subprocess.Popen(
        argv, env=dict(host.environ), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_killed_in_the_middle_then_two_at_once(bare: Host) -> None:
    with start(bare) as victim:
        assert victim.stderr is not None
        for line in victim.stderr:
            if line.startswith("unpacking"):
                break
        else:
            pytest.fail("it never came to unpacking")
        victim.send_signal(signal.SIGKILL)
    assert not bare.store.keys("pythons"), "what is not complete is not there"
    with start(bare) as one, start(bare) as two:
        results = [process.communicate(timeout=WORK_HANGS) for process in (one, two)]
    assert one.returncode == two.returncode == 0, results
    executables = {out.strip().splitlines()[-1] for out, _ in results}
    assert len(executables) == 1
    assert sum("unpacking" in err for _, err in results) == 1, "one did the work, the other found it done"
    assert not list((bare.store.root / ".partial").iterdir())
    assert "3.15" in run(bare, executables.pop(), "--version")


def test_environments_of_it_import_binary_wheels(shared: Host, tmp_path: Path) -> None:
    """A virtual environment, and numpy: C, C++ and Fortran built for manylinux, with libraries of its own."""
    host = make_host(shared.store.root, PATH=os.defpath, HOME=str(tmp_path), PYENV_ROOT="")
    python = find_python("3.14", host)
    assert python.source == "Debian's archive"
    assert (python.include / "Python.h").is_file()
    uv = find_uv(shared)
    assert uv is not None
    environ = {**shared.environ, "UV_PYTHON_DOWNLOADS": "never"}
    for words in (
        ("venv", "--python", python.executable, "v"),
        ("pip", "install", "--python", "v/bin/python", "numpy"),
    ):
        done = host.runner.run([uv, "--quiet", *words], environ=environ, cwd=tmp_path, timeout=WORK_HANGS)
        assert done.returncode == 0, done.stderr
    code = "import bz2, ctypes, lzma, numpy, sqlite3, ssl, sys; print(numpy.linalg.det([[2.0, 0], [0, 3]]))"
    assert run(host, tmp_path / "v/bin/python", "-c", code).strip() == "6.0"
