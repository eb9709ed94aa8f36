from __future__ import annotations

import pytest

from pyodide_abi.signatures.effort import Effort
from pyodide_abi.signatures.flow import Stopped

_MOST = 10_000_000


def number_left(effort: Effort) -> int:
    """Instructions that can still be followed, one by one."""
    number = 0
    while not effort.spent:
        try:
            effort.spend(1)
        except Stopped:
            break
        number += 1
    return number


@pytest.mark.parametrize("never_called", [True, False])
@pytest.mark.parametrize("whole", [True, False])
def test_what_is_never_called_earns_a_large_module_nothing(whole: bool, never_called: bool) -> None:
    plain, rewarded = (
        Effort(whole=whole, most=_MOST, optimised=True),
        Effort(whole=whole, most=_MOST, optimised=True),
    )
    rewarded.reward(0, never_called=never_called)
    more = number_left(rewarded) - number_left(plain)
    assert (more > 0) == (whole or not never_called)


@pytest.mark.parametrize("whole", [True, False])
def test_the_first_function_of_a_large_module_leaves_something(whole: bool) -> None:
    effort = Effort(whole=whole, most=50_000, optimised=True)
    for _ in range(2):
        effort.begin()
        number_left(effort)
        assert effort.spent == whole
