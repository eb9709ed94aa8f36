from __future__ import annotations

import pytest

from pyodide_abi.wording import listed, spans


@pytest.mark.parametrize(
    ("some", "text"),
    [
        ([], ""),
        (["b"], "b"),
        (["b", "c", "d"], "b to d"),
        (["d", "a", "c"], "a, c to d"),
        (["e", "elsewhere"], "e"),
        (["a", "b", "c", "d", "e"], "a to e"),
    ],
)
def test_runs_of_neighbours_are_joined(some: list[str], text: str) -> None:
    assert spans(some, ["a", "b", "c", "d", "e"]) == text


def test_a_long_list_says_how_much_is_left() -> None:
    assert listed(["a", "b", "c"]) == "a, b, c"
    assert listed(["a", "b", "c", "d"], 2, mark="'") == "'a', 'b' and 2 more"
