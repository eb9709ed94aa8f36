"""Build backends beside the usual ones: each builds a small project as its users have it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from json_schema import check
from patience import WORK_HANGS
from real_host import pyodide_abi

from pyodide_abi.wheel import open_wheel

pytestmark = pytest.mark.integration

MODULE = """\
#include <Python.h>
_Static_assert(SIZEOF_LONG == sizeof(long), "the headers are another machine's");
static struct PyModuleDef eggs = {PyModuleDef_HEAD_INIT, "_eggs", 0, -1, 0};
PyMODINIT_FUNC PyInit__eggs(void) {
  PyObject *module = PyModule_Create(&eggs);
  if (module) PyModule_AddIntConstant(module, "COUNT", COUNT);
  return module;
}
"""


def table(backend: str, *requires: str, more: str = "") -> str:
    return f'[build-system]\nrequires = {json.dumps(requires)}\nbuild-backend = "{backend}"\n{more}'


NAMED = '[project]\nname = "eggs"\nversion = "1"\n'
SCIKIT_BUILD = {
    "pyproject.toml": table("setuptools.build_meta", "setuptools", "scikit-build", "ninja"),
    "setup.py": """\
from skbuild import setup
setup(name="eggs", version="1", packages=["eggs"], cmake_install_dir="eggs", cmake_args=["-DCOUNT=3"])
""",
    "CMakeLists.txt": """\
cmake_minimum_required(VERSION 3.15)
project(eggs C)
find_package(PythonExtensions REQUIRED)
add_library(_eggs MODULE eggs/_eggs.c)
target_compile_definitions(_eggs PRIVATE COUNT=${COUNT})
python_extension_module(_eggs)
install(TARGETS _eggs LIBRARY DESTINATION .)
""",
}
HATCHLING = {
    "pyproject.toml": table(
        "hatchling.build",
        "hatchling",
        "setuptools",
        more=NAMED + '[tool.hatch.build.targets.wheel.hooks.custom]\npath = "hook.py"\n',
    ),
    # As pymongo's: setuptools compiles in place.
    "hook.py": """\
import subprocess, sys
from hatchling.builders.hooks.plugin.interface import BuildHookInterface
class Hook(BuildHookInterface):
    def initialize(self, version, build_data):
        subprocess.run([sys.executable, "compile.py", "build_ext", "--inplace"], check=True, cwd=self.root)
        build_data |= {"pure_python": False, "infer_tag": True, "artifacts": ["*.so"]}
""",
    "compile.py": """\
from setuptools import Extension, setup
setup(name="eggs", packages=["eggs"], ext_modules=[
    Extension("eggs._eggs", ["eggs/_eggs.c"], define_macros=[("COUNT", "3")])])
""",
}
SCIKIT_BUILD_CORE = {
    "pyproject.toml": table("scikit_build_core.build", "scikit-build-core", "ninja", more=NAMED),
    "CMakeLists.txt": """\
cmake_minimum_required(VERSION 3.21)
project(eggs C)
find_package(Python COMPONENTS Interpreter Development.Module REQUIRED)
Python_add_library(_eggs MODULE eggs/_eggs.c WITH_SOABI)
target_compile_definitions(_eggs PRIVATE COUNT=3)
install(TARGETS _eggs DESTINATION eggs)
""",
}
MESON_PYTHON = {
    "pyproject.toml": table("mesonpy", "meson-python", more=NAMED),
    "meson.build": """\
project('eggs', 'c', version: '1')
py = import('python').find_installation(pure: false)
py.install_sources('eggs/__init__.py', subdir: 'eggs')
py.extension_module('_eggs', 'eggs/_eggs.c', c_args: '-DCOUNT=3', dependencies: py.dependency(),
                    subdir: 'eggs', install: true)
""",
}
SWIG = {
    "pyproject.toml": table("setuptools.build_meta", "setuptools", "swig"),
    "setup.py": """\
from setuptools import Extension, setup
setup(name="eggs", version="1", packages=["eggs"], ext_modules=[Extension("eggs._eggs", ["eggs/eggs.i"])])
""",
    "eggs/eggs.i": "%module eggs\n%constant int COUNT = sizeof(long) - 1;\n",
}
FLIT = {
    "pyproject.toml": table(
        "flit_core.buildapi",
        "flit_core",
        more=NAMED + 'description = "of flit"\nrequires-python = ">=3.9"\n',
    ),
}


def project(place: Path, files: dict[str, str]) -> Path:
    (place / "eggs").mkdir(parents=True)
    for name, text in (files | {"eggs/__init__.py": "", "eggs/_eggs.c": MODULE}).items():
        (place / name).write_text(text)
    return place


def built(place: Path, folder: Path, *words: str) -> None:
    """Build the project; suffix, tag and headers are the target's, and the module works."""
    common = ("--platform", "314_0", "--toolchain-mismatch", "allow", "--format", "json")
    done = pyodide_abi("build", place, *common, *words, cwd=folder, timeout=WORK_HANGS)
    assert done.returncode == 0, done.stderr.decode()
    written = json.loads(done.stdout)
    check(written, "build")
    (answer,) = written["results"]
    assert answer["wheel"].endswith("eggs-1-cp314-cp314-pyemscripten_2026_0_wasm32.whl")
    with open_wheel(Path(answer["wheel"])) as opened:
        names = [member.name for member in opened.members if ".so" in member.name]
    assert names == ["eggs/_eggs.cpython-314-wasm32-emscripten.so"]
    code = "import eggs._eggs; print(eggs._eggs.COUNT)"
    ran = pyodide_abi("run", answer["wheel"], "--", "-c", code, cwd=folder)
    assert ran.stdout == b"3\n", ran.stderr.decode()


@pytest.mark.parametrize(
    "files",
    [SCIKIT_BUILD, HATCHLING, SCIKIT_BUILD_CORE, MESON_PYTHON, SWIG],
    ids=["scikit-build", "hatchling", "scikit-build-core", "meson-python", "swig"],
)
def test_a_backend_and_its_own_way_to_compile(files: dict[str, str], tmp_path: Path) -> None:
    built(project(tmp_path / "spam", files), tmp_path)


def test_meson_python_with_a_machine_file_of_the_project_s_own(tmp_path: Path) -> None:
    """It names no Python, and the one that Meson runs with would be taken."""
    own = tmp_path / "own.cross"
    own.write_text(
        "[host_machine]\nsystem = 'emscripten'\ncpu_family = 'wasm32'\ncpu = 'wasm32'\nendian = 'little'\n"
    )
    more = f"{NAMED}[tool.meson-python.args]\nsetup = ['--cross-file={own}']\n"
    files = MESON_PYTHON | {"pyproject.toml": table("mesonpy", "meson-python", more=more)}
    built(project(tmp_path / "spam", files), tmp_path)


def test_a_compiler_cache_is_asked_the_same_twice(tmp_path: Path) -> None:
    # No other test builds a project of this name: of two builds at once, the second gets another folder.
    place = project(tmp_path / "cached", SCIKIT_BUILD_CORE)
    asked = tmp_path / "asked"
    cache = tmp_path / "cache"
    cache.write_text(f'#!/bin/sh\necho "$@" >>{asked}\nexec "$@"\n')
    cache.chmod(0o755)
    words = ("--platform", "314_0", "--toolchain-mismatch", "allow")
    wheels = []
    for _ in range(2):
        done = pyodide_abi("build", place, *words, cwd=tmp_path, environ={"EM_COMPILER_WRAPPER": str(cache)})
        assert done.returncode == 0, done.stderr.decode()
        (wheel,) = (tmp_path / "dist").iterdir()
        wheels.append(wheel.read_bytes())
    first, second = [line for line in asked.read_text().splitlines() if "_eggs.c" in line]
    assert "-Oz" in first.split()
    assert first == second
    assert wheels[0] == wheels[1]
    # sccache takes no command with a folder behind -Xclang.
    assert "-Xclang -iwithsysroot" not in first


def test_a_pure_project_is_built_for_every_platform(tmp_path: Path) -> None:
    place = project(tmp_path / "spam", FLIT)
    words = ("--platform", "314_0", "--toolchain-mismatch", "allow")
    done = pyodide_abi("build", place, *words, cwd=tmp_path, timeout=WORK_HANGS)
    assert done.returncode == 0, done.stderr.decode()
    assert (tmp_path / "dist/eggs-1-py3-none-any.whl").is_file()
    assert b"for every platform: it has no compiled modules" in done.stdout
