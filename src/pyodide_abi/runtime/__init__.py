"""The real runtimes: npm releases, Node, and the driver that runs Python in them."""

from pyodide_abi.runtime.account import Outcome
from pyodide_abi.runtime.node import Node, find_node
from pyodide_abi.runtime.program import Finished, Program, run_python
from pyodide_abi.runtime.releases import install_release, installed_folder, newest
from pyodide_abi.runtime.requirements import choose_wheels
from pyodide_abi.runtime.verify import Loaded, Verification, runtimes_for, verify_wheel

__all__ = [
    "Finished",
    "Loaded",
    "Node",
    "Outcome",
    "Program",
    "Verification",
    "choose_wheels",
    "find_node",
    "install_release",
    "installed_folder",
    "newest",
    "run_python",
    "runtimes_for",
    "verify_wheel",
]
