"""How much of a wheel's Python is parsed."""

from __future__ import annotations

from pyodide_abi.wheel.parsing import Parsing


def test_what_is_too_much_is_not_parsed_and_not_paid() -> None:
    parsing = Parsing(0)
    assert parsing.covers(bytes(500_000))
    assert not parsing.covers(bytes(500_000))
    assert parsing.covers(bytes(300_000))
    assert not parsing.covers(b"x")
    assert parsing.covers(b"")


def test_a_larger_wheel_has_more() -> None:
    assert not Parsing(1_000_000).covers(bytes(1_000_001))
    assert Parsing(1_000_000).covers(bytes(1_000_000))
