"""What changed between libraries, and whom it breaks."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from made_modules import side_module

from pyodide_abi.abi.symbols import is_importable
from pyodide_abi.linker.compare import (
    Sort,
    Version,
    compare_libraries,
    compare_sets,
    features_of,
    touched_by,
    touched_exports,
)
from pyodide_abi.linker.facts import read_library

if TYPE_CHECKING:
    from pyodide_abi.linker.facts import Library

TWO = """
  (func (export "kept") (param i32) (result i32) local.get 0)
  (func (export "gone"))
"""


def version(text: str, path: str = "lib.so", **dylink: tuple[str, ...]) -> Version:
    return version_of(side_module(text, **dylink), path)


def version_of(data: bytes, path: str = "lib.so") -> Version:
    return Version(library=read_library(path, data), digest=hashlib.sha256(data).hexdigest())


def user(text: str, path: str = "user.so", **dylink: tuple[str, ...]) -> Library:
    return version(text, path, **dylink).library


class TestOneLibrary:
    def test_the_same_bytes(self) -> None:
        difference = compare_libraries("lib", version(TWO), version(TWO))
        assert difference.identical
        assert not difference.breaks
        assert difference.exports == difference.imports == ()

    def test_an_export_that_went_breaks(self) -> None:
        after = version('(func (export "kept") (param i32) (result i32) local.get 0)')
        difference = compare_libraries("lib", version(TWO), after)
        [change] = difference.breaking
        assert (change.name, change.sort, str(change.before)) == ("gone", Sort.WENT, "()->()")
        assert difference.breaks

    def test_an_export_that_came_breaks_nobody(self) -> None:
        before = version('(func (export "kept") (param i32) (result i32) local.get 0)')
        difference = compare_libraries("lib", before, version(TWO))
        assert [change.sort for change in difference.exports] == [Sort.CAME]
        assert not difference.breaks

    @pytest.mark.parametrize(
        ("text", "type_"),
        [
            ('(func (export "kept") (param i64) (result i32) i32.const 0)', "(i64)->(i32)"),
            ('(func (export "kept") (param i32))', "(i32)->()"),
            ('(global (export "kept") i32 (i32.const 0))', "i32"),
        ],
    )
    def test_another_type_or_kind_breaks(self, text: str, type_: str) -> None:
        difference = compare_libraries("lib", version(TWO), version(text + '(func (export "gone"))'))
        [change] = difference.breaking
        assert (change.name, change.sort, str(change.after)) == ("kept", Sort.CHANGED, type_)

    def test_what_is_between_loader_and_library_breaks_nobody(self) -> None:
        before = version(TWO + '(func (export "__wasm_call_ctors")) (func (export "__em_js__f"))')
        difference = compare_libraries("lib", before, version(TWO))
        assert [change.name for change in difference.exports] == ["__em_js__f", "__wasm_call_ctors"]
        assert not difference.breaks
        assert not is_importable("__wasm_apply_data_relocs")

    def test_imports_breaks_nobody_whatever_they_do(self) -> None:
        before = version('(import "env" "f" (func)) (import "GOT.mem" "d" (global (mut i32)))')
        after = version('(import "env" "f" (func (param i32))) (import "GOT.func" "d" (global (mut i32)))')
        difference = compare_libraries("lib", before, after)
        found = {(change.module, change.name): change.sort for change in difference.imports}
        assert found == {
            ("env", "f"): Sort.CHANGED,
            ("GOT.mem", "d"): Sort.WENT,
            ("GOT.func", "d"): Sort.CAME,
        }
        assert not difference.breaks

    def test_the_initial_size_of_the_memory_is_no_change(self) -> None:
        before = version('(import "env" "memory" (memory 1))')
        assert not compare_libraries("lib", before, version('(import "env" "memory" (memory 2))')).imports
        limited = version('(import "env" "memory" (memory 1 2))')
        [change] = compare_libraries("lib", before, limited).imports
        assert (change.name, change.sort) == ("memory", Sort.CHANGED)

    def test_a_file_that_can_no_longer_be_read_breaks(self) -> None:
        spoiled = version_of(b"\x7fELF" + bytes(60))
        difference = compare_libraries("lib", version(TWO), spoiled)
        assert difference.spoiled
        assert difference.breaks
        assert not compare_libraries("lib", spoiled, version(TWO)).breaks

    def test_only_selected_names(self) -> None:
        difference = compare_libraries(
            "lib", version(TWO), version(""), select=lambda name: name.startswith("k")
        )
        assert [change.name for change in difference.exports] == ["kept"]

    def test_features(self) -> None:
        assert "simd128" in features_of(user('(func (export "v") (result v128) (v128.const i32x4 0 0 0 0))'))
        assert features_of(version_of(b"").library) == frozenset()


class TestSets:
    def test_by_name(self) -> None:
        before = {"a": version(TWO, "a.cp1.so"), "b": version(TWO, "b.so"), "c": version(TWO, "c.so")}
        after = {"a": version(TWO, "a.cp2.so"), "b": version("", "b.so"), "d": version(TWO, "d.so")}
        difference = compare_sets(before, after)
        assert difference.came == (("d", "d.so"),)
        assert difference.went == (("c", "c.so"),)
        assert [library.name for library in difference.changed] == ["b"]
        assert difference.same == 1
        assert difference.breaks

    def test_nothing_breaks_when_all_stay(self) -> None:
        before = {"a": version("", "a.so")}
        assert not compare_sets(before, before | {"b": version(TWO, "b.so")}).breaks

    def test_users_within_the_set_are_named(self) -> None:
        caller = version('(import "env" "gone" (func)) (func (export "PyInit_x"))', "pkg/caller.so")
        before = {"lib": version(TWO), "caller": caller}
        after = {"lib": version('(func (export "PyInit_x"))'), "caller": caller}
        [library] = compare_sets(before, after).changed
        users = {change.name: change.users for change in library.exports}
        assert users == {"gone": ("pkg/caller.so",), "kept": (), "PyInit_x": ()}


class TestTouched:
    NEW = """
      (func (export "kept") (param i64))
      (func (export "came"))
      (global (export "number") i32 (i32.const 8))
    """

    @pytest.fixture
    def difference(self) -> tuple[Version, Version]:
        old = TWO + '(global (export "number") i32 (i32.const 0)) (global (export "lost") i32 (i32.const 4))'
        return version(old), version(self.NEW)

    @pytest.mark.parametrize(
        ("text", "weak", "breaks", "reason"),
        [
            (
                '(import "env" "gone" (func))',
                (),
                True,
                "loads, and dies when it is called, unless something else provides it",
            ),
            (
                '(import "env" "gone" (func))',
                ("gone",),
                False,
                "a weak symbol: its address becomes null",
            ),
            (
                '(import "GOT.func" "gone" (global (mut i32)))',
                (),
                True,
                "does not load, unless something else provides it",
            ),
            (
                '(import "GOT.mem" "lost" (global (mut i32)))',
                ("lost",),
                False,
                "a weak symbol: its address becomes null",
            ),
            (
                '(import "env" "kept" (func (param i32) (result i32)))',
                (),
                True,
                "is declared with another type than it has now",
            ),
            (
                '(import "env" "kept" (func (param i64)))',
                (),
                False,
                "is declared with the new type already",
            ),
            (
                '(import "GOT.func" "kept" (global (mut i32)))',
                (),
                True,
                "its address now leads to another type",
            ),
            ('(import "env" "came" (func))', (), False, "is provided now"),
        ],
    )
    def test_judged_by_the_import(
        self, difference: tuple[Version, Version], text: str, weak: tuple[str, ...], breaks: bool, reason: str
    ) -> None:
        library = compare_libraries("lib", *difference)
        [touched] = touched_exports(user(text, weak=weak), library)
        assert (touched.breaks, touched.library, touched.user) == (breaks, "lib", "user.so")
        assert touched.reason == reason

    def test_what_is_not_imported_is_not_touched(self, difference: tuple[Version, Version]) -> None:
        library = compare_libraries("lib", *difference)
        assert list(touched_exports(user('(import "env" "other" (func))'), library)) == []
        assert list(touched_exports(version_of(b"").library, library)) == []

    def test_a_needed_library_that_went(self) -> None:
        difference = compare_sets({"spam.libs/lib.so": version(TWO, "spam.libs/lib.so")}, {})
        [touched] = touched_by(user("", needed=("lib.so",)), difference)
        assert (touched.breaks, touched.asked, touched.difference) == (True, "needed", None)
        assert list(touched_by(user("", needed=("other.so",)), difference)) == []
