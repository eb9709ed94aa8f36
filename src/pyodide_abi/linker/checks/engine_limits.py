"""What the engine says of a module that has more of something than it accepts (loader.md, section 1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.linker.prediction import Cause, Problem
from pyodide_abi.wasm.sizes import OF_CODE

if TYPE_CHECKING:
    from pyodide_abi.linker.facts import Library
    from pyodide_abi.platforms.engines import Engine
    from pyodide_abi.wasm.sizes import Excess

#: Letters of a function's name that V8 shows; of a longer one three fewer, and dots.
_SHOWN = 50


def refused_sizes(library: Library, engine: Engine) -> list[Excess]:
    """What an engine does not accept of a module, in the order in which it meets that.

    The file is gone through before functions are compiled.
    """
    over = [
        found
        for found in library.excesses
        if found.size in engine.sizes and found.number > engine.sizes[found.size].most
    ]
    return sorted(over, key=lambda found: (found.size in OF_CODE, found.place or 0))


def check_sizes(library: Library, engine: Engine, *, call: str, late: bool = False) -> Problem | None:
    """The complaint about the first thing of which there is too much.

    Args:
        library: the file.
        engine: The engine, with its bounds and words.
        call: The call of the JavaScript interface that compiles, or makes an instance.
        late: look for what is seen when an instance is made, and for nothing else.
    """
    over = [
        (found, engine.sizes[found.size].beyond(found.number)) for found in refused_sizes(library, engine)
    ]
    found, bound = next(((found, bound) for found, bound in over if bound.late is late), (None, None))
    if not (found and bound):
        return None
    name = found.name if len(found.name) <= _SHOWN else f"{found.name[: _SHOWN - 3]}..."
    text = bound.text.format(
        call=call,
        number=found.number,
        most=bound.most,
        index=found.index,
        name=f':"{name}"' if name else "",
    )
    if engine.place and found.place is not None and not late:
        text += engine.place.format(place=found.place)
    return Problem(
        cause=Cause.SIZE,
        text=text if late else f"CompileError: {text}",
        library=library.path,
        wanted=f"at most {bound.most}",
        provided=str(found.number),
        exact=bool(engine.place) and found.place is not None,
    )
