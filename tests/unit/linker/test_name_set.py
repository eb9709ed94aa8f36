"""Sets of names to which large libraries add theirs without a copy."""

from __future__ import annotations

from pyodide_abi.linker.name_set import Pool

LARGE = frozenset(f"name_{number}" for number in range(5000))
OTHER = frozenset(f"other_{number}" for number in range(5000))


def test_names_of_small_and_large_libraries() -> None:
    pool = Pool()
    pool.add("one")
    pool.take(frozenset({"two"}))
    for large in (LARGE, OTHER, LARGE):
        pool.take(large)
    for name in ("one", "two", "name_4999", "other_0"):
        assert name in pool
    assert "three" not in pool
    assert list(pool.lacking(["three", "one", "name_1", "four", "other_1"])) == ["three", "four"]


def test_one_library_is_enough_for_nothing_else_to_be_there() -> None:
    pool = Pool()
    assert "three" not in pool
    pool.take(LARGE)
    assert "three" not in pool


def test_a_copy_goes_its_own_way() -> None:
    pool = Pool()
    pool.take(LARGE)
    pool.add("one")
    other = pool.copy()
    other.add("two")
    other.take(OTHER)
    assert "one" in other
    assert "name_0" in other
    assert "two" not in pool
    assert "other_0" not in pool
