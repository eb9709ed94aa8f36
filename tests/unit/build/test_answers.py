"""What a build backend is told about the machine."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pyodide_abi.build.answers import SYSCONFIGDATA, answers, read_variables, target_variables
from pyodide_abi.errors import MissingError
from pyodide_abi.platforms import load_platform
from pyodide_abi.toolchain.model import Sysroot

if TYPE_CHECKING:
    from collections.abc import Mapping

TOOLS = {name: Path("/d") / name for name in ("cc", "c++", "ar", "ranlib", "nm", "strip")}
DATA: Mapping[str, object] = {
    "prefix": "/root/repo/python-3.14",
    "exec_prefix": "/root/repo/python-3.14",
    "LIBDIR": "/root/repo/python-3.14/lib",
    "AR": "/root/repo/emsdk/emar",
    "CFLAGS": "-g -O3 -DPY_CALL_TRAMPOLINE",
    "CPPFLAGS": "-I. -sUSE_ZLIB=1",
    "LIBS": "-lpthread",
    "EXT_SUFFIX": ".cpython-314-wasm32-emscripten.so",
    "SOABI": "cpython-314-wasm32-emscripten",
    "SIZEOF_LONG": 4,
    "PYODIDE_ABI_VERSION": "2026_0",
}


def variables() -> dict[str, object]:
    return target_variables(
        DATA, include=Path("/s/include"), root=Path("/s"), tools=TOOLS, libraries=Path("/x/lib")
    )


def test_the_runtimes_facts_stay() -> None:
    seen = variables()
    for name in ("EXT_SUFFIX", "SOABI", "SIZEOF_LONG", "PYODIDE_ABI_VERSION"):
        assert seen[name] == DATA[name]


def test_the_runtimes_build_machine_is_gone() -> None:
    seen = variables()
    assert not [value for value in seen.values() if "/root/repo" in str(value)]
    assert seen["LIBDIR"] == "/x/lib"
    assert seen["LIBPC"] == "/x/lib/pkgconfig"
    assert (seen["CPPFLAGS"], seen["LIBS"]) == ("", "")
    assert "prefix" not in seen
    assert "PY_CALL_TRAMPOLINE" not in str(seen["CFLAGS"])


def test_compilers_are_the_drivers() -> None:
    seen = variables()
    assert seen["CC"] == "/d/cc"
    assert seen["LDSHARED"] == "/d/cc -shared"
    assert seen["LDCXXSHARED"] == "/d/c++ -shared"
    assert seen["AR"] == "/d/ar"
    assert seen["INCLUDEPY"] == "/s/include"


def made_sysroot(folder: Path) -> Sysroot:
    return Sysroot(
        platform="314_0", release="314.0.7", root=folder, include=folder / "include", sysconfigdata=folder
    )


def test_variables_are_read_from_the_sysroot(tmp_path: Path) -> None:
    (tmp_path / f"{SYSCONFIGDATA}.py").write_text("build_time_vars = {'A': 1}\n")
    assert read_variables(made_sysroot(tmp_path)) == {"A": 1}
    with pytest.raises(MissingError):
        read_variables(made_sysroot(tmp_path / "gone"))


def test_answers_name_the_target(tmp_path: Path) -> None:
    platform = load_platform("314_0")
    said: dict[str, Any] = answers(
        platform, made_sysroot(tmp_path), variables=variables(), wheel_platform=platform.tag
    )
    assert said["uname"] == ("Emscripten", "emscripten", "5.0.3", "#1", "wasm32")
    assert said["wheel_platform"] == "pyemscripten_2026_0_wasm32"
    assert said["platform"] != sys.platform
