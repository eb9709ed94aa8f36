"""What the loader says of an entry of the global offset table without an address (loader.md, section 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.linker.offers import FUNCTIONS, Value
from pyodide_abi.linker.prediction import Cause, Problem
from pyodide_abi.platforms.engines import Text
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyodide_abi.linker.offers import Offer
    from pyodide_abi.linker.runtime import Runtime
    from pyodide_abi.platforms.loaders import Loader

MADE_LATE = ("invoke_", "__cxa_find_matching_catch_")


@value(kw_only=False)
class Asker:
    """Who made an entry of the global offset table; one value for all that a library made.

    Attributes:
        library: its path.
        wanted: types by name.
    """

    library: str
    wanted: Mapping[str, str]


def check_address(
    name: str, offer: Offer | None, asker: Asker, *, required: bool, runtime: Runtime
) -> Problem | None:
    """The complaint about an entry that no loaded library defines.

    Args:
        name: the symbol.
        offer: what the loader has under that name.
        asker: who made the entry.
        required: somebody cannot do without it.
        runtime: whose loader and engine.
    """
    loader = runtime.loader
    if offer is None and loader.late_invoke and name.startswith(MADE_LATE):
        text = runtime.engine.say(Text.UNSIGNED_FUNCTION)
    elif offer is None:
        if not required:
            return None
        text = loader.undefined_address.format(symbol=name)
    elif offer.value is Value.UNTYPED_FUNCTION:
        text = runtime.engine.say(Text.UNSIGNED_FUNCTION)
    elif offer.value in FUNCTIONS or _is_address(offer, loader):
        return None
    else:
        text = loader.wrong_address.format(symbol=name, kind=offer.value.capitalize())
    return Problem(
        cause=Cause.UNDEFINED_ADDRESS if offer is None else Cause.WRONG_ADDRESS,
        text=text,
        library=asker.library,
        symbol=name,
        wanted=asker.wanted[name],
        provided="" if offer is None else f"{offer.value} {offer.type}".strip(),
    )


def _is_address(offer: Offer, loader: Loader) -> bool:
    # Where data are JavaScript numbers, a WebAssembly.Global is no address.
    is_global = bool(offer.type) if offer.value is Value.DATA else offer.value is Value.GLOBAL
    return not (is_global and loader.data_is_number) and offer.value in {Value.DATA, Value.GLOBAL}
