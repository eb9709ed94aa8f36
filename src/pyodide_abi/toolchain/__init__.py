"""Where compilers, target headers and host interpreters come from."""

from pyodide_abi.toolchain.find import (
    Present,
    choose_present,
    find_present,
    find_toolchain,
    install_toolchain,
    open_present,
)
from pyodide_abi.toolchain.interpreters import find_present_python, find_python, find_uv
from pyodide_abi.toolchain.model import HostPython, Source, Sysroot, Toolchain
from pyodide_abi.toolchain.rust import Rust, RustSource, TargetRust
from pyodide_abi.toolchain.rust_find import (
    describe_rust,
    find_present_rust,
    find_present_rusts,
    find_rust,
    install_rust,
)
from pyodide_abi.toolchain.sysroot import make_sysroot

__all__ = [
    "HostPython",
    "Present",
    "Rust",
    "RustSource",
    "Source",
    "Sysroot",
    "TargetRust",
    "Toolchain",
    "choose_present",
    "describe_rust",
    "find_present",
    "find_present_python",
    "find_present_rust",
    "find_present_rusts",
    "find_python",
    "find_rust",
    "find_toolchain",
    "find_uv",
    "install_rust",
    "install_toolchain",
    "make_sysroot",
    "open_present",
]
