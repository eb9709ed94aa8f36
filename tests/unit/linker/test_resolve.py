"""Predictions against a made-up runtime, clause by clause of loader.md."""

from __future__ import annotations

import sys

import pytest
from predicting import SYMBOLS, first, predict

from pyodide_abi.abi.symbols import BASES, GOT_INTERNAL
from pyodide_abi.linker import Cause, Installed, Outcome, read_library, resolve
from pyodide_abi.platforms import load_platform, load_platforms
from pyodide_abi.platforms.loaders import load_loaders, loader_of

ALL = [platform.name for platform in load_platforms()]


def needing(*names: str, more: str = "") -> str:
    listed = " ".join(f'"{name}.so"' for name in names)
    return f"(@dylink.0 (mem-info (memory 4 2)) (needed {listed}) {more})"


def test_the_text_of_the_import_names_the_file() -> None:
    wanted = '%dylink (import "GOT.mem" "absent" (global (mut i32))) %init'
    assert predict(wanted).error == (
        "could not load dynamic lib: /lib/python3.14/site-packages/x.so\n"
        "Error: Dynamic linking error: undefined symbol 'absent'"
    )
    assert predict(wanted, "2024_0").error == (
        "Could not load dynamic lib: /lib/python3.12/site-packages/x.so\n"
        "Error: bad export type for 'absent': undefined"
    )


class TestFunctionImports:
    """Section 2: exact types of WebAssembly functions, anything for JavaScript, a placeholder for nothing."""

    @pytest.mark.parametrize("platform", ALL)
    def test_types(self, platform: str) -> None:
        right = '%dylink (import "env" "function" (func (param i32) (result i32))) %init'
        wrong = '%dylink (import "env" "function" (func (param i64) (result i32))) %init'
        script = '%dylink (import "env" "script" (func (param i64))) %init'
        assert predict(right, platform).outcome is Outcome.LOADS
        assert first(predict(wrong, platform)) == (
            'LinkError: WebAssembly.Instance(): Import #0 "env" "function": imported function does not match '
            "the expected type"
        )
        assert predict(script, platform).outcome is Outcome.LOADS

    def test_a_placeholder_of_the_loader_is_nothing(self) -> None:
        prediction = predict('%dylink (import "env" "placeholder" (func)) %init')
        assert [latent.symbol for latent in prediction.undefined_calls] == ["placeholder"]

    def test_names_that_every_object_has_are_found(self) -> None:
        assert not predict('%dylink (import "env" "toString" (func)) %init').undefined_calls

    def test_either_module_name_will_do(self) -> None:
        text = '%dylink (import "wasi_snapshot_preview1" "function" (func (param i64))) %init'
        assert 'Import #0 "wasi_snapshot_preview1" "function"' in first(predict(text))


@pytest.mark.parametrize(
    ("name", "provided"),
    [
        ("function", "WebAssembly function (i32)->(i32)"),
        ("script", "JavaScript function ()->(f64)"),
        ("untyped", "JavaScript function without a signature"),
        ("memory", "memory min=480 max=65536"),
        ("absent", ""),
    ],
)
@pytest.mark.parametrize(
    "declared", ["(global (mut i32))", "(global i64)", "(global v128)", "(table 1 funcref)", "(tag)"]
)
def test_what_is_provided_instead_is_told(name: str, provided: str, declared: str) -> None:
    (problem,) = predict(f'%dylink (import "env" "{name}" {declared}) %init').problems
    assert problem.provided == provided


class TestData:
    """Section 2: data are JavaScript numbers in two generations and globals in two."""

    IMPORT = '%dylink (import "env" "data" (global {type})) %init'
    NUMBER = "imported mutable global must be a WebAssembly.Global object"
    GLOBAL = "imported global does not match the expected mutability"

    @pytest.mark.parametrize("platform", ALL)
    def test_an_address_links(self, platform: str) -> None:
        assert predict(self.IMPORT.format(type="i32"), platform).outcome is Outcome.LOADS

    @pytest.mark.parametrize(
        ("platform", "text"),
        [("2024_0", NUMBER), ("2025_0", NUMBER), ("314_0", GLOBAL), ("2026_5", GLOBAL)],
    )
    def test_a_mutable_one_does_not(self, platform: str, text: str) -> None:
        assert first(predict(self.IMPORT.format(type="(mut i32)"), platform)).endswith(text)

    def test_a_number_fits_every_number_type_but_64_bits(self) -> None:
        assert predict(self.IMPORT.format(type="f64"), "2025_0").outcome is Outcome.LOADS
        assert first(predict(self.IMPORT.format(type="i64"), "2025_0")).endswith(
            "global import must be a number, valid Wasm reference, or WebAssembly.Global object"
        )
        assert first(predict(self.IMPORT.format(type="f64"))).endswith(
            "imported global does not match the expected type"
        )

    def test_the_stack_pointer_has_to_be_mutable(self) -> None:
        assert predict('%dylink (import "env" "stack" (global (mut i32))) %init').outcome is Outcome.LOADS
        assert "mutability" in first(predict('%dylink (import "env" "stack" (global i32)) %init'))


class TestAddresses:
    """Section 2: the global offset table."""

    @pytest.mark.parametrize("name", ["function", "script", "number"])
    @pytest.mark.parametrize("platform", ALL)
    def test_what_has_an_address(self, name: str, platform: str) -> None:
        text = f'%dylink (import "GOT.func" "{name}" (global (mut i32))) %init'
        assert predict(text, platform).outcome is Outcome.LOADS

    @pytest.mark.parametrize("name", ["data", "stack"])
    def test_a_global_is_an_address_where_data_are_globals(self, name: str) -> None:
        text = f'%dylink (import "GOT.mem" "{name}" (global (mut i32))) %init'
        assert predict(text, "314_0").outcome is Outcome.LOADS
        assert first(predict(text, "2025_0")) == f"Error: bad export type for '{name}': object"

    def test_what_has_none(self) -> None:
        def got(name: str, platform: str) -> str:
            return first(predict(f'%dylink (import "GOT.mem" "{name}" (global (mut i32))) %init', platform))

        assert got("untyped", "314_0") == "TypeError: Cannot read properties of undefined (reading 'slice')"
        assert got("memory", "2025_0") == "Error: bad export type for 'memory': object"
        assert got("memory", "314_0") == (
            "Error: bad export type for 'memory': object ([object WebAssembly.Memory])"
        )

    def test_the_first_of_several_is_the_first_that_is_imported(self) -> None:
        text = """%dylink (import "GOT.mem" "b" (global (mut i32))) (import "GOT.func" "a" (global (mut i32)))
        %init"""
        symbols = [problem.symbol for problem in predict(text).problems]
        assert symbols == ["b", "a"]

    @pytest.mark.parametrize(
        ("platform", "loads"), [("2024_0", None), ("2025_0", False), ("314_0", True), ("2026_5", True)]
    )
    def test_the_weak_set_is_overwritten_by_needed_libraries(self, platform: str, loads: bool | None) -> None:
        weak = '(runtime-path "$ORIGIN") (import-info "env" "w" binding-weak)'
        text = needing("libd", more=weak) + '(import "GOT.mem" "w" (global (mut i32))) %init'
        prediction = predict(text, platform, libd="%dylink")
        if loads is None:  # A plain import of the first generation does not find the library at all.
            assert "file_packager" in first(prediction)
        else:
            assert (prediction.outcome is Outcome.LOADS) is loads

    def test_addresses_of_a_partner_in_a_circle_are_not_there_yet(self) -> None:
        run_path = '(runtime-path "$ORIGIN")'
        prediction = predict(
            needing("libd", more=run_path) + '(global (export "ours") i32 (i32.const 0)) %init',
            libd=needing("x", more=run_path) + '(import "GOT.mem" "ours" (global (mut i32)))',
        )
        assert first(prediction) == "Error: Dynamic linking error: undefined symbol 'ours'"

    def test_calls_of_a_partner_in_a_circle_are_late_enough(self) -> None:
        run_path = '(runtime-path "$ORIGIN")'
        prediction = predict(
            needing("libd", more=run_path) + '(func (export "ours")) %init',
            libd=needing("x", more=run_path) + '(import "env" "ours" (func))',
        )
        assert prediction.outcome is Outcome.LOADS
        assert not prediction.undefined_calls


class TestOrder:
    """Sections 2 and 13: what is said first where several things are wrong."""

    def test_of_the_engine(self) -> None:
        text = """%dylink
        (import "env" "function" (func))
        (import "env" "memory" (memory 1 9))
        (import "GOT.mem" "absent" (global (mut i32)))
        (import "elsewhere" "thing" (func))"""
        texts = [problem.text for problem in predict(text).problems]
        assert [one.split(":")[0] for one in texts] == [
            "TypeError",
            "LinkError",
            "LinkError",
            "Error",
            "dynamic module does not define module export function (PyInit_x)",
        ]
        assert 'Import #3 "elsewhere": module is not an object or function' in texts[0]
        assert 'Import #1 "env" "memory": memory import has a larger maximum' in texts[1]
        assert 'Import #0 "env" "function"' in texts[2]

    def test_needed_libraries_come_before_the_module_itself(self) -> None:
        text = needing("libd", more='(runtime-path "$ORIGIN")') + '(import "env" "function" (func)) %init'
        broken = '%dylink (import "env" "memory" (memory 1 9))'
        prediction = predict(text, libd=broken)
        assert prediction.problems[0].library == "libd.so"
        assert prediction.problems[1].library == "x.so"

    def test_the_loader_looks_before_the_engine(self) -> None:
        library = read_library("x.so", b"\0asm\1\0\0\0\1\x09\1\1")
        prediction = resolve(
            "x.so",
            Installed(libraries={"x.so": library}),
            platform=load_platform("314_0"),
            symbols=SYMBOLS,
            extension=True,
        )
        assert first(prediction) == "Error: need the dylink section to be first"


class TestExports:
    """Section 3: exports that the loader trips over."""

    OWN = (
        '%dylink (import "GOT.mem" "{name}" (global (mut i32))) '
        '(global (export "{name}") i32 (i32.const 4)) %init'
    )

    @pytest.mark.parametrize(
        ("platform", "text"), [("2025_0", "Error: bad export type for 'memory': object"), ("314_0", "")]
    )
    def test_a_memory_under_the_runtimes_name(self, platform: str, text: str) -> None:
        assert first(predict('%dylink (memory (export "memory") 1) %init', platform)) == text

    @pytest.mark.parametrize(
        ("form", "numbers", "globals_"),
        [
            ("i32 (i32.const 0)", True, True),
            ("(mut i32) (i32.const 0)", True, False),
            ("f64 (f64.const 0)", True, True),
            ("(mut i64) (i64.const 0)", False, False),
            ("externref (ref.null extern)", False, True),
        ],
    )
    def test_which_globals_are_addresses(self, form: str, *, numbers: bool, globals_: bool) -> None:
        text = f'%dylink (import "GOT.mem" "own" (global (mut i32))) (global (export "own") {form}) %init'
        assert (predict(text, "2025_0").outcome is Outcome.LOADS) is numbers
        assert (predict(text, "314_0").outcome is Outcome.LOADS) is globals_

    @pytest.mark.parametrize("platform", ALL)
    @pytest.mark.parametrize("name", sorted(GOT_INTERNAL | {"__em_js__f"}))
    def test_what_the_loader_keeps_for_itself_has_no_address(self, name: str, platform: str) -> None:
        cause = predict(self.OWN.format(name=name), platform).problems[0].cause
        assert cause in {Cause.UNDEFINED_ADDRESS, Cause.WRONG_ADDRESS}

    @pytest.mark.parametrize("name", sorted(BASES))
    def test_a_base_has_an_address_only_in_a_loader_of_a_relocatable_main_module(self, name: str) -> None:
        outcomes = [predict(self.OWN.format(name=name), platform).outcome for platform in ALL]
        assert outcomes == [Outcome.LOADS, Outcome.LOADS, Outcome.FAILS, Outcome.FAILS]


class TestRareImports:
    """Section 2: what few modules import."""

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ('(import "env" "nobody" (global funcref))', "function-typed object must be null"),
            ('(import "env" "function" (global funcref))', ""),
            (
                '(import "GOT.mem" "function" (func))',
                'Import #0 "GOT.mem" "function": function import requires',
            ),
            ('(import "env" "__proto__" (func))', "function import requires a callable"),
            ('(import "GOT.mem" "toString" (global (mut i32)))', "must be a WebAssembly.Global object"),
            ('(import "env" "__indirect_function_table" (table i64 1 funcref))', "cannot import i32 table"),
        ],
    )
    def test_what_is_said(self, text: str, said: str) -> None:
        found = first(predict(f"%dylink {text} %init"))
        assert said in found
        assert bool(found) is bool(said)

    def test_how_far_the_table_has_grown_is_not_known(self) -> None:
        text = '%dylink (import "env" "__indirect_function_table" (table {} funcref)) %init'
        assert not predict(text.format(10_100)).problems
        (problem,) = predict(text.format(10_101)).problems
        assert not problem.exact

    def test_the_loader_makes_room_first(self) -> None:
        table = '(import "env" "__indirect_function_table" (table 190000 funcref))'
        memory = '(import "env" "memory" (memory 700))'
        room = "(@dylink.0 (mem-info (memory 40000000 4) (table 190000 0)))"
        assert not predict(f"{room} {table} {memory} %init").problems
        assert len(predict(f"%dylink {table} {memory} %init").problems) == 2

    @pytest.mark.parametrize(("reserved", "loads"), [(2**20 - 1, False), (2**20, True)])
    def test_a_small_library_fits_without_room_being_made(self, reserved: int, loads: bool) -> None:
        text = f'(@dylink.0 (mem-info (memory {reserved} 4))) (import "env" "memory" (memory 481)) %init'
        assert (predict(text).outcome is Outcome.LOADS) is loads
        # Where no room can have been made, the number of pages is known.
        assert [problem.exact for problem in predict(text).problems] == ([] if loads else [True])

    def test_the_most_room_that_may_have_been_made(self) -> None:
        """Twice what a library reserves, and what the allocator adds at most."""
        pages = 480 + 2 * 2**20 // 65536 + 1536

        def declared(minimum: int) -> Outcome:
            head = f"(@dylink.0 (mem-info (memory {2**20} 4)))"
            return predict(f'{head} (import "env" "memory" (memory {minimum})) %init').outcome

        assert declared(pages) is Outcome.LOADS
        assert declared(pages + 1) is not Outcome.LOADS


def test_every_platform_has_its_loader() -> None:
    assert [loader_of(platform).generation for platform in load_platforms()] == [
        loader.generation for loader in load_loaders()
    ]


@pytest.mark.parametrize("platform", [name for name in ALL if load_platform(name).search.run_path])
def test_libraries_may_need_one_another_in_a_line_of_any_length(platform: str) -> None:
    """The loads of more libraries wait for one another than Python has room for calls."""
    length = sys.getrecursionlimit() + 20
    paths = '(runtime-path "$ORIGIN")'
    line = {f"l{at}": needing(f"l{at + 1}", more=paths) for at in range(length)}
    sound = predict(f"{needing('l0', more=paths)} %init", platform, **line, **{f"l{length}": "%dylink"})
    assert (first(sound), len(sound.libraries)) == ("", length + 2)
    broken = predict(f"{needing('l0', more=paths)} %init", platform, **line)
    assert [problem.library for problem in broken.problems] == [f"l{length - 1}.so"]
