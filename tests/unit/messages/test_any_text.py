"""No text makes the recognition fail, and a longer one costs no more than its length."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

import pytest
from counting import calls
from hypothesis import given, settings
from hypothesis import strategies as st
from known_wordings import CASES

from pyodide_abi.messages import load_messages, recognise
from pyodide_abi.messages.pasted import LONGEST, one_line
from pyodide_abi.report.explain import explanation_text

if TYPE_CHECKING:
    from pyodide_abi.messages import Message, Wording


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
