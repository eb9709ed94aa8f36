"""The list of packages that runtimes bring is that of their own lock files."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from pyodide_abi.host import this_machine
from pyodide_abi.platforms import find_runtime, load_platforms
from pyodide_abi.platforms.packages import load_packages
from pyodide_abi.runtime import install_release

pytestmark = pytest.mark.integration

TOOL = Path(__file__).parents[2] / "tools" / "regenerate_packages.py"
NEWEST = [platform.releases[-1].version for platform in load_platforms()]


def load_tool() -> Any:
    spec = importlib.util.spec_from_file_location("regenerate_packages", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("version", NEWEST)
def test_the_list_is_in_step_with_the_release(version: str) -> None:
    every = [one.version for platform in load_platforms() for one in platform.releases]
    lock = install_release(find_runtime(version).release, this_machine()) / "pyodide-lock.json"
    assert load_tool().compiled(json.loads(lock.read_text("utf-8"))) == load_packages(every)[version]
