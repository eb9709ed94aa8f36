"""Headers are read as the standard library reads them, with or without it."""

from __future__ import annotations

from email.parser import HeaderParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyodide_abi.wheel.headers import _LINE, read_headers

PLAIN = "Wheel-Version: 1.0\nTag: one\ntag:  two \t\nEmpty:\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n" + PLAIN,
        PLAIN,
        PLAIN + "\nbody: no header\n",
        PLAIN + "Folded: over\n  two lines\nLast: x\n",
        PLAIN.replace("\n", "\r\n"),
        PLAIN + "no header\nAfter: it\n",
        "Name: caf\N{LATIN SMALL LETTER E WITH ACUTE}\n",
        "One: 1\x0c\nTwo: 2\u2028x",
        ": without a name\n",
    ],
)
def test_fields_are_those_of_the_standard_library(text: str) -> None:
    expected = [(key, str(value)) for key, value in HeaderParser().parsestr(text).items()]
    assert list(read_headers(text).items()) == expected


@given(st.lists(st.from_regex(_LINE, fullmatch=True)).map("\n".join), st.sampled_from(["", "\n", "\n\nbody"]))
def test_plain_lines_are_those_of_the_standard_library(lines: str, end: str) -> None:
    expected = [(key, str(value)) for key, value in HeaderParser().parsestr(lines + end).items()]
    assert list(read_headers(lines + end).items()) == expected


def test_names_count_without_their_case() -> None:
    headers = read_headers(PLAIN)
    assert headers.get("WHEEL-VERSION") == "1.0"
    assert headers.get_all("Tag") == ["one", "two \t"]
    assert (headers.get("missing"), headers.get("empty", "default")) == ("", "")
