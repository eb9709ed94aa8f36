"""All parts know all forms of init functions: for ASCII names and others, of both kinds (PEP 489, 793)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from assembling import assemble, make_wheel
from hypothesis import given
from hypothesis import strategies as st

from pyodide_abi.abi.symbols import INIT_PREFIXES, init_functions
from pyodide_abi.audit import audit_file
from pyodide_abi.audit.inference import infer_platform
from pyodide_abi.audit.pipeline import open_subject
from pyodide_abi.build.driver.objects.exports import _Tables
from pyodide_abi.platforms import load_platform
from pyodide_abi.repair.plan import Wishes
from pyodide_abi.repair.repair_wheel import repair_wheel
from pyodide_abi.report.show import describe
from pyodide_abi.wasm import read_module
from pyodide_abi.wheel import open_wheel

if TYPE_CHECKING:
    from pathlib import Path

WHEEL = "spam-1-cp315-cp315-pyemscripten_2026_5_wasm32.whl"
SUFFIX = ".cpython-315-wasm32-emscripten.so"
PLATFORM = "2026_5"
FORMS = [(name, function) for name in ("cafe", "café") for function in init_functions(name)]

forms = pytest.mark.parametrize(("name", "function"), FORMS, ids=[function for _, function in FORMS])


def module_with(function: str, more: str = "") -> bytes:
    return assemble(f'%dylink (func (export "{function}") (result i32) i32.const 0) {more}')


def exporting(function: str) -> bytes:
    exports = "".join(f'(export "an_export_with_a_rather_long_name_{n:02}" (func 0))' for n in range(60))
    return module_with(function, exports)


def test_the_forms_are_all_there_are() -> None:
    assert {function.partition("_")[0] + "_" for _, function in FORMS} == set(INIT_PREFIXES)


@forms
def test_it_is_not_needless(name: str, function: str, tmp_path: Path) -> None:
    file = make_wheel(tmp_path, WHEEL, {f"{name}{SUFFIX}": exporting(function)})
    (finding,) = (finding for finding in audit_file(file).findings if finding.code == "ABI208")
    assert finding.message.startswith("60 of its 61 exports")


@forms
def test_a_repair_keeps_it(name: str, function: str, tmp_path: Path) -> None:
    file = make_wheel(tmp_path, WHEEL, {f"{name}{SUFFIX}": exporting(function)})
    repaired = repair_wheel(file, Wishes(), tmp_path / "new")
    with open_wheel(repaired.path) as new:
        module = read_module(new.read(f"{name}{SUFFIX}"))
    assert [entry.name for entry in module.exports] == [function]


@forms
@pytest.mark.parametrize("prefix", ["", "lib"])
def test_a_bare_so_that_has_it_is_an_extension_module(
    name: str, function: str, prefix: str, tmp_path: Path
) -> None:
    hook = function.partition("_")[0]
    (wanted,) = (one for one in init_functions(prefix + name) if one.partition("_")[0] == hook)
    content = module_with(wanted)
    file = make_wheel(tmp_path, WHEEL, {f"{prefix}{name}.so": content})
    with open_subject(file) as subject:
        assert [binary.extension for binary in subject.binaries] == [True]
    with open_wheel(file) as wheel:
        assert [found.name for found in wheel.extension_modules((".so",))] == [prefix + name]
    alone = tmp_path / f"{prefix}{name}.so"
    alone.write_bytes(content)
    with open_subject(alone, platform=PLATFORM) as subject:
        assert [binary.extension for binary in subject.binaries] == [True]
    assert not audit_file(alone, platform=PLATFORM).failed


@forms
def test_it_is_shown(name: str, function: str) -> None:
    assert describe(f"{name}.so", module_with(function), ())["initialises"] == [function]


@forms
def test_one_of_another_name_is_named(name: str, function: str, tmp_path: Path) -> None:
    file = make_wheel(tmp_path, WHEEL, {f"other{SUFFIX}": module_with(function)})
    (finding,) = (finding for finding in audit_file(file).findings if finding.code == "ABI204")
    assert finding.message.endswith(f"it exports {function}")
    assert name != "other"


@forms
def test_an_archive_gives_the_one_that_the_output_asks_for(name: str, function: str) -> None:
    tables = _Tables([], read=lambda _: b"", bitcode=lambda _: ())
    tables.archives = [function, "PyInit_other"]
    assert tables.inits(f"build/{name}{SUFFIX}") == [function]


@forms
def test_older_interpreters_do_not_look_for_slots(name: str, function: str, tmp_path: Path) -> None:
    file = tmp_path / f"{name}.so"
    file.write_bytes(module_with(function))
    with open_subject(file, platform="314_0") as subject:
        libraries = [binary.library for binary in subject.binaries]
    (fit,) = infer_platform(libraries, platforms=[load_platform("314_0")])
    assert bool(fit.misfits) == function.startswith("PyModExport")


@given(st.text(min_size=1).filter(str.isidentifier), st.sampled_from(INIT_PREFIXES))
def test_a_name_has_one_function_of_each_kind(name: str, prefix: str) -> None:
    functions = init_functions(name)
    assert all(function.isascii() for function in functions)
    assert sum(function.startswith(prefix) for function in functions) == (
        ("U_" in prefix) is not name.isascii()
    )
