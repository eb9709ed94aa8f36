"""The data that say who calls what through pointers."""

from __future__ import annotations

import pytest

from pyodide_abi.signatures.layouts import arguments_of, load_layouts


@pytest.mark.parametrize("root", load_layouts().roots)
def test_the_arguments_of_a_root_are_prototypes_and_structures(root: str) -> None:
    layouts = load_layouts()
    arguments = arguments_of(root)
    assert arguments
    for argument in arguments:
        known = {*layouts.structures, *layouts.slots}
        assert (argument.table in known) if argument.prototype is None else not argument.table


def test_what_is_no_root_has_no_arguments_that_matter() -> None:
    assert arguments_of("PyList_New") == ()
