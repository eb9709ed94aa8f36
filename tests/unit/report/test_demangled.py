"""Mangled names become readable, and nothing that looks like one can do harm."""

from __future__ import annotations

import pytest
from counting import calls
from hypothesis import given, settings
from hypothesis import strategies as st

from pyodide_abi.report.demangled import demangled, readable, shortened, spelled_out


@pytest.mark.parametrize(
    ("symbol", "source"),
    [
        ("_ZTVN4absl6StatusE", "vtable for absl::Status"),
        ("_ZTI7MyError", "typeinfo for MyError"),
        (
            "_ZNSt3__26vectorIiNS_9allocatorIiEEE9push_backERKi",
            "std::__2::vector<int, std::__2::allocator<int>>::push_back(int const&)",
        ),
        ("_ZN4core3fmt9Formatter3pad17h9b2b3a0e5b4d1b31E", "core::fmt::Formatter::pad"),
        ("_RNvCs1234_7mycrate3foo", "mycrate::foo"),
        ("__Z3foov", "foo()"),
        ("_Z", "_Z"),
        ("_Zone", "_Zone"),
        ("_Random", "_Random"),
        ("PyInit_x", "PyInit_x"),
        ("_ZN3foo", "_ZN3foo"),
    ],
)
def test_what_is_written_in_the_source(symbol: str, source: str) -> None:
    assert demangled(symbol) == source


def test_within_a_text() -> None:
    text = "needs `_Z3foov`, GOT.mem._ZTI7MyError and x_Z3foov; undefined symbol '_Z3barv'."
    assert (
        readable(text)
        == "needs `foo()`, GOT.mem.typeinfo for MyError and x_Z3foov; undefined symbol 'bar()'."
    )


def test_overlong_names_lose_their_middle_where_people_read() -> None:
    symbol = "_Z" + "N" + "9namespace" * 40 + "1fEv"
    assert "…" in readable(symbol)
    assert len(readable(symbol)) < 300
    assert spelled_out(symbol).count("namespace::") == 40
    assert readable(symbol).endswith("::f()")
    assert shortened("short") == "short"


@pytest.mark.parametrize(
    "symbol",
    [
        "_Z" + "N1aI" * 1000,
        "_Z1f" + "P" * 4000 + "i",
        "_Z1f" + "".join(f"1aIS{n}_S{n}_E" for n in range(10)) * 20,
        "_Z1fI" + "1aIT_" * 600,
        "_R" + "Y" * 3000,
        "_RNv" + "C" * 3000,
        "_Z" + "9" * 3000,
        "_ZN" + "St" * 2000 + "E",
        "_RINvC1a1bB_B_B_B_B_B_B_E",
    ],
)
def test_hostile_names_are_bounded(symbol: str) -> None:
    demangled("_Z1fv")  # What the first name alone costs: the import of the package that decodes.
    assert len(demangled(symbol)) <= 20_000
    assert calls(lambda: demangled(symbol)) < 10_000


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(["_Z", "_ZN", "_ZNK", "_ZTV", "_R", "_RNv", "_RINv", "__Z"]),
    st.text(alphabet="_NKStIEPRFvidjlS0T12349aXLJDpCcrsmB$.QO", max_size=400),
)
def test_anything_that_begins_as_one_does(start: str, rest: str) -> None:
    assert isinstance(readable(f"`{start}{rest}`"), str)


@settings(deadline=None)
@given(st.text(max_size=200))
def test_other_texts_stay(text: str) -> None:
    if "_Z" not in text and "_R" not in text:
        assert readable(text) == text
