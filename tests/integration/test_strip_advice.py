"""The audit's advice to strip a module works on modules of the newest compiler, whatever they use."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from differential.run import make_host

from pyodide_abi.audit import audit_file
from pyodide_abi.audit.rules.debug_information import STRIP
from pyodide_abi.platforms import load_platform
from pyodide_abi.toolchain import find_toolchain
from pyodide_abi.wasm import read_module

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.integration

SOURCE = """
#include <setjmp.h>
#include <stdexcept>
#include <string.h>
#include <wasm_simd128.h>
static jmp_buf place;
extern "C" {
void copy(char *to, const char *from, unsigned size) { memcpy(to, from, size); memset(to, 0, size); }
unsigned truncate(double number) { return (unsigned)number; }
int widen(signed char letter) { return letter; }
int catches(int yes) {
  try { if (yes) throw std::runtime_error("x"); } catch (std::exception &) { return 1; }
  return 0;
}
int jumps(int yes) { if (setjmp(place)) return 1; if (yes) longjmp(place, 1); return 0; }
int lanes(const int *p) {
  v128_t v = wasm_v128_load(p);
  return wasm_i32x4_extract_lane(wasm_i32x4_add(v, v), 1);
}
}
"""


@pytest.mark.parametrize("more", [[], ["-flto"]])
def test_the_advice_strips_a_module_of_the_newest_compiler(tmp_path: Path, more: list[str]) -> None:
    host = make_host()
    toolchain = find_toolchain(load_platform("2026_5"), host, mismatch_allowed=False)
    source, linked, stripped = tmp_path / "m.cpp", tmp_path / "libm.so", tmp_path / "libn.so"
    source.write_text(SOURCE, "utf-8")
    words = ["-O2", "-g", "-fPIC", "-msimd128", "-fwasm-exceptions", "-sSUPPORT_LONGJMP=wasm"]
    words += ["-sWASM_LEGACY_EXCEPTIONS=1", "-sSIDE_MODULE=1", *more]
    done = host.runner.run(
        [toolchain.emxx, *words, source, "-o", linked],
        environ={**host.environ, **toolchain.environ},
        timeout=300,
    )
    assert not done.returncode, done.stderr
    command = [str(toolchain.binaryen / "wasm-opt"), *STRIP.split()[1:], str(linked), "-o", str(stripped)]
    subprocess.run(command, check=True, timeout=300)
    before, after = read_module(linked.read_bytes()), read_module(stripped.read_bytes())
    assert before.custom("name") is not None
    assert after.custom("name") is None
    assert after.sections[0].name == "dylink.0"
    assert [entry.name for entry in after.imports] == [entry.name for entry in before.imports]
    report = audit_file(stripped, platform="2026_5")
    assert not [finding for finding in report.findings if finding.severity == "error"]
