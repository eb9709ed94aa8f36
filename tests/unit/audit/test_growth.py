"""An audit's work grows with what a wheel holds, not with its square: calls are counted, for three sizes."""

from __future__ import annotations

import functools
import gc
import tracemalloc
from typing import TYPE_CHECKING

import pytest
from counting import calls, lines
from growing_wheels import (
    SHAPES,
    SUFFIX,
    WHEEL,
    address,
    empty_libraries,
    libraries_that_python_may_open,
    linked_with_classes,
    many,
    metadata,
    module,
    one,
    pack,
    types_that_are_made_with_methods,
)

from pyodide_abi.audit import audit_file
from pyodide_abi.audit.rules import divided_type_information, unmet_requirement
from pyodide_abi.errors import UnreadableInputError
from pyodide_abi.repair.plan import Wishes
from pyodide_abi.repair.repair_wheel import plan_wheel
from pyodide_abi.report.envelope import to_lines
from pyodide_abi.report.json import audit_to_data
from pyodide_abi.report.show import Part, describe
from pyodide_abi.toml import read_toml
from pyodide_abi.wasm import encode as enc

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

SMALLEST = 60
#: Calls for longer numbers and the like.
FEW = 1000
#: Work may grow by so much more than input; of calls that are counted nothing is left to chance.
RATIO = 1.02


def audit_and_show(file: Path, contents: Mapping[str, bytes]) -> None:
    to_lines([audit_to_data(audit_file(file))])
    for name, data in contents.items():
        if name == f"spam{SUFFIX}":
            describe(name, data, frozenset(Part))


def of_three_sizes(measure: Callable[[int], int]) -> tuple[int, int, int]:
    """What inputs of one, two and four sizes take; one before them fills what is kept for all."""
    measure(SMALLEST)
    return measure(SMALLEST), measure(2 * SMALLEST), measure(4 * SMALLEST)


@pytest.mark.parametrize("shape", SHAPES)
def test_twice_as_much_takes_twice_the_work(shape: str, tmp_path: Path) -> None:
    """What every input takes is taken away: the second step is held against the first."""

    def work(size: int) -> int:
        contents = SHAPES[shape](size)
        file = tmp_path / WHEEL
        pack(file, contents)
        return calls(functools.partial(audit_and_show, file, contents))

    small, middle, large = of_three_sizes(work)
    assert large - middle <= RATIO * 2 * (middle - small) + FEW


#: Loops over them call nothing.
IN_LOOPS = {
    "addresses of one way of unwinding": one(imports=many(lambda at: address(f"invoke_v{at}"))),
    "libraries that python may open": libraries_that_python_may_open,
    "types that are made with methods": types_that_are_made_with_methods,
}


@pytest.mark.parametrize("shape", IN_LOOPS)
def test_no_loop_runs_within_another_over_the_same(shape: str, tmp_path: Path) -> None:
    def work(size: int) -> int:
        file = tmp_path / WHEEL
        pack(file, IN_LOOPS[shape](size))
        return lines(functools.partial(audit_file, file))

    small, middle, large = of_three_sizes(work)
    assert large - middle <= RATIO * 2 * (middle - small) + FEW


#: Shapes of whole wheels that a repair looks at; no folder of libraries is named, so nothing is added.
REPAIRED = ("modules of one library", "modules without what they need", "libraries in folders", "needed")


@pytest.mark.parametrize("shape", REPAIRED)
def test_a_repair_is_planned_with_twice_the_work(shape: str, tmp_path: Path) -> None:
    def work(size: int) -> int:
        file = tmp_path / WHEEL
        pack(file, SHAPES[shape](size))
        return calls(functools.partial(plan_wheel, file, Wishes()))

    small, middle, large = of_three_sizes(work)
    assert large - middle <= RATIO * 2 * (middle - small) + FEW


#: Shapes whose entries are kept in other ways than those of the others.
HELD = ("empty libraries", "modules of one library", "exports", "data segments", "record", "requirements")
SETTINGS = {
    "entries": lambda number: "[tool.pyodide-abi]\n" + "".join(f"x{at} = {at}\n" for at in range(number)),
    "tables": lambda number: "".join(f"[tool.other.t{at}]\nx = 1\n" for at in range(number)),
    "lists": lambda number: f"[tool.other]\nx = [{'1, ' * number}]\n",
}


@pytest.mark.parametrize("shape", SETTINGS)
def test_settings_are_read_with_twice_the_work(shape: str, tmp_path: Path) -> None:
    def work(size: int) -> int:
        file = tmp_path / "pyproject.toml"
        file.write_text(SETTINGS[shape](size), "utf-8")
        return calls(functools.partial(read_toml, file))

    small, middle, large = of_three_sizes(work)
    assert large - middle <= RATIO * 2 * (middle - small) + FEW


@pytest.mark.parametrize("shape", HELD)
def test_twice_as_much_takes_twice_the_memory(shape: str, tmp_path: Path) -> None:
    """Bytes that Python holds at most while it audits; what every input takes is taken away, as above.

    The collector of cycles is off: when it runs depends on what ran before, and with it the greatest number.
    The smaller of two counts: what is read once, and kept from then on, belongs to no input.
    """

    def memory(size: int) -> int:
        pack(file, SHAPES[shape](size))
        return min(held(), held())

    def held() -> int:
        gc.collect()
        gc.disable()
        tracemalloc.start()
        try:
            to_lines([audit_to_data(audit_file(file))])
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
            gc.enable()

    file = tmp_path / WHEEL
    small, middle, large = of_three_sizes(memory)
    assert large - middle <= 1.2 * 2 * max(middle - small, 0) + LITTLE


#: Bytes that lists grow by in advance, and the like.
LITTLE = 300_000


def test_more_small_files_or_entries_than_fit_the_size_are_refused(tmp_path: Path) -> None:
    """A bound that is said: reading takes a second for each megabyte of the wheel at most."""
    file = tmp_path / WHEEL
    for contents in (
        empty_libraries(6000),
        {f"spam{SUFFIX}": module(type=enc.unsigned(400_000) + 400_000 * b"\x60\0\0")},
        {
            f"spam{SUFFIX}": module(data=enc.unsigned(90_000) + 90_000 * b"\0\x41\0\x0b\0"),
            **{
                f"s{at}{SUFFIX}": module(f"s{at}", data=enc.unsigned(90_000) + 90_000 * b"\0\x41\0\x0b\0")
                for at in range(2)
            },
        },
    ):
        pack(file, contents)
        with pytest.raises(UnreadableInputError, match="too many small entries"):
            audit_file(file)


@pytest.mark.parametrize(
    "requirement",
    [
        "Requires-Dist: numpy>=99; " + "(" * 400 + 'python_version > "3"' + ")" * 400 + "\n",
        "Requires-Dist: numpy" + ",".join(["!=1"] * 400) + "\n",
    ],
    ids=["long markers", "long versions"],
)
def test_requirements_beyond_the_bound_are_not_parsed(
    requirement: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unmet_requirement, "_MOST_PARSED", SMALLEST * len(requirement))

    def work(size: int) -> int:
        file = tmp_path / WHEEL
        pack(file, metadata(requirement)(size))
        return calls(functools.partial(audit_file, file))

    small, middle, large = of_three_sizes(work)
    assert large - middle <= RATIO * 2 * (middle - small) + FEW
    # Twice as many that are not parsed take less than half of those that are.
    assert middle - small < small - work(SMALLEST // 2)


def test_classes_are_compared_up_to_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of libraries in a line each is held against all behind it."""
    file = tmp_path / WHEEL
    pack(file, linked_with_classes(3, SMALLEST))
    for most, pairs in ((0, 0), (SMALLEST, 1), (3 * SMALLEST, 3), (100 * SMALLEST, 6)):
        monkeypatch.setattr(divided_type_information, "_MOST_COMPARED", most)
        found = [finding for finding in audit_file(file).findings if finding.code == "ABI218"]
        assert len(found) == pairs
