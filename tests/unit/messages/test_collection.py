"""A collection of texts that people may paste: what comes first, and that nothing wrong comes with it.

The texts are of every kind of speaker, with their own versions, names and line breaks; those of the table's
examples are held elsewhere.
"""

from __future__ import annotations

import json
import textwrap
import tomllib
from pathlib import Path
from typing import Any

import pytest

from pyodide_abi.messages import kind_of, load_messages, recognise, table
from pyodide_abi.messages.keys import keys_of
from pyodide_abi.messages.searched import SearchedText
from pyodide_abi.messages.table import messages_for

TEXTS: list[dict[str, Any]] = tomllib.loads(
    (Path(__file__).parents[2] / "cases" / "messages" / "collection.toml").read_text("utf-8")
)["text"]
KNOWN = [text for text in TEXTS if text["means"]]
UNKNOWN = [text for text in TEXTS if not text["means"]]


def means(text: str) -> list[str]:
    """The causes of a text, or what may be one where it names none."""
    explanation = recognise(text)
    return [hit.message.name for hit in explanation.causes or explanation.consequences]


def wrapped(text: dict[str, Any]) -> list[str]:
    """The lines of a text, broken anew after 60 characters."""
    return textwrap.wrap(text["text"], 60, break_long_words=False, break_on_hyphens=False)


def test_there_are_enough_of_them() -> None:
    assert len(KNOWN) >= 100
    assert len({text["by"] for text in KNOWN}) >= 20


def test_their_meanings_exist() -> None:
    assert {name for text in KNOWN for name in text["means"]} <= {message.name for message in load_messages()}


@pytest.mark.parametrize("text", KNOWN, ids=lambda text: f"{text['by']}-{text['means'][0]}")
class TestKnown:
    def test_as_it_is(self, text: dict[str, Any]) -> None:
        assert means(text["text"]) == text["means"]

    def test_behind_a_prompt_and_with_carriage_returns(self, text: dict[str, Any]) -> None:
        lines = text["text"].splitlines()
        pasted = "\r\n".join(["$ python build.py 2>&1 | tail", *(f"  | {line}" for line in lines), "$ "])
        assert set(text["means"]) <= set(means(pasted.replace("  | ", "> ")))

    def test_in_a_log_of_ci(self, text: dict[str, Any]) -> None:
        lines = [
            f"2026-05-11T08:02:{number % 60:02}.1182345Z {line}" for number, line in enumerate(wrapped(text))
        ]
        assert means("\n".join(lines)) == text["means"]

    def test_in_a_log_of_a_container_build(self, text: dict[str, Any]) -> None:
        assert means("\n".join(f"#14 33.11 {line}" for line in wrapped(text))) == text["means"]

    def test_as_json(self, text: dict[str, Any]) -> None:
        assert means(json.dumps(text["text"], ensure_ascii=False)) == text["means"]


@pytest.mark.parametrize("text", UNKNOWN, ids=lambda text: text["by"])
def test_of_what_is_not_known_the_kind_is_told(text: dict[str, Any]) -> None:
    assert not recognise(text["text"]).recognised
    kind = kind_of(text["text"])
    assert (kind.name if kind else None) == text.get("kind")
    if "sort" in text:
        assert kind is not None
        assert kind.means == text["sort"]


class TestAdvice:
    def test_a_list_of_packages_is_not_blamed_on_its_first(self) -> None:
        packages = "'aprsd', 'zope-interface==6.3', 'greenlet==3.0.3'"
        [hit] = recognise(f"ValueError: Can't find a pure Python 3 wheel for: {packages}").causes
        assert "module" not in hit.details
        assert hit.details["detail"] == packages

    def test_bytes_are_shown_as_they_read(self) -> None:
        [hit] = recognise(
            "WebAssembly.Module(): expected magic word 00 61 73 6d, found 3c 21 44 4f @+0"
        ).causes
        assert "`<!DO`" in hit.cause

    def test_a_tag_of_no_platform_is_not_to_be_changed_into_another(self) -> None:
        [hit] = recognise("unsupported platform tag 'emscripten_3_1_32_wasm32'").causes
        assert "build the wheel for a platform" in hit.fix

    def test_the_surest_cause_comes_first(self) -> None:
        text = "RuntimeError: unreachable\nError: Dynamic linking error: undefined symbol 'f'"
        assert means(text) == ["undefined-address", "trap"]

    @pytest.mark.parametrize("bits", ["int", "unsigned int"])
    def test_a_number_too_large_for_an_int_has_nothing_to_do_with_long(self, bits: str) -> None:
        assert not means(f"OverflowError: Python int too large to convert to C {bits}")


class TestKeys:
    """What a text must have before a pattern is tried on it."""

    @pytest.mark.parametrize(
        ("pattern", "keys"),
        [
            ("no wheels", ("no wheels",)),
            (r"a\(b\) is \[c\]", ("a(b) is [c]",)),
            (r"tag '(?P<detail>[^']{1,20})' is", ("tag '",)),
            (r"colou?r of (?:red|blue)things", ("things",)),
            (r"one|two \d+ three", ("one", " three")),
            (r"x+(?!y)zz[ab]*", ("zz",)),
            (r"\d+", ("",)),
            (r"a\|b", ("a|b",)),
            (r"(?P<detail>first word|second word)", ("first word", "second word")),
            (r"(?:error|warning): (?:no (?:such )?thing|nothing else) \d", ("error", "warning")),
            (r"a (?:one thing|\w+ another thing(?= here)) b", ("one thing", " another thing")),
            (r"x (?:one thing)? y (?:z|another thing)", (" y ",)),
        ],
    )
    def test_are_the_longest_runs(self, pattern: str, keys: tuple[str, ...]) -> None:
        assert keys_of(pattern) == keys

    def test_entries_that_are_read_by_themselves_are_those_of_the_table(self) -> None:
        everything = " ".join(
            key for message in load_messages() for word in message.wordings for key in word.keys
        )
        assert tuple(messages_for(SearchedText(everything))) == load_messages()

    def test_are_written_beside_the_table(self) -> None:
        """If not, ``python tools/write_message_keys.py``."""
        written = Path(table.__file__).with_name("texts") / table.KEYS
        assert written.read_text("utf-8") == table.keys_as_json()

    def test_of_a_text_only_the_entries_with_its_words_are_read(self) -> None:
        found = [
            message.name for message in messages_for(SearchedText("RuntimeError: can't start new thread"))
        ]
        assert "threads" in found
        assert len(found) < len(load_messages()) / 4
