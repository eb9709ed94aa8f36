"""Distributions of tiny projects: from sdists in a folder to a lock file that real releases load from."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tarfile
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from made_wheels import make_wheel
from patience import WORK_HANGS, until
from real_host import pyodide_abi

from pyodide_abi.distribution.lock import NAME
from pyodide_abi.distribution.progress_file import FOLDER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

pytestmark = pytest.mark.integration

C = """\
#include <Python.h>
static PyObject *answer(PyObject *self, PyObject *none) {{ return PyLong_FromLong(42); }}
static PyMethodDef methods[] = {{{{"answer", answer, METH_NOARGS, NULL}}, {{NULL, NULL, 0, NULL}}}};
static struct PyModuleDef definition = {{PyModuleDef_HEAD_INIT, "{name}", NULL, -1, methods}};
PyMODINIT_FUNC PyInit_{name}(void) {{ return PyModule_Create(&definition); }}
"""
SETUP = "from setuptools import Extension, setup\nsetup({})\n"
#: Leaves a mark whenever it is built, and takes a while.
MARKING = """\
import os, pathlib, time
(pathlib.Path({folder!r}) / f"{name}-{{os.getpid()}}").touch()
time.sleep(3)
"""
OPTIONS = ("--no-index", "--platform", "314_0", "--toolchain-mismatch", "allow", "--outdir", "out")


def sdist(folder: Path, name: str, files: Mapping[str, str], requires: Sequence[str] = ()) -> None:
    """Write the sdist of a project that needs nothing but setuptools to be built."""
    head = f"Metadata-Version: 2.2\nName: {name}\nVersion: 1.0\n"
    head += "".join(f"Requires-Dist: {one}\n" for one in requires)
    project = f'[project]\nname = "{name}"\nversion = "1.0"\ndependencies = {json.dumps(list(requires))}\n'
    system = '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
    folder.mkdir(exist_ok=True)
    with tarfile.open(folder / f"{name}-1.0.tar.gz", "w:gz") as archive:
        for path, text in {"PKG-INFO": head, "pyproject.toml": system + project, **files}.items():
            info = tarfile.TarInfo(f"{name}-1.0/{path}")
            info.size = len(text.encode())
            archive.addfile(info, BytesIO(text.encode()))


def compiled(folder: Path, name: str, *requires: str, before: str = "", source: str = C) -> None:
    setup = before + SETUP.format(f"ext_modules=[Extension('{name}', ['{name}.c'])]")
    sdist(folder, name, {f"{name}.c": source.format(name=name), "setup.py": setup}, requires)


def pure(folder: Path, name: str, *requires: str, source: str = "") -> None:
    sdist(folder, name, {f"{name}.py": source, "setup.py": SETUP.format(f"py_modules=['{name}']")}, requires)


def test_from_sdists_to_a_lock_file_that_loads(tmp_path: Path) -> None:
    """Four that work, one that does not, and one that needs it; then all again, with one thing changed."""
    sdists = tmp_path / "sdists"
    compiled(sdists, "corepart")
    compiled(sdists, "fastpart", "corepart", "nowhere; sys_platform == 'win32'")
    pure(sdists, "userpart", "fastpart; sys_platform == 'emscripten'", source="from fastpart import answer\n")
    compiled(sdists, "badpart", source="#error never\n")
    pure(sdists, "heldpart", "badpart")
    (tmp_path / "list.txt").write_text("# what is wanted\nuserpart\nheldpart\n")
    words = ("distribute", "list.txt", "--find-links", "sdists", *OPTIONS, "--format", "json")
    test = ("--test", "userpart:import userpart; assert userpart.answer() == 42")

    first = pyodide_abi(*words, *test, cwd=tmp_path)
    assert first.returncode == 1, first.stderr.decode()
    said = json.loads(first.stdout)
    assert {one["name"]: one["status"] for one in said["results"]} == {
        "badpart": "failed",
        "corepart": "built",
        "fastpart": "built",
        "heldpart": "held back",
        "userpart": "built",
    }
    (bad,) = (one for one in said["results"] if one["name"] == "badpart")
    assert "never" in bad["reason"]
    lock = json.loads((tmp_path / "out" / NAME).read_text())
    assert lock["packages"]["userpart"]["depends"] == ["fastpart"]
    assert lock["packages"]["userpart"]["imports"] == ["userpart"]
    assert all(not one["errors_when_loaded"] for one in said["results"])
    assert said["summary"]["together"] == []
    assert "badpart" in (tmp_path / "out" / "report.html").read_text()

    before = {file.name: file.stat().st_mtime_ns for file in (tmp_path / "out").glob("*.whl")}
    (tmp_path / "list.txt").write_text("userpart\n")
    wrong = ("--test", "userpart:import userpart; assert userpart.answer() == 41, 'not 41'")
    again = pyodide_abi(*words, *wrong, cwd=tmp_path)
    assert again.returncode == 1, again.stderr.decode()
    assert {file.name: file.stat().st_mtime_ns for file in (tmp_path / "out").glob("*.whl")} == before
    (user,) = (one for one in json.loads(again.stdout)["results"] if one["errors_when_loaded"])
    assert (user["name"], user["errors_when_loaded"][-1]) == ("userpart", "AssertionError: not 41")


def test_where_nothing_is_built_no_compiler_is_looked_for(tmp_path: Path) -> None:
    """Without a compiler on the PATH a build would be refused; a wheel that is there is taken."""
    make_wheel(tmp_path, "spam-1.0-py3-none-any.whl", {"spam.py": ""})
    words = ("distribute", "spam", "--no-index", "--find-links", ".", "--platform", "314_0", "--no-verify")
    done = pyodide_abi(*words, "--outdir", "out", "--toolchain", "path", cwd=tmp_path)
    assert done.returncode == 0, done.stderr.decode()
    assert (tmp_path / "out" / "spam-1.0-py3-none-any.whl").is_file()


CLUSTER = """\
import os
from dask.distributed import Client

def executor():
    return Client(os.environ["SCHEDULER"], set_as_default=False).get_executor()
"""


@pytest.mark.long
def test_a_cluster_does_the_work_and_loses_nothing_with_a_worker(tmp_path: Path) -> None:
    """A scheduler and two workers of Dask, processes of their own; one worker is killed in the middle."""
    pytest.importorskip("distributed", reason="pip install distributed")
    marks = tmp_path / "marks"
    marks.mkdir()
    names = [f"part{number}" for number in range(6)]
    for name in names:
        compiled(tmp_path / "sdists", name, before=MARKING.format(folder=str(marks), name=name))
    (tmp_path / "cluster.py").write_text(CLUSTER)
    file = tmp_path / "scheduler.json"
    dask = [sys.executable, "-m", "distributed.cli.dask_scheduler"]
    worker = [sys.executable, "-m", "distributed.cli.dask_worker", "--scheduler-file", str(file)]
    worker += ["--no-nanny", "--nthreads", "1", "--host", "127.0.0.1", "--no-dashboard"]
    processes = []

    def start(argv: list[str]) -> subprocess.Popen[bytes]:
        processes.append(subprocess.Popen(argv, cwd=tmp_path, stdout=-3, stderr=-3))
        return processes[-1]

    try:
        start([*dask, "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file)])
        until(file.exists)
        address = json.loads(file.read_text())["address"]
        victim = start(worker)
        start(worker)
        words = ["distribute", *names, "--find-links", "sdists", *OPTIONS, "--executor", "cluster:executor"]
        command = subprocess.Popen(
            [sys.executable, "-m", "pyodide_abi", *words, "--format", "json"],
            cwd=tmp_path,
            env={**os.environ, "SCHEDULER": address},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        processes.append(command)
        until(lambda: len(list(marks.iterdir())) >= 2)
        victim.send_signal(signal.SIGKILL)
        out, err = command.communicate(timeout=WORK_HANGS)
    finally:
        for process in reversed(processes):
            process.kill()
            process.wait()
    assert command.returncode == 0, err.decode()
    results = json.loads(out)["results"]
    assert {one["name"]: one["status"] for one in results} == dict.fromkeys(names, "built")
    assert len(list((tmp_path / "out" / FOLDER).glob("part*.json"))) == len(names)
    # A build asks setup.py twice, in two processes; only what the killed one worked on was begun again.
    begun = {name: len(list(marks.glob(f"{name}-*"))) for name in names}
    assert sum(begun.values()) <= 2 * len(names) + 2, begun
