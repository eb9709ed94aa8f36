"""CMake, Meson, make and configure scripts: each asks about the target and is answered for the target.

The projects check what they are told themselves, and fail to build where it is another machine's.
"""

from __future__ import annotations

import json
import os
import shutil
import struct
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from patience import WORK_HANGS

from pyodide_abi.wasm import read_module
from pyodide_abi.wheel import open_wheel

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.integration

CMAKE = """\
cmake_minimum_required(VERSION 3.20...4.2)
project(spam LANGUAGES C CXX)
include(CheckTypeSize)
include(CheckFunctionExists)
include(CheckCSourceRuns)
check_type_size(long LONG_SIZE)
check_function_exists(getpid HAVE_GETPID)
check_function_exists(no_such_function_at_all HAVE_NONSENSE)
check_c_source_runs("int main(void){return sizeof(void*) == 4 ? 0 : 1;}" RUNS)
if(NOT LONG_SIZE EQUAL 4 OR NOT HAVE_GETPID OR HAVE_NONSENSE OR NOT RUNS)
  message(FATAL_ERROR "checks answer for another machine: ${LONG_SIZE} ${HAVE_GETPID} ${RUNS}")
endif()
find_package(Python3 REQUIRED COMPONENTS Interpreter Development)
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
if(NOT Python_SOABI MATCHES "wasm32-emscripten")
  message(FATAL_ERROR "FindPython names ${Python_SOABI}")
endif()
foreach(folder ${Python3_INCLUDE_DIRS} ${Python_INCLUDE_DIRS})
  file(STRINGS ${folder}/pyconfig.h sizes REGEX "define SIZEOF_LONG 4")
  if(NOT sizes)
    message(FATAL_ERROR "${folder} has the headers of another machine")
  endif()
endforeach()
find_package(pybind11 CONFIG REQUIRED)
find_package(Threads REQUIRED)
find_package(ZLIB)
find_library(M m PATHS /usr/lib/x86_64-linux-gnu)
if(ZLIB_LIBRARIES MATCHES "^/usr" OR M MATCHES "^/usr")
  message(FATAL_ERROR "libraries of this machine are seen: ${ZLIB_LIBRARIES} ${M}")
endif()
add_library(ham SHARED ham.cpp)
set_target_properties(ham PROPERTIES VERSION 1.2.3 SOVERSION 1)
add_library(eggs STATIC eggs.c)
pybind11_add_module(_spam MODULE spam.cpp)
target_link_libraries(_spam PRIVATE ham eggs Threads::Threads)
set_target_properties(_spam ham PROPERTIES INSTALL_RPATH "$ORIGIN")
install(TARGETS _spam ham DESTINATION spam)
"""
HAM = """\
#include <stdexcept>
#include <string>
#include <unordered_map>
int ham(std::string const &name) {
  std::unordered_map<std::string, int> sizes{{"small", 1}};
  if (sizes.count(name) == 0) throw std::runtime_error("no such ham");
  return sizes[name];
}
"""
SPAM = """\
#include <pybind11/pybind11.h>
int ham(std::string const &);
extern "C" int eggs(int);
PYBIND11_MODULE(_spam, m) { m.def("ham", &ham); m.def("eggs", &eggs); }
"""

MESON = """\
project('spam', 'c', version: '1.0')
cc = meson.get_compiler('c')
assert(cc.sizeof('long') == 4, 'sizes are of another machine')
assert(cc.has_function('getpid'))
assert(not cc.has_function('no_such_function_at_all'))
assert(cc.run('int main(void) { return sizeof(void*) == 4 ? 0 : 1; }').returncode() == 0)
assert(host_machine.system() == 'emscripten')
assert(build_machine.system() != 'emscripten')
assert(not dependency('openssl', required: false).found())
py = import('python').find_installation(pure: false)
eggs = static_library('eggs', 'eggs.c')
dependencies = [py.dependency(), dependency('numpy')]
py.extension_module('_spam', 'spam.c', link_with: eggs, dependencies: dependencies, install: true)
"""
MODULE = """\
#include <Python.h>
#include <numpy/npy_common.h>
_Static_assert(NPY_SIZEOF_LONG == sizeof(long), "numpy's headers are another machine's");
_Static_assert(NPY_SIZEOF_INTP == sizeof(void *), "numpy's headers are another machine's");
int eggs(int);
static PyObject *call(PyObject *self, PyObject *x) { return PyLong_FromLong(eggs((int)PyLong_AsLong(x))); }
static PyMethodDef methods[] = {{"eggs", call, METH_O, NULL}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_spam", NULL, -1, methods};
PyMODINIT_FUNC PyInit__spam(void) { return PyModule_Create(&definition); }
"""

#: What a configure script made by Autoconf does with its defaults (Autoconf's manual, "Site Defaults").
CONFIGURE = """\
#!/bin/sh
test -r "$CONFIG_SITE" && . "$CONFIG_SITE"
echo "host=$host_alias" > seen
echo "cross=$cross_compiling" >> seen
echo "int answer(void) { return sizeof(long) == 4 ? 42 : 0; }" > answer.c
printf 'all:\\n\\t$(CC) -c answer.c\\n\\t$(AR) rcs libanswer.a answer.o\\n' > Makefile
"""


def tool(*argv: str | Path, cwd: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    command, *rest = map(str, argv)
    return subprocess.run(
        [sys.executable, "-m", "pyodide_abi", command, "--toolchain-mismatch", "allow", *rest],
        capture_output=True,
        text=True,
        timeout=WORK_HANGS,
        check=False,
        cwd=cwd,
        env={**os.environ, **environ},
    )


def test_cmake_with_a_library_of_the_project_s_own_beside_the_module(tmp_path: Path) -> None:
    project = tmp_path / "spam"
    project.mkdir()
    (project / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["scikit-build-core", "pybind11", "cmake>=4.2", "ninja"]\n'
        'build-backend = "scikit_build_core.build"\n[project]\nname = "spam"\nversion = "1.0"\n'
    )
    files = {
        "CMakeLists.txt": CMAKE,
        "ham.cpp": HAM,
        "spam.cpp": SPAM,
        "eggs.c": "int eggs(int x) { return ++x; }",
    }
    for name, text in files.items():
        (project / name).write_text(text)
    options = ["--platform", "2025_0", "--report", "reports", "--format", "json", "-j", "2"]
    done = tool("build", "spam", *options, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (wheel,) = (tmp_path / "dist").iterdir()
    with open_wheel(wheel) as opened:
        names = [member.name for member in opened.members if ".so" in member.name]
        assert names == ["spam/_spam.cpython-313-wasm32-emscripten.so", "spam/libham.so"]
        dylink = read_module(opened.read(names[0])).dylink
    assert dylink
    assert (dylink.needed, dylink.runtime_paths) == (("libham.so",), ("$ORIGIN",))
    code = "from spam import _spam; print(_spam.ham('small'), _spam.eggs(1)); _spam.ham('big')"
    ran = tool_run(wheel, code, cwd=tmp_path)
    assert ran.stdout == "1 2\n"
    assert "RuntimeError: no such ham" in ran.stderr
    report = json.loads((tmp_path / "reports" / f"{wheel.name}.report.json").read_text("utf-8"))
    assert [module["path"] for module in report["modules"]] == names
    assert any(word.startswith("pybind11==") for word in report["requirements"])
    commands = json.loads((tmp_path / "reports" / f"{wheel.name}.compile_commands.json").read_text("utf-8"))
    (ham,) = [one for one in commands if one["file"].endswith("/ham.cpp")]
    assert "-fwasm-exceptions" in ham["arguments"]
    # Folders that are gone when the report is read.
    assert "/pyodide-abi-" not in json.dumps([report, commands])


def tool_run(wheel: Path, code: str, *, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pyodide_abi", "run", str(wheel), "--", "-c", code],
        capture_output=True,
        text=True,
        timeout=WORK_HANGS,
        check=False,
        cwd=cwd,
    )


def test_meson_with_numpy_s_headers(tmp_path: Path) -> None:
    project = tmp_path / "spam"
    project.mkdir()
    (project / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["meson-python", "numpy"]\nbuild-backend = "mesonpy"\n'
        '[project]\nname = "spam"\nversion = "1.0"\n'
    )
    files = {"meson.build": MESON, "spam.c": MODULE, "eggs.c": "int eggs(int x) { return ++x; }"}
    for name, text in files.items():
        (project / name).write_text(text)
    done = tool("build", "spam", "--platform", "314_0", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (wheel,) = (tmp_path / "dist").iterdir()
    assert tool_run(wheel, "import _spam; print(_spam.eggs(1))", cwd=tmp_path).stdout == "2\n"


def test_exec_gives_any_command_the_same_environment(tmp_path: Path) -> None:
    (tmp_path / "configure").write_text(CONFIGURE)
    (tmp_path / "configure").chmod(0o755)
    leaks = {"CPATH": "/usr/include", "CFLAGS": "-march=native", "PKG_CONFIG_PATH": "/usr/lib/pkgconfig"}
    script = "./configure && env > environ && python -c 'import sys; print(sys.platform)' && exit 7"
    done = tool("exec", "--platform", "314_0", "--", "sh", "-c", script, cwd=tmp_path, **leaks)
    assert (done.returncode, done.stdout) == (7, "emscripten\n"), done.stderr
    assert (tmp_path / "seen").read_text() == "host=wasm32-unknown-emscripten\ncross=yes\n"
    names = {line.partition("=")[0] for line in (tmp_path / "environ").read_text().splitlines()}
    assert not names & set(leaks)
    assert {"CC", "CXX", "AR", "CMAKE_TOOLCHAIN_FILE", "PKG_CONFIG_LIBDIR"} <= names
    # A later call finds what the earlier one wrote down.
    made = tool("exec", "--platform", "314_0", "--", "make", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    assert (tmp_path / "answer.o").read_bytes()[:4] == b"\0asm"
    assert (tmp_path / "libanswer.a").read_bytes()[:8] == b"!<arch>\n"


def test_exec_says_what_is_missing(tmp_path: Path) -> None:
    done = tool("exec", "--platform", "314_0", "--", "no-such-command", cwd=tmp_path)
    assert done.returncode == 127
    assert "error: there is no executable 'no-such-command'" in done.stderr
    assert tool("exec", "--", cwd=tmp_path).returncode == 2


BARE = """\
set -e
gcc -c target.c -o target.o
g++ -x c++ -c target.c -o target-cxx.o
$CC_FOR_BUILD generator.c -o generator
./generator
make CC=cc built.o
gcc -print-multi-os-directory
gcc -print-prog-name=ld
gcc -dumpmachine
ham-config --libs || echo "refused: $?"
python -c 'from ctypes import CDLL; CDLL(None); CDLL("libc.so.6"); CDLL("libz.so.1")' 2>&1 | tail -n 1
"""


def test_bare_names_and_questions_are_the_target_s(tmp_path: Path) -> None:
    """And a generator that the build runs itself is compiled for this machine, assembler and linker too."""
    if shutil.which("gcc") is None:
        pytest.skip("this machine has no compiler of its own")
    script = tmp_path / "bin" / "ham-config"
    script.parent.mkdir()
    script.write_text("#!/bin/sh\necho -L/usr/lib -lham\n")
    script.chmod(0o755)
    (tmp_path / "target.c").write_text("int target(void) { return 1; }\n")
    (tmp_path / "built.c").write_text("int built(void) { return 1; }\n")
    (tmp_path / "generator.c").write_text(
        '#include <stdio.h>\nint main(void) { printf("%d bytes\\n", (int)sizeof(void *)); return 0; }\n'
    )
    path = f"{script.parent}:{os.environ['PATH']}"
    done = tool("exec", "--platform", "314_0", "--", "sh", "-c", BARE, cwd=tmp_path, PATH=path)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert f"{struct.calcsize('P')} bytes" in lines
    assert "refused: 1" in lines
    assert "wasm32-unknown-emscripten" in lines
    assert "." in lines
    assert [line for line in lines if line.endswith("/drivers/ld")]
    assert "ham-config is this machine's" in done.stderr
    assert "libz.so.1 is this machine's" in lines[-1]
    for name in ("target.o", "target-cxx.o", "built.o"):
        assert (tmp_path / name).read_bytes()[:4] == b"\0asm"
