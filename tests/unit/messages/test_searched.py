"""Searches of long texts find what searches of the whole would."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyodide_abi.messages.searched import SearchedText

#: So much that a text's words are looked at first.
FILLING = " ".join(f"word{number}" for number in range(9_000))


@pytest.mark.parametrize("around", ["", FILLING])
@given(st.text("ab "), st.text("ab ", max_size=5))
def test_a_run_is_had_where_it_is_in_the_text(around: str, text: str, run: str) -> None:
    line = around + text + around
    assert SearchedText(line).has(run) == (run in line)


@given(st.lists(st.integers(0, 3_000), max_size=5), st.integers(0, 9_000))
def test_a_pattern_matches_as_often_as_in_the_whole(gaps: list[int], end: int) -> None:
    line = "".join(f"{' x' * gap} a key {gap} b" for gap in gaps) + " y" * end
    pattern = re.compile(r"a key \d{1,5} b")
    for text in (line, FILLING + line):
        found = SearchedText(text).matches(pattern, ("no key", " key "))
        assert [match.span() for match in found] == [match.span() for match in pattern.finditer(text)]


def test_a_pattern_without_a_run_is_looked_for_in_the_whole() -> None:
    assert len(list(SearchedText(FILLING).matches(re.compile("word8"), ("",)))) == 1 + 10 + 100 + 1000
