"""What the loader says of a file's first bytes (loader.md, section 1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.linker.facts import Head
from pyodide_abi.linker.prediction import Cause, Problem
from pyodide_abi.platforms.engines import Text

if TYPE_CHECKING:
    from pyodide_abi.linker.facts import Library
    from pyodide_abi.platforms.engines import Engine
    from pyodide_abi.platforms.loaders import Loader

#: The loader looks at so many bytes as 32-bit words, which JavaScript does with a multiple of four only.
_FIRST_LOOK = 24


def check_head(library: Library, loader: Loader, engine: Engine, *, imported: bool) -> Problem | None:
    """The complaint about a file's first bytes.

    Args:
        library: the file.
        loader: The generation of the loader, with its demands and words.
        engine: The engine, for its words where JavaScript itself fails.
        imported: Whether it comes by an import, not by an installer.
    """
    match library.head:
        case head if library.size < _FIRST_LOOK and library.size % 4:
            cause = Cause.NOT_WASM if head is Head.NOT_WASM else Cause.NO_DYLINK
            text = engine.say(Text.ODD_LENGTH)
        case Head.NOT_WASM:
            missing = imported and library.size == 0 and loader.empty_is_missing
            cause, text = Cause.NOT_WASM, loader.not_found if missing else loader.no_magic
        case Head.NOT_CUSTOM:
            cause, text = Cause.NO_DYLINK, loader.dylink_not_first
        case Head.DYLINK:
            return None
        case Head.LEGACY if loader.legacy_dylink:
            return None
        case _:
            cause, text = Cause.NO_DYLINK, loader.no_dylink
    return Problem(cause=cause, text=text, library=library.path)
