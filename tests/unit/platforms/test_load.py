"""The data that ships is sound: every fact is explained, and the platforms are those that were published."""

from __future__ import annotations

from typing import Protocol

from pyodide_abi.platforms.known import load_platforms
from pyodide_abi.platforms.model import Language, Need, Stage, Status, Unwinding
from pyodide_abi.platforms.versions import version_key


class Explained(Protocol):
    @property
    def reason(self) -> str: ...

    @property
    def source(self) -> str: ...


def test_every_fact_has_a_reason_and_a_source() -> None:
    for platform in load_platforms():
        explained: tuple[Explained, ...] = (
            *platform.reasons,
            *platform.flags,
            *platform.libraries,
            *platform.features,
            *platform.tags,
            *platform.rust.arguments,
            platform.rust,
            platform.search,
        )
        for each in explained:
            assert len(each.reason) > len("because"), each
            assert each.source, each


def test_the_facts_that_set_the_versions_apart() -> None:
    rows = [
        (
            p.name,
            p.python.version,
            p.emscripten,
            p.exceptions,
            p.longjmp,
            p.exception_encoding,
            p.bigint_flag,
            p.loader,
        )
        for p in load_platforms()
    ]
    js, wasm = Unwinding.JAVASCRIPT, Unwinding.WEBASSEMBLY
    assert rows == [
        ("2024_0", "3.12", "3.1.58", js, js, None, True, 1),
        ("2025_0", "3.13", "4.0.9", wasm, wasm, "legacy", False, 2),
        ("314_0", "3.14", "5.0.3", wasm, wasm, "legacy", False, 3),
        ("2026_5", "3.15", "6.0.5", wasm, wasm, "legacy", False, 4),
    ]


def test_no_flag_that_unwinds_one_way_is_required_where_the_runtime_unwinds_the_other() -> None:
    for platform in load_platforms():
        flags = {(flag.flag, flag.need) for flag in platform.flags}
        wasm = platform.exceptions is Unwinding.WEBASSEMBLY
        assert (("-fwasm-exceptions", Need.REQUIRED) in flags) is wasm
        assert (("-fwasm-exceptions", Need.FORBIDDEN) in flags) is not wasm
        assert (("-fexceptions", Need.REQUIRED) in flags) is not wasm
        assert (("-fexceptions", Need.FORBIDDEN) in flags) is wasm


def test_threads_are_forbidden_everywhere_at_both_stages() -> None:
    for platform in load_platforms():
        for name in ("-pthread", "-fopenmp"):
            (flag,) = [flag for flag in platform.flags if flag.flag == name]
            assert flag.need is Need.FORBIDDEN
            assert set(flag.stages) == set(Stage)
            assert {Language.C, Language.CXX} <= set(flag.languages)


def test_all_published_releases_are_there() -> None:
    known = [release.version for platform in load_platforms() for release in platform.releases]
    assert known == [
        *(f"0.26.{patch}" for patch in range(5)),
        *(f"0.27.{patch}" for patch in range(9)),
        *(f"0.28.{patch}" for patch in range(4)),
        *(f"0.29.{patch}" for patch in range(6)),
        *(f"314.0.{patch}" for patch in range(8)),
        "315.0.0-alpha.1",
        "315.0.0-alpha.2",
    ]


def test_a_development_version_has_no_stable_release() -> None:
    for platform in load_platforms():
        stable = any(not release.prerelease for release in platform.releases)
        assert (platform.status is Status.STABLE) is stable


def test_versions_are_ordered_as_npm_orders_them() -> None:
    mixed = ["315.0.0", "315.0.0-alpha.10", "0.26.10", "315.0.0-alpha.2", "0.9.0", "0.26.0"]
    assert sorted(mixed, key=version_key) == [
        "0.9.0",
        "0.26.0",
        "0.26.10",
        "315.0.0-alpha.2",
        "315.0.0-alpha.10",
        "315.0.0",
    ]
