"""Which platform files were built for is told from what is in them."""

from __future__ import annotations

import pytest
from assembling import assemble

from pyodide_abi.audit.inference import Sign, infer_platform, only_fit
from pyodide_abi.linker import read_library
from pyodide_abi.platforms import load_platform

TAG = '%dylink (import "env" "__cpp_exception" (tag (param i32))) %init'
GUARD = '%dylink (import "env" "invoke_v" (func (param i32))) %init'


def fits(*files: tuple[str, str]) -> dict[str, set[Sign]]:
    """The signs against each platform, the best first."""
    found = infer_platform([read_library(path, assemble(text)) for path, text in files])
    return {fit.platform.name: {misfit.sign for misfit in fit.misfits} for fit in found}


def only(path: str, text: str) -> str | None:
    platform = only_fit(infer_platform([read_library(path, assemble(text))]))
    return platform.name if platform else None


@pytest.mark.parametrize(
    ("path", "text", "platform"),
    [
        ("x.so", GUARD, "2024_0"),
        ("x.so", TAG, None),
        ("x.cpython-313-wasm32-emscripten.so", TAG, "2025_0"),
        ("x.cpython-313-wasm32-emscripten.so", GUARD, None),
        ("x.cpython-312-wasm32-emscripten.so", "%dylink %init", "2024_0"),
        ("x.so", '%dylink (func (export "PyModExport_x") (result i32) i32.const 0)', "2026_5"),
        ("x.so", '%dylink (import "env" "PyModule_FromSlotsAndSpec" (func)) %init', None),
        (
            "x.so",
            '%dylink (import "env" "PyModule_FromSlotsAndSpec" (func (param i32 i32) (result i32))) %init',
            "2026_5",
        ),
        ("x.so", '(@custom "dylink" (before first) "\\00\\00\\00\\00\\00") %init', "2024_0"),
        ("x.so", "%dylink %init", None),
    ],
)
def test_the_one_that_fits(path: str, text: str, platform: str | None) -> None:
    assert only(path, text) == platform


def test_what_speaks_against_each() -> None:
    assert fits(("x.cpython-313-wasm32-emscripten.so", TAG)) == {
        "2025_0": set(),
        "2026_5": {Sign.PYTHON},
        "314_0": {Sign.PYTHON},
        "2024_0": {Sign.PYTHON, Sign.UNWINDING},
    }


def test_what_no_platform_has_says_nothing() -> None:
    assert not any(fits(("x.so", '%dylink (import "env" "absent" (func)) %init')).values())


def test_a_weak_symbol_says_nothing() -> None:
    name = "PyModule_FromSlotsAndSpec"
    weak = f'(@dylink.0 (mem-info (memory 0 0)) (import-info "env" "{name}" binding-weak undefined))'
    text = f'{weak} (import "env" "{name}" (func)) %init'
    assert not any(fits(("x.so", text)).values())


def test_what_another_file_provides_says_nothing() -> None:
    user = '%dylink (import "env" "PyModule_FromSlotsAndSpec" (func (param i32 i32) (result i32))) %init'
    provider = '%dylink (func (export "PyModule_FromSlotsAndSpec"))'
    assert not any(fits(("x.so", user), ("libx.so", provider)).values())


def test_a_run_path_speaks_against_a_loader_without_one() -> None:
    text = '(@dylink.0 (mem-info (memory 0 0)) (runtime-path "$ORIGIN")) %init'
    assert {name for name, signs in fits(("x.so", text)).items() if signs == {Sign.RUN_PATH}} == {"2024_0"}


def test_a_file_that_cannot_be_read_says_nothing() -> None:
    found = infer_platform([read_library("x.so", b"\0asm\1\0\0\0\0\x09\x08dylink.0\x7f")])
    assert not any(fit.misfits for fit in found)


def test_reasons_are_short_and_name_what_was_seen() -> None:
    names = ("PyModule_FromSlotsAndSpec", "PyType_FromSlots", "PyModule_Exec2", "PyABIInfo_Check")
    later = [name for name in names if name != "PyModule_Exec2"]
    imports = " ".join(f'(import "GOT.func" "{name}" (global (mut i32)))' for name in names)
    library = read_library("x.so", assemble(f"%dylink {imports} %init"))
    platform = load_platform("2025_0")
    fit = next(fit for fit in infer_platform([library]) if fit.platform == platform)
    assert fit.reasons == (f"no release of it has {', '.join(f'`{name}`' for name in later)}",)


def test_only_named_platforms_are_tried() -> None:
    chosen = [load_platform("2025_0"), load_platform("314_0")]
    found = infer_platform([read_library("x.so", assemble(GUARD))], platforms=chosen)
    # The wrong way of unwinding for both, so it does not tell them apart.
    assert [(fit.platform.name, fit.misfits) for fit in found] == [("314_0", ()), ("2025_0", ())]
