"""The data of each engine that is on this machine hold what it does."""

from __future__ import annotations

import pytest
from differential.probe import differences_of
from differential.programs import find_program

from pyodide_abi.errors import MissingError
from pyodide_abi.host import this_machine
from pyodide_abi.platforms.engine_documents import engine_names
from pyodide_abi.platforms.engines import find_engine


@pytest.mark.integration
@pytest.mark.parametrize("name", engine_names())
def test_the_data_hold_what_the_engine_does(name: str) -> None:
    host = this_machine(cache=None)
    try:
        program = find_program(host, name, None)
    except (MissingError, OSError) as error:
        pytest.skip(f"{name} is not on this machine: {error}")
    assert [*differences_of(host, find_engine(name), program)] == []
