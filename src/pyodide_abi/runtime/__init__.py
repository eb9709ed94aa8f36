"""The real runtimes: npm releases, Node, and the driver that runs Python in them."""

from pyodide_abi.runtime.node import Node, find_node
from pyodide_abi.runtime.releases import find_release, install_release

__all__ = ["Node", "find_node", "find_release", "install_release"]
