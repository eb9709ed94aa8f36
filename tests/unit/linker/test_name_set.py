"""Sets of names to which large libraries add theirs without a copy."""

from __future__ import annotations

from pyodide_abi.linker.name_set import NameSet

LARGE = frozenset(f"name_{number}" for number in range(5000))
OTHER = frozenset(f"other_{number}" for number in range(5000))


def test_names_of_small_and_large_libraries() -> None:
    names = NameSet()
    names.add("one")
    names.update(frozenset({"two"}))
    for large in (LARGE, OTHER, LARGE):
        names.update(large)
    for name in ("one", "two", "name_4999", "other_0"):
        assert name in names
    assert "three" not in names
    assert list(names.lacking(["three", "one", "name_1", "four", "other_1"])) == ["three", "four"]


def test_one_library_is_enough_for_nothing_else_to_be_there() -> None:
    names = NameSet()
    assert "three" not in names
    names.update(LARGE)
    assert "three" not in names


def test_a_copy_goes_its_own_way() -> None:
    names = NameSet()
    names.update(LARGE)
    names.add("one")
    other = names.copy()
    other.add("two")
    other.update(OTHER)
    assert "one" in other
    assert "name_0" in other
    assert "two" not in names
    assert "other_0" not in names
