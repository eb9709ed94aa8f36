"""Every known text is recognised, in whatever shape it was pasted, and nothing else is a failure."""

from __future__ import annotations

import functools
import json
import re
import textwrap
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from counting import calls
from hypothesis import given, settings
from hypothesis import strategies as st
from made_modules import side_module

from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rules import RULES
from pyodide_abi.errors import PlatformDataError
from pyodide_abi.linker.checks.imports import check_imports
from pyodide_abi.linker.facts import read_library
from pyodide_abi.linker.offers import Offers
from pyodide_abi.messages import load_messages, recognise
from pyodide_abi.messages.pasted import LONGEST, one_line
from pyodide_abi.messages.table import decode_messages
from pyodide_abi.platforms import load_platform, load_platforms, load_surface
from pyodide_abi.platforms.engines import find_engine
from pyodide_abi.platforms.loaders import load_loaders
from pyodide_abi.report.explain import explanation_text, reference_page
from pyodide_abi.values import replace

if TYPE_CHECKING:
    from pyodide_abi.messages import Message, Wording
    from pyodide_abi.platforms.loaders import Loader

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "loader-messages.md"
CASES = [
    pytest.param(message, wording, id=f"{message.name}-{wording.by}-{number}")
    for message in load_messages()
    for number, wording in enumerate(message.wordings)
]


def first(text: str) -> str | None:
    """The name of what a text is foremost."""
    return next((hit.message.name for hit in recognise(text).recognised), None)


class TestTable:
    def test_the_page_is_in_step(self) -> None:
        assert PAGE.read_text("utf-8") == reference_page(load_messages()), (
            "run: python tools/write_message_page.py"
        )

    def test_names_are_unique_and_no_names_of_rules(self) -> None:
        names = [message.name for message in load_messages()]
        assert len(names) == len(set(names))
        # A name that a rule has too means the same thing, and `explain NAME` then shows the rule.
        assert set(names) & {rule.name for rule in RULES} <= {
            "not-webassembly",
            "malformed-module",
            "shared-memory",
        }

    def test_rules_exist(self) -> None:
        codes = {rule.code for rule in RULES}
        assert {code for message in load_messages() for code in message.rules} <= codes

    def test_rules_about_loading_are_the_meaning_of_some_text(self) -> None:
        """What the audit calls an error that the loader would show, somebody will want explained."""
        explained = {code for message in load_messages() for code in message.rules}
        errors = [rule for rule in RULES if rule.severity is Severity.ERROR]
        loading = {rule.code for rule in errors if rule.code[3] in "12" or rule.code == "ABI301"}
        assert loading <= explained

    @pytest.mark.parametrize(
        ("entry", "fault"),
        [
            ({}, "KeyError: 'name'"),
            ({"name": "x", "when": "never"}, "'never' is not a valid When"),
        ],
    )
    def test_a_fault_names_its_entry(self, entry: dict[str, object], fault: str) -> None:
        with pytest.raises(PlatformDataError, match=r"a\.toml: message\[0\]") as caught:
            decode_messages({"message": [entry]}, "a.toml")
        assert fault in str(caught.value)

    def test_unknown_placeholders_are_faults(self) -> None:
        wording = {"pattern": "x", "example": "x", "by": "V8", "seen": "run", "source": "s"}
        entry = {
            "name": "x",
            "when": "load",
            "summary": "s",
            "cause": "{nothing}",
            "fix": "f",
            "rules": [],
            "wording": [wording],
        }
        with pytest.raises(PlatformDataError, match="nothing"):
            decode_messages({"message": [entry]}, "a.toml")


@pytest.mark.parametrize(("message", "wording"), CASES)
class TestExamples:
    """Texts marked ``run`` were produced in a runtime or an engine."""

    def test_as_it_is(self, message: Message, wording: Wording) -> None:
        assert first(wording.example) == message.name
        line = one_line(wording.example)
        assert wording.pattern.search(line), "the example is this wording's own"
        assert any(key in line for key in wording.keys), "no search would come to the pattern"

    def test_within_a_console(self, message: Message, wording: Wording) -> None:
        before = "pyodide.asm.js:9 Uncaught (in promise) PythonError: Traceback (most recent call last):\n"
        after = "\n    at new_error (pyodide.asm.js:9:10009)\n"
        console = f"{before}{wording.example}{after}"
        assert message.name in {hit.message.name for hit in recognise(console).recognised}

    def test_wrapped(self, message: Message, wording: Wording) -> None:
        lines = textwrap.wrap(wording.example, 30, break_long_words=False, break_on_hyphens=False)
        assert first("\n    ".join(lines)) == message.name
        assert first("\r\n> ".join(lines)) == message.name

    def test_as_json_or_html(self, message: Message, wording: Wording) -> None:
        assert first(json.dumps(wording.example)) == message.name
        escaped = wording.example.replace("&", "&amp;").replace('"', "&quot;").replace("'", "&#39;")
        assert first(escaped) == message.name

    def test_with_colours(self, message: Message, wording: Wording) -> None:
        assert first(f"\x1b[31m{wording.example}\x1b[0m") == message.name


class TestRecordedTexts:
    """What runtimes of all generations said in tests/differential, in Node 20 and 24: a text of each form."""

    RECORDED = json.loads((PAGE.parents[2] / "tests/cases/messages/recorded.json").read_text("utf-8"))

    @pytest.mark.parametrize("entry", RECORDED, ids=lambda entry: entry["text"][-40:])
    def test_each_has_its_meaning(self, entry: dict[str, Any]) -> None:
        assert [hit.message.name for hit in recognise(entry["text"]).recognised] == entry["means"]


class TestPastedConsoles:
    """Whole pastes, from a browser's console, from Node and from Python, of every generation."""

    @pytest.mark.parametrize(
        "case",
        tomllib.loads((PAGE.parents[2] / "tests/cases/messages/pasted.toml").read_text("utf-8"))["paste"],
        ids=lambda case: case["about"],
    )
    def test_cause_file_and_platform(self, case: dict[str, Any]) -> None:
        explanation = recognise(case["text"])
        assert [hit.message.name for hit in explanation.causes] == case["causes"]
        assert [hit.message.name for hit in explanation.consequences] == case.get("consequences", [])
        assert explanation.file.rpartition("/")[2] == case.get("file", "")
        assert list(explanation.platforms) == case.get("platforms", [])
        symbols = [hit.details["symbol"] for hit in explanation.recognised if "symbol" in hit.details]
        assert symbols[:1] == ([case["symbol"]] if "symbol" in case else [])


class TestAPlatformOfAnotherGeneration:
    """A platform whose loader the table of messages does not list is taken for one with the newest words."""

    @pytest.fixture(autouse=True)
    def _a_fifth_platform(self, monkeypatch: pytest.MonkeyPatch) -> None:
        newest = load_platforms()[-1]
        python = replace(newest.python, version="3.16", tag="cp316")
        fifth = replace(newest, name="2027_0", loader=5, python=python)
        five = (*load_platforms(), fifth)
        monkeypatch.setattr("pyodide_abi.messages.recognition.load_platforms", lambda: five)

    @pytest.mark.parametrize(
        ("text", "platforms"),
        [
            ("TypeError: x", []),
            (
                'LinkError: WebAssembly.Instance(): Import #4 "env" "f": function import requires a callable',
                [],
            ),
            ("could not load dynamic lib: /x/a.so", ["314_0", "2026_5", "2027_0"]),
            ("Could not load dynamic lib: /x/a.so", ["2024_0", "2025_0"]),
            ("Error: Dynamic linking error: undefined symbol 'f'", ["314_0", "2026_5", "2027_0"]),
            ("Error: bad export type for 'f': undefined", ["2024_0", "2025_0"]),
            ("could not load dynamic lib: /lib/python3.16/site-packages/a.so", ["2027_0"]),
        ],
    )
    def test_is_left_out_only_by_other_words(self, text: str, platforms: list[str]) -> None:
        assert list(recognise(text).platforms) == platforms


class TestOurOwnPredictions:
    """What the linker says a load ends with, `explain` understands."""

    @pytest.mark.parametrize("loader", load_loaders(), ids=lambda loader: f"generation-{loader.generation}")
    def test_of_the_loader(self, loader: Loader) -> None:
        path = loader.load_failed.format(path="/x/a.so")
        for text, name in (
            (loader.undefined_address.format(symbol="s"), "undefined-address"),
            (loader.wrong_address.format(symbol="s", value="[object WebAssembly.Tag]"), "wrong-address"),
            (loader.not_found.format(name="b.so"), "needed-library"),
            (loader.not_found_other.format(name="b.so.1"), "needed-library"),
        ):
            [hit] = recognise(f"ImportError: {path}\n{text}").recognised
            assert hit.message.name == name
            assert not hit.wording.loaders or loader.generation in hit.wording.loaders

    @pytest.mark.parametrize(
        ("text", "name"),
        [
            ('(import "env" "PyLong_FromLong" (func))', "function-type"),
            ('(import "env" "PyBool_Type" (func))', "not-a-function"),
            ('(import "env" "__cpp_exception" (tag))', "tag-type"),
            ('(import "env" "other" (tag))', "tag-missing"),
            ('(import "env" "nobody" (global i32))', "global-mismatch"),
            ('(import "env" "nobody" (global (mut i32)))', "global-mismatch"),
            ('(import "env" "__stack_pointer" (global i32))', "global-mismatch"),
            ('(import "env" "memory" (memory 1 65536 shared))', "shared-memory"),
            ('(import "env" "memory" (memory 1 2))', "memory-size"),
            ('(import "env" "memory" (memory 9999))', "memory-size"),
            ('(import "env" "memory" (memory i64 1))', "memory64"),
            ('(import "env" "__indirect_function_table" (table 1 2 funcref))', "table-mismatch"),
            ('(import "env" "__indirect_function_table" (table 9999999 funcref))', "table-mismatch"),
            ('(import "wasi_unstable" "f" (func))', "foreign-module"),
        ],
    )
    def test_of_the_engine(self, text: str, name: str) -> None:
        symbols = load_surface(load_platform("314_0")).symbols("314.0.7")
        problems = check_imports(
            read_library("a.so", side_module(text)),
            find=Offers(symbols).find,
            engine=find_engine(),
            loader=load_loaders()[2],
            call="WebAssembly.Instance()",
        )
        problem = problems[0].problem
        [hit] = recognise(problem.text).causes
        assert hit.message.name == name
        assert set(hit.details.values()) & {problem.symbol, "wasi_unstable"} or name in {
            "memory64",
            "memory-size",
            "shared-memory",
            "table-mismatch",
        }


class TestDetails:
    def test_symbol_file_and_platform(self) -> None:
        explanation = recognise(
            "ImportError: could not load dynamic lib: "
            "/lib/python3.14/site-packages/pkg/_core.cpython-314-wasm32-emscripten.so\n"
            'LinkError: WebAssembly.Instance(): Import #4 "env" "PyLong_FromLong": '
            "imported function does not match the expected type"
        )
        [hit] = explanation.causes
        assert hit.details["symbol"] == "PyLong_FromLong"
        assert explanation.file.endswith("/_core.cpython-314-wasm32-emscripten.so")
        assert (explanation.platforms, explanation.engine) == (("314_0",), "V8")
        assert "`PyLong_FromLong`" in hit.cause

    @pytest.mark.parametrize(
        ("text", "platforms"),
        [
            ("bad export type for 'x': undefined", ("2024_0", "2025_0")),
            ("Dynamic linking error: undefined symbol 'x'", ("314_0", "2026_5")),
            ("Didn't expect to load any more file_packager files!", ("2024_0",)),
            (
                "could not load dynamic lib: /x/a.so\nError: need to see wasm magic number",
                ("314_0", "2026_5"),
            ),
            (
                "Could not load dynamic lib: /x/a.so\nError: need to see wasm magic number",
                ("2024_0", "2025_0"),
            ),
            ("need to see wasm magic number", ()),
            ("/lib/python3.12/site-packages/a.so need to see wasm magic number", ("2024_0",)),
        ],
    )
    def test_who_words_it_so(self, text: str, platforms: tuple[str, ...]) -> None:
        assert recognise(text).platforms == platforms

    def test_the_old_way_of_v8(self) -> None:
        text = (
            'Import #29 module="env" function="f" error: imported function does not match the expected type'
        )
        assert "Node 20" in recognise(text).engine

    def test_typographic_quotes(self) -> None:
        [hit] = recognise("bad export type for ‘foo’: undefined").causes  # noqa: RUF001 - the point
        assert hit.details["symbol"] == "foo"

    def test_the_quoted_text_of_loadpackage(self) -> None:
        explanation = recognise(
            "Failed to load dynamic library /lib/python3.14/site-packages/a.so: "
            "'Could not load dynamic lib: /lib/python3.14/site-packages/a.so\n"
            'Error: Failed to find dynamic library "libdep.so"'
        )
        [hit] = explanation.causes
        assert (hit.message.name, hit.details["library"]) == ("needed-library", "libdep.so")
        assert explanation.platforms == ("314_0",)


class TestConsequences:
    def test_a_second_import_follows_from_the_first(self) -> None:
        explanation = recognise(
            "Error: bad export type for 'x': undefined\n"
            "ImportError: dynamic module does not define module export function (PyInit_a)"
        )
        assert [hit.message.name for hit in explanation.causes] == ["undefined-address"]
        assert [hit.message.name for hit in explanation.consequences] == ["no-init-function"]

    def test_alone_it_may_be_either(self) -> None:
        text = "ImportError: dynamic module does not define module export function (PyInit_a)"
        explanation = recognise(text)
        assert not explanation.causes
        lines = "\n".join(explanation_text(explanation))
        assert "ABI204" in lines
        assert "a consequence of an earlier error" in lines

    def test_out_of_bounds_after_a_missing_library(self) -> None:
        explanation = recognise(
            'Error: Failed to find dynamic library "b.so"\nRuntimeError: memory access out of bounds'
        )
        assert [hit.message.name for hit in explanation.causes] == ["needed-library"]
        assert [hit.message.name for hit in explanation.consequences] == ["out-of-bounds"]

    def test_several_symbols(self) -> None:
        text = "".join(f"Error: bad export type for '{name}': undefined\n" for name in "aba")
        assert [hit.details["symbol"] for hit in recognise(text).causes] == ["a", "b"]

    def test_the_better_of_two_in_one_place(self) -> None:
        assert [hit.message.name for hit in recognise("cannot resolve symbol invoke_vi").causes] == [
            "unresolved-unwinding"
        ]
        text = "CompileError: WebAssembly.Module(): invalid value type 'noexternref' @+42"
        assert [hit.message.name for hit in recognise(text).causes] == ["standard-exceptions"]


#: Parts of a regular expression: an escape, a set, a possessive repeat, and one that gives back what it took.
PARTS = re.compile(r"\\.|\[(?:\\.|[^\]\\])+\]|[+*]\+|\{[\d,]*\}\+|(?P<boundless>[+*]|\{\d*,\})")


def boundless(pattern: str) -> list[str]:
    """Repeats that have no upper bound and give back what they took where what follows does not fit."""
    return [part["boundless"] for part in PARTS.finditer(pattern) if part["boundless"]]


def test_boundless_repeats_are_seen_wherever_they_stand() -> None:
    assert boundless(r"a+(?:x|(y*?))(?=b{2,})[+*]*") == ["+", "*", "{2,}", "*"]
    assert boundless(r"a++b{0,9}[c*+]?\+(?:d*+)e{3,}+f{1,2}+\*") == []


FRAGMENTS = [wording.example for message in load_messages() for wording in message.wordings]


class TestAnyText:
    # On a busy machine an example's wall time says nothing about it.
    @settings(deadline=None)
    @given(st.text())
    def test_never_fails(self, text: str) -> None:
        list(explanation_text(recognise(text)))

    @settings(deadline=None)
    @given(st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=20)), max_size=6).map("".join))
    def test_never_fails_on_what_looks_familiar(self, text: str) -> None:
        explanation = recognise(text)
        for hit in explanation.recognised:
            assert hit.text in one_line(text)
            assert hit.cause
            assert hit.fix
        list(explanation_text(explanation))

    @given(st.sampled_from(FRAGMENTS), st.integers(0, 200), st.integers(0, 200))
    def test_never_fails_on_pieces(self, text: str, start: int, length: int) -> None:
        recognise(text[start : start + length])

    @pytest.mark.parametrize(
        "piece",
        [
            'Import #1 "',
            "CompileError: WebAssembly.Module(): x @+1 ",
            "No module named 'a' ",
            "&#",
            "\\n",
            "a",
        ],
    )
    def test_a_text_twice_as_long_takes_twice_the_steps(self, piece: str) -> None:
        once, twice = (calls(functools.partial(recognise, piece * number)) for number in (6000, 12000))
        assert twice <= 2.1 * once

    def test_an_error_at_the_end_of_a_long_console_is_found(self) -> None:
        noise = "".join(f"[{number}] GET /pkg/module{number % 97}.py 200 OK\n" for number in range(100_000))
        end = "ImportError: dynamic module does not define module export function (PyInit_x)\n"
        assert len(noise) > 3_000_000
        (hit,) = recognise(noise + end).recognised
        assert hit.message.name == "no-init-function"
        assert not recognise("x" * LONGEST + end).recognised, "there is a bound, and it is said"

    def test_of_what_a_long_console_repeats_little_is_looked_at(self) -> None:
        lines = "".join(
            f"[{number}] GET /pkg/a{number % 7}.py 200 in {number:x} ms\n" for number in range(9_000)
        )
        assert len(one_line(lines)) < len(lines) / 5
        assert one_line(lines[:9_000]) == " ".join(lines[:9_000].split())

    def test_an_error_whose_lines_a_long_console_repeats_is_found(self) -> None:
        pieces = ["ImportError: dynamic module does not", "define module export function (PyInit_x)"]
        noise = "".join(f"{piece}\nstep {number}\n" for number in range(4_000) for piece in pieces)
        assert not recognise(noise).recognised
        (hit,) = recognise(noise + "\n".join(pieces)).recognised
        assert hit.message.name == "no-init-function"

    def test_several_symbols_of_a_long_console_are_told(self) -> None:
        noise = "".join(f"file_{number}_{number * number}.c is compiled\n" for number in range(9_000))
        errors = "".join(f"Error: bad export type for 'f{number}': undefined\n" for number in range(20))
        assert [hit.details["symbol"] for hit in recognise(noise + errors + noise).causes] == [
            f"f{number}" for number in range(20)
        ]

    @pytest.mark.parametrize(("message", "wording"), CASES)
    def test_no_pattern_goes_over_a_text_again_and_again(self, message: Message, wording: Wording) -> None:
        """Calls do not show what happens within a search: each repeat is bounded, or keeps what it took."""
        assert boundless(wording.pattern.pattern) == [], message.name
