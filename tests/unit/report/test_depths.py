"""How deep calls may nest, as people read it."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from pyodide_abi.report.depths import depths_to_data, write_depths
from pyodide_abi.runtime.depths import Reached
from pyodide_abi.values import replace

NOTHING = Reached(
    engine="node24", release="314.0.7", entry="", default=996, ended="", survived=True, raised=939
)
DEEP = replace(
    NOTHING, entry="m.f", default=80, ended="RangeError: too\x1b deep", survived=False, raised=None
)


def written(*reached: Reached) -> str:
    console = Console(file=StringIO(), width=160)
    write_depths(reached, console)
    stream: Any = console.file
    return str(stream.getvalue())


@pytest.mark.parametrize(
    ("reached", "said"), [((NOTHING,), True), ((NOTHING, DEEP), False), ((DEEP,), False)]
)
def test_a_table_with_nothing_of_the_wheel_says_so(reached: tuple[Reached, ...], said: bool) -> None:
    assert ("none of the wheel's own functions can be called" in written(*reached)) is said


def test_a_row_has_what_ended_the_calls_and_no_control_character() -> None:
    text = written(NOTHING, DEEP)
    assert "996, then RecursionError" in text
    assert "80, then the interpreter ends: RangeError: too\\x1b deep" in text
    assert "more" in text


def test_where_nothing_was_called_that_is_all() -> None:
    assert written() == "  depth: nothing could be called\n\n"


def test_data_have_what_the_table_has() -> None:
    (one,) = depths_to_data([DEEP])
    assert (one["entry"], one["default"], one["survived"], one["stack"]) == ("m.f", 80, False, None)
    assert depths_to_data([NOTHING])[0]["entry"] is None
