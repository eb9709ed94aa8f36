"""The real runtimes: npm releases, Node, and the driver that runs Python in them."""

from pyodide_abi.runtime.account import Outcome
from pyodide_abi.runtime.node import Node, find_node
from pyodide_abi.runtime.program import Finished, Program, run_python
from pyodide_abi.runtime.releases import find_release, install_release, newest_release
from pyodide_abi.runtime.requirements import Target, choose_wheels
from pyodide_abi.runtime.verify import Loaded, Verification, releases_for, verify_wheel

__all__ = [
    "Finished",
    "Loaded",
    "Node",
    "Outcome",
    "Program",
    "Target",
    "Verification",
    "choose_wheels",
    "find_node",
    "find_release",
    "install_release",
    "newest_release",
    "releases_for",
    "run_python",
    "verify_wheel",
]
