"""The stable ABI's data: its form, what it was made from, and that the platforms' own interpreters agree."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from pyodide_abi.errors import PlatformDataError
from pyodide_abi.platforms import load_platforms, load_surface
from pyodide_abi.platforms.stable_abi import (
    StableSymbol,
    decode_stable_abi,
    encode_stable_abi,
    load_stable_abi,
)

ROOT = Path(__file__).parents[3]
#: Symbols that CPython has only on Windows, with native thread ids, with stack checks, or in debug builds.
CONDITIONAL = {
    "PyErr_SetExcFromWindowsErr",
    "PyErr_SetExcFromWindowsErrWithFilename",
    "PyErr_SetExcFromWindowsErrWithFilenameObject",
    "PyErr_SetExcFromWindowsErrWithFilenameObjects",
    "PyErr_SetFromWindowsErr",
    "PyErr_SetFromWindowsErrWithFilename",
    "PyExc_WindowsError",
    "PyUnicode_AsMBCSString",
    "PyUnicode_DecodeMBCS",
    "PyUnicode_DecodeMBCSStateful",
    "PyUnicode_EncodeCodePage",
    "PyUnicode_DecodeCodePageStateful",
    "PyOS_CheckStack",
    "PyThread_get_thread_native_id",
    "_Py_NegativeRefcount",
    "_Py_RefTotal",
}
MANIFEST = """
[feature_macro.MS_WINDOWS]
    doc = 'on Windows'
[struct.PyObject]
    added = '3.2'
[function.PyType_FromSpec]
    added = '3.2'
[function._PyPrivate]
    added = '3.10'
    abi_only = true
[data.PyBool_Type]
    added = '3.2'
"""


def tool() -> Any:
    place = ROOT / "tools" / "regenerate_stable_abi.py"
    spec = importlib.util.spec_from_file_location("regenerate_stable_abi", place)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_file_is_as_its_tool_writes_it() -> None:
    known = load_stable_abi()
    tables: dict[str, dict[str, str]] = {"function": {}, "data": {}}
    for symbol in known.symbols.values():
        tables["data" if symbol.data else "function"][symbol.name] = symbol.version
    written = tool().DATA.read_text("utf-8")
    assert encode_stable_abi(tables, source=known.source) == written
    assert "Misc/stable_abi.toml" in known.source
    assert "20" in known.source


def test_the_tool_reads_cpythons_manifest() -> None:
    tables = tool().read_manifest(MANIFEST)
    assert tables == {
        "function": {"PyType_FromSpec": "3.2", "_PyPrivate": "3.10"},
        "data": {"PyBool_Type": "3.2"},
    }
    known = decode_stable_abi(encode_stable_abi(tables, source="a test"))
    assert known.find("_PyPrivate") == StableSymbol("_PyPrivate", (3, 10), data=False)
    assert known.find("PyBool_Type") == StableSymbol("PyBool_Type", (3, 2), data=True)
    assert known.find("PyObject") is None


def test_the_tool_says_what_differs() -> None:
    changed = MANIFEST.replace("[data.PyBool_Type]", "[function.PyBool_Type]")
    assert [line.split(":")[0] for line in tool().differences(tool().read_manifest(changed))] == [
        "function _PyPrivate",
        "function PyBool_Type",
    ]


@pytest.mark.parametrize("platform", load_platforms(), ids=lambda platform: platform.name)
def test_every_platforms_interpreter_has_what_its_version_promises(platform: Any) -> None:
    version = tuple(map(int, platform.python.version.split(".")))
    promised = {name for name, symbol in load_stable_abi().symbols.items() if symbol.added <= version}
    surface = load_surface(platform)
    for release in surface.releases:
        symbols = surface.symbols(release)
        assert {name for name in promised if name not in symbols} <= CONDITIONAL


@pytest.mark.parametrize("line", ["macro 3.2 Py_INCREF", "function three PyX", "data 3.2", "function"])
def test_a_damaged_file_is_refused(line: str) -> None:
    with pytest.raises(PlatformDataError, match="line 2 is not"):
        decode_stable_abi(f"# source: x\n{line}\n")
