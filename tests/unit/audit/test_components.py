"""What undefined symbols belong to: the data is sound, and no symbol belongs to two parts."""

from __future__ import annotations

import pytest

from pyodide_abi.audit.components import decode_parts, load_parts, part_of
from pyodide_abi.audit.rules import RULES
from pyodide_abi.errors import PlatformDataError


def test_every_part_has_symbols_a_source_and_a_rule() -> None:
    rules = {rule.name for rule in RULES}
    for part in load_parts():
        assert part.names or part.prefixes
        assert part.source.startswith("https://")
        assert part.rule in rules


def test_no_symbol_belongs_to_two_parts() -> None:
    parts = load_parts()
    for part in parts:
        for example in (*part.names, *part.prefixes):
            assert [other.name for other in parts if other.has(example)] == [part.name]


def test_a_symbol_finds_its_part() -> None:
    found = part_of("__asan_report_store8")
    assert found is not None
    assert found.name == "address-sanitizer"
    assert part_of("PyLong_FromLong") is None


def test_a_fault_names_its_entry() -> None:
    with pytest.raises(PlatformDataError, match=r"components\.toml: part\[0\]"):
        decode_parts({"part": [{"name": "x"}]})
