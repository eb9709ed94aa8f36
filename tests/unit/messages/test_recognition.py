"""Every known text is recognised, in whatever shape it was pasted, and nothing else is a failure."""

from __future__ import annotations

import json
import textwrap
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from known_wordings import CASES
from made_modules import side_module

from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rules import RULES
from pyodide_abi.errors import PlatformDataError
from pyodide_abi.linker.checks.imports import check_imports
from pyodide_abi.linker.facts import read_library
from pyodide_abi.linker.offers import Offers
from pyodide_abi.messages import load_messages, recognise
from pyodide_abi.messages.pasted import one_line
from pyodide_abi.messages.table import decode_messages
from pyodide_abi.platforms import load_platform, load_platforms, load_surface
from pyodide_abi.platforms.engines import find_engine
from pyodide_abi.platforms.loaders import load_loaders
from pyodide_abi.report.explain import reference_page
from pyodide_abi.values import replace

if TYPE_CHECKING:
    from pyodide_abi.messages import Message, Wording
    from pyodide_abi.platforms.loaders import Loader

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "loader-messages.md"


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
