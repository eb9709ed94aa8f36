"""What changed between releases, and how a module fares that uses it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from made_modules import side_module

from pyodide_abi.linker.compare_surfaces import (
    Side,
    compare_surfaces,
    side_of,
)
from pyodide_abi.linker.facts import read_library
from pyodide_abi.linker.fates import Fate
from pyodide_abi.linker.met_differences import met_by
from pyodide_abi.platforms import Symbol, SymbolKind, find_runtime, load_platform, load_surface
from pyodide_abi.platforms.engine_documents import engine_names
from pyodide_abi.platforms.engines import Text, find_engine
from pyodide_abi.platforms.loaders import load_loaders
from pyodide_abi.values import replace

if TYPE_CHECKING:
    from pyodide_abi.linker.compare_surfaces import (
        SurfaceDifference,
        SymbolChange,
    )
    from pyodide_abi.linker.met_differences import Met

WASM, JS, DATA = SymbolKind.WASM_FUNCTION, SymbolKind.JS_FUNCTION, SymbolKind.DATA
TAG, OTHER, STUB = SymbolKind.TAG, SymbolKind.OTHER, SymbolKind.STUB

Form = tuple[SymbolKind, str | None]
UNARY: Form = (WASM, "(i32)->(i32)")
BINARY: Form = (WASM, "(i32,i32)->(i32)")


def side(*tables: dict[str, Form], generation: int = 2) -> Side:
    releases = tuple(f"0.{number}" for number in range(len(tables)))
    return Side(
        label="x",
        platform="p",
        releases=releases,
        tables=tuple(
            {name: Symbol(name, kind, type_) for name, (kind, type_) in table.items()} for table in tables
        ),
        loader=load_loaders()[generation - 1],
        engine=find_engine(),
    )


def change_of(before: Form, after: Form | None) -> SymbolChange:
    difference = compare_surfaces(side({"x": before}), side({"x": after} if after else {}))
    [change] = (*difference.went, *difference.changed)
    return change


class TestFates:
    """loader.md, section 2: what is provided for an import, and what follows."""

    @pytest.mark.parametrize(
        ("before", "after", "imported", "addressed"),
        [
            (UNARY, None, Fate.DIES, Fate.REFUSED),
            (UNARY, BINARY, Fate.REFUSED, Fate.DIES),
            (UNARY, (JS, "(i32)->(i32)"), Fate.FINE, Fate.FINE),
            (UNARY, (JS, "(i32)->()"), Fate.CONVERTS, Fate.DIES),
            (UNARY, (JS, None), Fate.FINE, Fate.REFUSED),
            (UNARY, (STUB, None), Fate.DIES, Fate.REFUSED),
            (UNARY, (DATA, None), Fate.REFUSED, Fate.DIES),
            (UNARY, (OTHER, None), Fate.REFUSED, Fate.REFUSED),
            ((JS, "(i32)->()"), (WASM, "(i32)->()"), Fate.FINE, Fate.FINE),
            ((JS, None), UNARY, Fate.FINE, Fate.FINE),
            ((DATA, None), None, Fate.REFUSED, Fate.REFUSED),
            ((DATA, None), UNARY, Fate.REFUSED, Fate.DIES),
            ((TAG, "(i32)->()"), None, Fate.REFUSED, Fate.FINE),
            ((TAG, "(i32)->()"), (TAG, "(i64)->()"), Fate.REFUSED, Fate.FINE),
            ((SymbolKind.GLOBAL, "i32 mut"), (SymbolKind.GLOBAL, "i64 mut"), Fate.REFUSED, Fate.FINE),
            ((SymbolKind.MEMORY, "min=1 max=2"), (SymbolKind.MEMORY, "min=1 max=3"), Fate.FINE, Fate.FINE),
            ((STUB, None), None, Fate.FINE, Fate.FINE),
            ((OTHER, None), None, Fate.FINE, Fate.FINE),
        ],
    )
    def test_of_a_module_that_fitted(
        self, before: Form, after: Form | None, imported: Fate, addressed: Fate
    ) -> None:
        change = change_of(before, after)
        assert (change.imported, change.addressed) == (imported, addressed)
        assert change.breaks is (imported is not Fate.FINE or addressed is not Fate.FINE)

    def test_how_an_address_is_held_is_no_difference(self) -> None:
        difference = compare_surfaces(side({"x": (DATA, None)}), side({"x": (DATA, "i32")}))
        assert (difference.same, difference.changed) == (1, ())

    def test_how_long_the_table_is_at_first_is_no_difference(self) -> None:
        table = SymbolKind.TABLE
        difference = compare_surfaces(
            side({"x": (table, "funcref min=1")}), side({"x": (table, "funcref min=2")})
        )
        assert difference.same == 1


class TestPlatforms:
    def test_went_only_when_no_release_has_it(self) -> None:
        before = side({"a": UNARY, "b": UNARY}, {"a": UNARY})
        difference = compare_surfaces(before, side({}, {"c": UNARY}))
        assert [change.name for change in difference.went] == ["a", "b"]
        assert [change.name for change in difference.came] == ["c"]
        assert before.common == {"a"}

    def test_only_some_releases_having_it_is_a_change(self) -> None:
        difference = compare_surfaces(side({"a": UNARY}), side({"a": UNARY}, {}))
        [change] = difference.changed
        assert change.imported is Fate.DIES
        assert change.after[1] is None

    def test_a_platform_does_not_differ_from_itself(self) -> None:
        both = side({"a": UNARY}, {"a": BINARY})
        difference = compare_surfaces(both, both)
        assert difference.same == 1
        assert not difference.breaks

    def test_selected_names(self) -> None:
        difference = compare_surfaces(
            side({"aa": UNARY, "ab": UNARY}), side({}), select=lambda name: name.endswith("b")
        )
        assert [change.name for change in difference.went] == ["ab"]


def meets(text: str, before: Side, after: Side, *, weak: tuple[str, ...] = ()) -> list[Met]:
    library = read_library("m.so", side_module(text, weak=weak))
    return list(met_by([library], compare_surfaces(before, after)))


class TestMet:
    @pytest.mark.parametrize(
        ("text", "before", "after", "fate", "reason"),
        [
            (
                '(import "env" "x" (func (param i32) (result i32)))',
                UNARY,
                BINARY,
                Fate.REFUSED,
                "imported function does not match the expected type",
            ),
            (
                '(import "env" "x" (func (param i32) (result i32)))',
                UNARY,
                (JS, "()->()"),
                Fate.CONVERTS,
                "the JavaScript function is ()->()",
            ),
            (
                '(import "GOT.func" "x" (global (mut i32)))',
                UNARY,
                BINARY,
                Fate.DIES,
                "its address now leads to another type",
            ),
            (
                '(import "GOT.func" "x" (global (mut i32)))',
                UNARY,
                (JS, None),
                Fate.REFUSED,
                "it has no address",
            ),
            (
                '(import "env" "x" (tag (param i32)))',
                (TAG, "(i32)->()"),
                UNARY,
                Fate.REFUSED,
                "tag import requires a WebAssembly.Tag",
            ),
        ],
    )
    def test_judged_by_the_declared_type(
        self, text: str, before: Form, after: Form, fate: Fate, reason: str
    ) -> None:
        [met] = meets(text, side({"x": before}), side({"x": after}))
        assert (met.after, met.reason, met.breaks) == (fate, reason, True)

    def test_declared_with_the_new_type_already(self) -> None:
        [met] = meets(
            '(import "env" "x" (func (param i32 i32) (result i32)))', side({"x": UNARY}), side({"x": BINARY})
        )
        assert (met.before, met.after, met.breaks) == (Fate.REFUSED, Fate.FINE, False)

    def test_releases_are_named(self) -> None:
        [met] = meets(
            '(import "env" "x" (func (param i32) (result i32)))',
            side({"x": UNARY}),
            side({"x": UNARY}, {"x": BINARY}, {}),
        )
        assert (met.after, met.releases) == (Fate.REFUSED, ("0.1",))

    def test_a_weak_symbol_may_go(self) -> None:
        [met] = meets('(import "GOT.mem" "x" (global (mut i32)))', side({"x": UNARY}), side({}), weak=("x",))
        assert not met.breaks

    def test_what_the_wheel_defines_itself_may_go(self) -> None:
        text = '(import "env" "x" (func (param i32) (result i32))) (func (export "x"))'
        [met] = meets(text, side({"x": UNARY}), side({}))
        assert not met.breaks

    def test_what_is_made_late_ends_with_the_first_generation(self) -> None:
        text = '(import "env" "invoke_viiiii" (func (param i32 i32)))'
        [met] = meets(text, side({}, generation=1), side({}, generation=2))
        assert (met.before, met.after) == (Fate.FINE, Fate.DIES)
        assert meets(text, side({}, generation=2), side({}, generation=3)) == []


def release(version: str) -> Side:
    platform = find_runtime(version).platform
    return side_of(version, platform, load_surface(platform), (version,), "node24")


class TestRealReleases:
    @pytest.fixture
    def difference(self) -> SurfaceDifference:
        return compare_surfaces(release("0.27.7"), release("0.29.4"))

    def test_counts_add_up(self, difference: SurfaceDifference) -> None:
        """The sizes of the two surfaces are those of loader.md, section 11."""
        stay = difference.same + len(difference.changed)
        assert stay + len(difference.went) == 11_044
        assert stay + len(difference.came) == 11_077

    def test_javascript_exceptions_went_and_webassembly_ones_came(
        self, difference: SurfaceDifference
    ) -> None:
        went, came = ({change.name for change in part} for part in (difference.went, difference.came))
        assert {"invoke_iii", "__resumeException", "llvm_eh_typeid_for"} <= went
        assert {"__cpp_exception", "__c_longjmp", "__wasm_longjmp"} <= came

    def test_a_changed_type(self, difference: SurfaceDifference) -> None:
        """CPython 3.13 added an argument to ``_PyThreadState_New``."""
        changed = {change.name: change for change in difference.changed}
        change = changed["_PyThreadState_New"]
        assert change.before == (Symbol("_PyThreadState_New", WASM, "(i32)->(i32)"),)
        assert change.after == (Symbol("_PyThreadState_New", WASM, "(i32,i32)->(i32)"),)
        assert change.imported is Fate.REFUSED

    def test_an_identical_pair(self) -> None:
        difference = compare_surfaces(release("0.29.4"), release("0.29.5"))
        assert difference.same == 11_077
        assert not difference.breaks

    def test_within_a_platform(self) -> None:
        """``_JsObject_Set_js`` came with 0.29.0."""
        platform = load_platform("2025_0")
        releases = tuple(found.version for found in platform.releases)
        whole = side_of("2025_0", platform, load_surface(platform), releases, "node24")
        assert whole.names - whole.common == {"_JsObject_Set_js", "compat_dict_to_literalmap"}
        difference = compare_surfaces(release("0.29.4"), whole)
        assert {change.name for change in difference.changed} == whole.names - whole.common
        assert difference.breaks


class TestEngines:
    """A comparison is made in one engine: its view of the symbols, its checks, its words."""

    @pytest.mark.parametrize("engine", engine_names())
    def test_every_engine_has_a_view(self, engine: str) -> None:
        platform = load_platform("314_0")
        made = side_of("x", platform, load_surface(platform), ["314.0.7"], engine)
        assert made.engine == find_engine(engine)
        assert made.tables[0] == dict(load_surface(platform).symbols("314.0.7", made.engine.surface))

    @pytest.mark.parametrize("engine", engine_names())
    def test_an_import_is_judged_in_its_words(self, engine: str) -> None:
        judge = find_engine(engine)
        before, after = (
            replace(side({"memory": (SymbolKind.MEMORY, f"min={pages} max=65536")}), engine=judge)
            for pages in (9, 5)
        )
        library = read_library("x.so", side_module('(import "env" "memory" (memory 7))'))
        [met] = met_by([library], compare_surfaces(before, after))
        said = judge.say(
            Text.MEMORY_SMALL,
            call=judge.calls.instance,
            index=0,
            module="env",
            name="memory",
            have=5,
            wanted=7,
        )
        assert met.reason
        assert said.endswith(met.reason)
