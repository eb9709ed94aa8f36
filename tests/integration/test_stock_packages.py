"""The list of packages that runtimes bring is that of their own lock files."""

from __future__ import annotations

import pytest

from pyodide_abi.host import this_machine
from pyodide_abi.platforms import find_runtime, load_platforms
from pyodide_abi.platforms.packages import load_packages
from pyodide_abi.runtime.learning.describing import compiled_packages
from pyodide_abi.runtime.learning.learn import locked_packages
from pyodide_abi.runtime.releases import install_release

pytestmark = pytest.mark.integration

NEWEST = [platform.releases[-1].version for platform in load_platforms()]


@pytest.mark.parametrize("version", NEWEST)
def test_the_list_is_in_step_with_the_release(version: str) -> None:
    every = [one.version for platform in load_platforms() for one in platform.releases]
    folder = install_release(find_runtime(version).release, this_machine())
    assert compiled_packages(locked_packages(folder)) == load_packages(every)[version]
