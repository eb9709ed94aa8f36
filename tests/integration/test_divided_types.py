"""ABI218 is true: what it warns of is neither caught nor cast by the real runtime, and the rest is."""

from __future__ import annotations

from pathlib import Path

import pytest
from assembling import make_wheel
from patience import HANGS, WORK_HANGS

from pyodide_abi.audit import audit_file
from pyodide_abi.host import this_machine
from pyodide_abi.platforms import load_platform
from pyodide_abi.runtime.program import Program, run_python
from pyodide_abi.toolchain import find_toolchain

pytestmark = pytest.mark.integration

PYTHON_H = Path(__file__).parents[1] / "differential" / "python.h"
HEADER = """#pragma once
#include <stdexcept>
struct SEEN Fault : std::runtime_error { using std::runtime_error::runtime_error; };
struct SEEN Base { virtual ~Base() {} };
struct SEEN Derived : Base {};
"""
LIBRARY = """#include "shared.h"
__attribute__((visibility("default"))) void fail() { throw Fault("it"); }
__attribute__((visibility("default"))) Base *make() { return new Derived; }
"""
MODULE = """#include "python.h"
#include "shared.h"
void fail();
Base *make();
static PyObject *caught(PyObject *, PyObject *) {
    try { fail(); }
    catch (Fault &) { return PyLong_FromLong(1); }
    catch (std::exception &) { return PyLong_FromLong(2); }
    return PyLong_FromLong(3);
}
static PyObject *cast(PyObject *, PyObject *) {
    return PyLong_FromLong(dynamic_cast<Derived *>(make()) != 0);
}
static PyMethodDef methods[] = {{"caught", caught, METH_NOARGS, 0}, {"cast", cast, METH_NOARGS, 0}, {0}};
static PyModuleDef definition = {1, 0, 0, 0, 0, "m", 0, -1, methods};
EXPORT PyObject *PyInit_m() { return PyModule_Create2(&definition, 1013); }
"""


@pytest.mark.parametrize(
    ("visibility", "said", "codes"),
    [("hidden", "2 0", {"ABI218"}), ("default", "1 1", set())],
)
def test_the_runtime_does_what_the_rule_says(
    visibility: str, said: str, codes: set[str], tmp_path: Path
) -> None:
    host, platform = this_machine(), load_platform("314_0")
    toolchain = find_toolchain(platform, host, mismatch_allowed=True)

    def compile_and_link(*words: str) -> None:
        flags = ["-O1", "-fPIC", "-fwasm-exceptions", "-sWASM_LEGACY_EXCEPTIONS=1", "-fvisibility=hidden"]
        flags.append(f'-DSEEN=__attribute__((visibility("{visibility}")))')
        environ = {**host.environ, **toolchain.environ}
        done = host.runner.run(
            [toolchain.emxx, *flags, *words], cwd=tmp_path, environ=environ, timeout=WORK_HANGS
        )
        assert done.returncode == 0, done.stderr

    for name, text in {"shared.h": HEADER, "lib.cpp": LIBRARY, "m.cpp": MODULE}.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "python.h").write_bytes(PYTHON_H.read_bytes())
    exported = "-sEXPORTED_FUNCTIONS="
    compile_and_link("lib.cpp", "-sSIDE_MODULE=2", f"{exported}__Z4failv,__Z4makev", "-o", "libd.so")
    link = ["-sSIDE_MODULE=2", f"{exported}_PyInit_m", "-L.", "-ld", "-Wl,-rpath,$ORIGIN", "-o", "m.so"]
    compile_and_link("m.cpp", *link)
    files = {name: (tmp_path / name).read_bytes() for name in ("m.so", "libd.so")}
    wheel = make_wheel(tmp_path, "m-1-cp314-cp314-pyemscripten_2026_0_wasm32.whl", files)
    assert {finding.code for finding in audit_file(wheel).findings} == codes
    program = Program(args=("-c", "import m; print(m.caught(), m.cast())"), cwd=tmp_path, wheels=(wheel,))
    assert run_python(program, platform.releases[-1], host, timeout=HANGS).stdout.strip() == said
