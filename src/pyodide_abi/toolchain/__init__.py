"""Where compilers, target headers and host interpreters come from."""

from pyodide_abi.toolchain.find import find_present, find_toolchain, install_toolchain, open_present
from pyodide_abi.toolchain.model import HostPython, Source, Sysroot, Toolchain

__all__ = [
    "HostPython",
    "Source",
    "Sysroot",
    "Toolchain",
    "find_present",
    "find_toolchain",
    "install_toolchain",
    "open_present",
]
