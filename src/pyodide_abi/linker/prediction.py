"""What the linker says: the outcome of a load, with the loader's own text, and its undefined calls."""

from __future__ import annotations

import enum

from pyodide_abi.values import value


class Outcome(enum.StrEnum):
    """How an import of a module ends."""

    LOADS = "loads"
    FAILS = "fails"


class Cause(enum.StrEnum):
    """Why a load fails."""

    NOT_WASM = "not wasm"
    NO_DYLINK = "no dylink section first"
    UNREADABLE = "not a valid module"
    FEATURE = "feature that the engine does not know"
    SIZE = "more of something than the engine accepts"
    NEEDED_MISSING = "needed library not found"
    FOREIGN_MODULE = "import from an unknown module"
    MEMORY = "memory"
    SHARED_MEMORY = "shared memory"
    TABLE = "table"
    GLOBAL = "global"
    FUNCTION_TYPE = "function type"
    NOT_A_FUNCTION = "not a function"
    TAG_MISSING = "no such tag"
    TAG_TYPE = "tag type"
    UNDEFINED_ADDRESS = "undefined address"
    WRONG_ADDRESS = "no address"
    EXPORT = "export"
    SEGMENT = "segment out of bounds"
    JAVASCRIPT = "JavaScript of the module"
    STARTUP = "code that runs during the load"
    NO_INIT = "no init function"
    INIT_TYPE = "init function's type"


@value
class Problem:
    """One reason for which a load fails.

    Attributes:
        text: The loader's or the engine's text, without the line that names the file.
        library: the path, below ``site-packages``, of the library it lies in.
        symbol: what it is about; None for none.
        wanted: the type that the library declares.
        provided: the type that the runtime has, empty where it has none.
        exact: the text is known word for word.
        sized: the text holds the size of the memory, which grows.
        fatal: Whether it ends the interpreter, where others are exceptions that a program can catch.
    """

    cause: Cause
    text: str
    library: str
    symbol: str | None = None
    wanted: str = ""
    provided: str = ""
    exact: bool = True
    sized: bool = False
    fatal: bool = False


@value
class UndefinedCall:
    """A function import that nobody provides: the load succeeds, the first call kills the interpreter."""

    symbol: str
    type: str
    library: str


@value
class Prediction:
    """What the loader of one release does with one library.

    Attributes:
        problems: The problems, in the order in which the loader would meet them; it stops at the first.
        error: the whole text of the exception that the first one becomes; None where the load succeeds.
        undefined_calls: The undefined calls of the library and of what it needs.
        libraries: every library that is loaded with it, itself included, paths below ``site-packages``.
    """

    problems: tuple[Problem, ...]
    error: str | None
    undefined_calls: tuple[UndefinedCall, ...]
    libraries: tuple[str, ...]

    @property
    def outcome(self) -> Outcome:
        """How the load ends."""
        return Outcome.FAILS if self.problems else Outcome.LOADS
