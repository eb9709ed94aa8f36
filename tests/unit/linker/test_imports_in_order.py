"""What one interpreter makes of several imports, clause by clause of loader.md, sections 2, 4 and 5."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from assembling import assemble

from pyodide_abi.linker import Installed, Outcome, Resolver, read_library
from pyodide_abi.platforms import load_platform, load_platforms
from pyodide_abi.platforms.surface import Symbol, SymbolKind

if TYPE_CHECKING:
    from pyodide_abi.linker import Prediction

SYMBOLS = {
    symbol.name: symbol
    for symbol in (
        Symbol("function", SymbolKind.WASM_FUNCTION, "(i32)->(i32)"),
        Symbol("memory", SymbolKind.MEMORY, "min=480 max=65536"),
    )
}
ALL = [platform.name for platform in load_platforms()]
SOUND = "%dylink"
WANTS = '%dylink (import "GOT.mem" "absent" (global (mut i32)))'
WANTS_WEAKLY = """(@dylink.0 (mem-info (memory 4 2)) (import-info "env" "absent" binding-weak))
(import "GOT.mem" "absent" (global (mut i32)))"""
GIVES = '%dylink (global (export "absent") i32 (i32.const 0))'
WRONG = '%dylink (import "env" "function" (func))'
NO_INIT = "dynamic module does not define module export function (PyInit_a)"


def imports(order: str, platform: str = "2025_0", **texts: str) -> tuple[Prediction, ...]:
    """Of modules called by single letters; libraries may have longer names."""
    libraries = {}
    for name, text in texts.items():
        init = f'(func (export "PyInit_{name}") (result i32) i32.const 0)'
        libraries[f"{name}.so"] = read_library(f"{name}.so", assemble(text + init))
    resolver = Resolver(
        Installed(libraries=libraries), platform=load_platform(platform), symbols=SYMBOLS, engine="node24"
    )
    return resolver.resolve_in_order([f"{name}.so" for name in order])


def outcomes(predictions: tuple[Prediction, ...]) -> str:
    return "".join("+" if one.outcome is Outcome.LOADS else "-" for one in predictions)


@pytest.mark.parametrize("platform", ["2024_0", "2025_0", "314_0"])
@pytest.mark.parametrize("broken", [WANTS, WRONG, '%dylink (import "foo" "bar" (func))'])
def test_what_failed_counts_as_loaded_and_has_no_init_function(platform: str, broken: str) -> None:
    _, second = imports("aa", platform, a=broken)
    assert second.error == NO_INIT


def test_what_was_imported_is_not_loaded_again() -> None:
    first, second = imports("aa", a=SOUND)
    assert first.libraries == ("a.so",)
    assert second.libraries == ()
    assert outcomes((first, second)) == "++"


class TestPoisoning:
    """Section 2: an address that was wanted in vain is asked for again at every load."""

    @pytest.mark.parametrize("platform", ALL)
    def test_every_later_module_fails_alike(self, platform: str) -> None:
        first, second = imports("ab", platform, a=WANTS, b=SOUND)
        assert first.problems[0].text == second.problems[0].text
        assert "'absent'" in first.problems[0].text

    def test_until_one_defines_it(self) -> None:
        assert outcomes(imports("abc", a=WANTS, b=GIVES, c=SOUND)) == "-++"

    def test_it_happens_although_an_import_did_not_fit(self) -> None:
        both = WRONG + '(import "GOT.mem" "absent" (global (mut i32)))'
        assert outcomes(imports("ab", a=both, b=SOUND)) == "--"
        assert outcomes(imports("ab", a=WRONG, b=SOUND)) == "-+"

    def test_the_engine_asks_for_values_up_to_an_unknown_module(self) -> None:
        foreign, wanted = '(import "foo" "bar" (func))', '(import "GOT.mem" "absent" (global (mut i32)))'
        assert outcomes(imports("ab", a=SOUND + wanted + foreign, b=SOUND)) == "--"
        assert outcomes(imports("ab", a=SOUND + foreign + wanted, b=SOUND)) == "-+"

    def test_the_first_one_is_said(self) -> None:
        other = WANTS.replace("absent", "other")
        _, second = imports("ab", a=WANTS, b=other)
        assert "'absent'" in second.problems[0].text

    def test_what_an_earlier_module_exports_answers_addresses_and_no_calls(self) -> None:
        call = '%dylink (import "env" "absent" (func))'
        assert outcomes(imports("ab", a=GIVES, b=WANTS)) == "++"
        _, caller = imports("ab", a=GIVES, b=call)
        assert [latent.symbol for latent in caller.undefined_calls] == ["absent"]

    @pytest.mark.parametrize(
        ("platform", "expected"), [("2024_0", "+-"), ("2025_0", "+-"), ("314_0", "++"), ("2026_5", "++")]
    )
    def test_a_weak_one_is_settled_as_null_by_the_later_loaders(self, platform: str, expected: str) -> None:
        assert outcomes(imports("ab", platform, a=WANTS_WEAKLY, b=WANTS)) == expected


class TestNeeded:
    """Section 5: a needed library that failed once counts as loaded for the next user."""

    NEEDS = '(@dylink.0 (mem-info (memory 4 2)) (needed "dep.so")) (import "env" "answer" (func))'
    DEP = '%dylink (func (export "answer"))'

    def test_a_sound_one_serves_both(self) -> None:
        predictions = imports("ab", a=self.NEEDS, b=self.NEEDS, dep=self.DEP)
        assert outcomes(predictions) == "++"
        assert not predictions[1].undefined_calls

    def test_a_broken_one_is_empty_for_the_second(self) -> None:
        broken = WRONG + '(func (export "answer"))'
        predictions = imports("ab", a=self.NEEDS, b=self.NEEDS, dep=broken)
        assert outcomes(predictions) == "-+"
        assert [latent.symbol for latent in predictions[1].undefined_calls] == ["answer"]

    @pytest.mark.parametrize("platform", ALL)
    def test_an_absent_one_likewise(self, platform: str) -> None:
        assert outcomes(imports("ab", platform, a=self.NEEDS, b=self.NEEDS)) == "-+"

    def test_what_it_needs_itself_is_not_seen_by_the_second(self) -> None:
        dep = '(@dylink.0 (mem-info (memory 4 2)) (needed "deep.so"))'
        first, second = imports("ab", a=self.NEEDS, b=self.NEEDS, dep=dep, deep=self.DEP)
        assert not first.undefined_calls
        assert [latent.symbol for latent in second.undefined_calls] == ["answer"]
