"""What a library offers and needs, where its libraries are found, and what the loader makes of it."""

from pyodide_abi.linker.facts import Facts, Head, Import, Library, facts_of, read_library
from pyodide_abi.linker.prediction import Cause, Outcome, Prediction, Problem, UndefinedCall
from pyodide_abi.linker.resolve import Installed, Resolver, resolve
from pyodide_abi.linker.search import Arrival

__all__ = [
    "Arrival",
    "Cause",
    "Facts",
    "Head",
    "Import",
    "Installed",
    "Library",
    "Outcome",
    "Prediction",
    "Problem",
    "Resolver",
    "UndefinedCall",
    "facts_of",
    "read_library",
    "resolve",
]
