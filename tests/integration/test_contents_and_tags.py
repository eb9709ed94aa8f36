"""What the rules about wheels' contents rest on: published wheels, and the runtime's own installer."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from assembling import make_wheel
from patience import HANGS, WORK_HANGS
from real_host import ENDS, pyodide_abi, real_host
from real_wheels import PINNED, real_wheel

from pyodide_abi.audit import audit_file, open_subject
from pyodide_abi.audit.inference import infer_platform, only_fit
from pyodide_abi.platforms import platform_of_tag
from pyodide_abi.runtime.node import find_node
from pyodide_abi.runtime.releases import install_release
from pyodide_abi.wheel import parse_wheel_name

if TYPE_CHECKING:
    from pathlib import Path

    from pyodide_abi.platforms.model import Release

pytestmark = pytest.mark.integration

_LOAD = """
const [folder, wheel] = process.argv.slice(1);
const { loadPyodide } = await import(`${folder}/pyodide.mjs`);
const pyodide = await loadPyodide();
await pyodide.loadPackage(`file://${wheel}`);
console.log("found: " + pyodide.runPython(`
import importlib, importlib.util
importlib.invalidate_caches()
", ".join(name for name in ("at_root", "in_purelib", "in_platlib") if importlib.util.find_spec(name))
`));
"""


#: Wheels of a hundred megabytes: minutes to read, and modules like the others'.
LARGE = ("grill-usd-core", "cadquery-ocp-novtk-ocp-wasm")

_PROJECT = """
[build-system]
requires = ["setuptools>=70"]
build-backend = "setuptools.build_meta"
[project]
name = "lim"
version = "1"
"""
_SETUP = """
from setuptools import Extension, setup
setup(
    ext_modules=[Extension("lim", ["lim.c"], py_limited_api=True, define_macros=MACROS)],
    options={"bdist_wheel": {"py_limited_api": "cp310"}},
)
"""
_C = """
#include <Python.h>
static PyObject *get(PyObject *self, PyObject *number) {
    PyObject *made = PyDict_New();
    if (made != NULL && PyDict_SetItemString(made, "number", number) < 0) Py_CLEAR(made);
#ifndef Py_LIMITED_API
    if (made != NULL) Py_SETREF(made, PyObject_CallOneArg((PyObject *)&PyList_Type, made));
#endif
    return made;
}
static PyMethodDef methods[] = {{"get", get, METH_O, NULL}, {NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "lim", NULL, -1, methods};
PyMODINIT_FUNC PyInit_lim(void) { return PyModule_Create(&module); }
"""


@pytest.mark.parametrize(("name", "tag", "python"), [key for key in PINNED if key[0] not in LARGE])
def test_contents_tell_the_platform(name: str, tag: str, python: str) -> None:
    with open_subject(real_wheel(name, tag, python)) as subject:
        fits = infer_platform([binary.library for binary in subject.binaries])
    assert not next(fit for fit in fits if fit.platform == subject.platform).misfits
    if any(".cpython-" in binary.path for binary in subject.binaries):
        assert only_fit(fits) == subject.platform


@pytest.mark.parametrize(
    ("name", "tag", "python", "other"),
    [
        ("simplejson", "pyemscripten_2025_0_wasm32", "3.13", "pyemscripten_2026_0_wasm32"),
        ("contourpy", "pyemscripten_2026_0_wasm32", "3.14", "pyodide_2024_0_wasm32"),
        ("msgpack", "pyemscripten_2026_5_wasm32", "3.15", "pyodide_2025_0_wasm32"),
    ],
)
def test_a_renamed_wheel_is_seen(name: str, tag: str, python: str, other: str, tmp_path: Path) -> None:
    wheel = real_wheel(name, tag, python)
    named = platform_of_tag(other)
    true = platform_of_tag(tag)
    assert named
    assert true
    renamed = parse_wheel_name(wheel.name).with_tags(
        python=named.python.tag, abi=named.python.tag, platform=other
    )
    file = tmp_path / str(renamed)
    shutil.copyfile(wheel, file)
    (finding,) = audit_file(file, select=["contents-of-another-platform"]).findings
    assert finding.message.startswith(f"the contents fit {true.name}, not {named.name}: ")


def load_package(release: Release, wheel: Path) -> str:
    """What the runtime's installer says, and which modules are found afterwards."""
    host = real_host()
    node = [str(find_node(host).path), "--input-type=module", "--eval", _LOAD]
    process = subprocess.run(
        [*node, install_release(release, host), wheel],
        capture_output=True,
        text=True,
        timeout=HANGS,
        check=False,
    )
    return process.stdout + process.stderr


@pytest.mark.parametrize("release", ENDS, ids=lambda release: release.version)
def test_the_runtimes_installer_does_not_move_modules(release: Release, tmp_path: Path) -> None:
    # ABI413: what lies in the .data folder stays there.
    files = {
        "at_root.py": b"",
        "x-1.data/purelib/in_purelib.py": b"",
        "x-1.data/platlib/in_platlib.py": b"",
    }
    wheel = make_wheel(tmp_path, "x-1-py3-none-any.whl", files)
    assert "found: at_root\n" in load_package(release, wheel)
    assert "ABI413" in {finding.code for finding in audit_file(wheel).findings}


def test_the_runtimes_installer_wants_the_folder_of_the_name(tmp_path: Path) -> None:
    # ABI412: another project's .dist-info folder.
    wheel = make_wheel(tmp_path, "x-1-py3-none-any.whl", {"at_root.py": b""}, info="y-1.dist-info")
    assert ".dist-info directory 'y-1.dist-info' does not start with 'x'" in load_package(ENDS[-1], wheel)
    (finding,) = audit_file(wheel).findings
    assert (finding.code, finding.severity) == ("ABI412", "error")


@pytest.mark.parametrize(
    ("macros", "symbols"),
    [("[('Py_LIMITED_API', '0x030a0000')]", []), ("[]", ["PyObject_CallOneArg"])],
    ids=["limited", "not limited"],
)
def test_a_module_compiled_without_the_limited_api_is_seen(
    macros: str, symbols: list[str], tmp_path: Path
) -> None:
    # ABI408, on what a compiler makes of CPython's own headers: macros call functions of other names.
    for name, text in {
        "pyproject.toml": _PROJECT,
        "setup.py": f"MACROS = {macros}\n{_SETUP}",
        "lim.c": _C,
    }.items():
        (tmp_path / name).write_text(text, "utf-8")
    words = ["build", ".", "--platform=314_0", "--outdir=dist", "--toolchain-mismatch=allow"]
    process = pyodide_abi(*words, cwd=tmp_path, timeout=WORK_HANGS)
    (wheel,) = (tmp_path / "dist").glob("lim-1-cp310-abi3-*.whl")
    findings = audit_file(wheel, select=["ABI408"]).findings
    assert [finding.location.symbol for finding in findings] == symbols, process.stderr
