"""The C types of the functions that CPython and the C library call through pointers, told from a module.

WebAssembly compares the type of a function with the one that its caller expects at each such call; C only
promises it. Where a module hands its functions over is found by following its code, see
:func:`~pyodide_abi.signatures.recover.recover`.
"""

from __future__ import annotations

from pyodide_abi.signatures.bodies_kept import Kept, keep_bodies, names_to_follow
from pyodide_abi.signatures.entries import MOST_NAMES, CalledFunction, Certainty, TableEntry
from pyodide_abi.signatures.recover import Recovered, recover, recovered_from

__all__ = [
    "MOST_NAMES",
    "CalledFunction",
    "Certainty",
    "Kept",
    "Recovered",
    "TableEntry",
    "keep_bodies",
    "names_to_follow",
    "recover",
    "recovered_from",
]
