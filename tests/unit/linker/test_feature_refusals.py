"""Features that engines refuse: what the audit looks for and says, and who refuses to compile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from assembling import assemble
from predicting import CONSTANT, EXNREF, RELAXED

from pyodide_abi.audit import Severity, audit_file
from pyodide_abi.linker.checks.imports import ENCODINGS
from pyodide_abi.platforms import load_platforms
from pyodide_abi.platforms.engine_documents import engine_names
from pyodide_abi.platforms.engines import find_engine
from pyodide_abi.wasm.code import IN_CODE
from pyodide_abi.wasm.features import Feature

if TYPE_CHECKING:
    from pathlib import Path


def test_they_refuse_what_the_platforms_say() -> None:
    for platform in load_platforms():
        for engine in map(find_engine, engine_names()):
            refused = {feature.name for feature in platform.features if engine.name in feature.refused_by}
            mixed = bool(engine.mixture) or Feature.EXNREF in engine.refused
            assert refused == {*engine.refused, *(["mixed-exceptions"] if mixed else [])}


def test_sought_are_features_in_question_that_show_in_code() -> None:
    for engine in map(find_engine, engine_names()):
        questions = {*map(Feature, engine.refused), *(ENCODINGS if engine.mixture else ())}
        assert {*map(Feature, engine.sought)} <= questions & IN_CODE


@pytest.mark.parametrize(
    ("engine", "severity"),
    [("node20", Severity.ERROR), ("node24", Severity.WARNING), ("chromium", Severity.WARNING)],
)
def test_the_audit_looks_for_it_in_the_code(engine: str, severity: Severity, tmp_path: Path) -> None:
    file = tmp_path / "x.cpython-314-wasm32-emscripten.so"
    file.write_bytes(assemble(f"%dylink {CONSTANT.replace('data', '__heap_base')} {RELAXED} %init"))
    report = audit_file(file, platform="314_0", engine=engine)
    found = {(finding.name, finding.severity) for finding in report.findings}
    assert ("disallowed-feature", severity) in found
    assert ("relaxed-simd" in str([finding.message for finding in report.findings])) is (engine == "node20")


BOTH = "(tag) (func try nop catch_all end)" + EXNREF


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("", {}),
        (RELAXED, {"webkit": ("relaxed-simd",)}),
        ('(import "env" "memory" (memory 1)) (memory 1)', {"webkit": ("multimemory",)}),
        (
            "(memory i64 1)" + RELAXED,
            {"bun": ("memory64",), "webkit": ("relaxed-simd", "memory64")},
        ),
        (BOTH, dict.fromkeys(("node26", "deno", "chromium", "bun", "webkit"), ("mixed-exceptions",))),
    ],
)
def test_the_audit_says_which_other_engines_refuse(
    text: str, refused: dict[str, tuple[str, ...]], tmp_path: Path
) -> None:
    file = tmp_path / "x.cpython-314-wasm32-emscripten.so"
    file.write_bytes(assemble(f"%dylink {text} %init"))
    (module,) = audit_file(file, platform="314_0").modules
    assert module.refused == refused
    (module,) = audit_file(file, platform="314_0", engine="node24").modules
    assert module.refused == {}


def test_both_encodings_are_an_error_that_names_who_refuses_them(tmp_path: Path) -> None:
    file = tmp_path / "x.cpython-314-wasm32-emscripten.so"
    file.write_bytes(assemble(f"%dylink {BOTH} %init"))
    (finding,) = audit_file(file, platform="314_0").findings
    assert (finding.code, finding.severity) == ("ABI503", Severity.ERROR)
    assert "node26, deno, chromium, bun, webkit refuse a module with both" in finding.message
