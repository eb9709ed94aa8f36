"""What the part offers, also what is imported only when it is asked for."""

from __future__ import annotations

import pytest

from pyodide_abi import wheel


@pytest.mark.parametrize("name", wheel.__all__)
def test_all_that_is_offered_is_there(name: str) -> None:
    assert getattr(wheel, name).__name__ == name


def test_nothing_else_is() -> None:
    with pytest.raises(AttributeError, match=r"'pyodide_abi\.wheel' has no attribute 'NewSection'"):
        _ = wheel.NewSection
